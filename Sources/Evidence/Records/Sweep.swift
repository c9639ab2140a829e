/// What a sweep does with every configuration of a grid.
public enum SweepKind: String, Sendable, Hashable, CaseIterable {
  /// Estimates each configuration.
  case enumerate
  /// Runs each configuration on this machine.
  case measure
  /// Compiles each configuration with the device's own compiler.
  case compile
}

/// The state of a sweep.
public enum SweepStatus: String, Sendable, Hashable, CaseIterable {
  /// It waits for its turn, initially or after a service was stopped.
  case queued
  /// A service is running it.
  case running
  /// It finished.
  case finished
  /// It ended with an error; what it had stored is kept.
  case failed
  /// A user cancelled it; what it had stored is kept.
  case cancelled

  /// Whether it has ended for good.
  public var isOver: Bool { self != .queued && self != .running }
}

/// A grid that a service was told to work through, stored so that it resumes after the service is killed.
public struct Sweep: Sendable, Hashable, Identifiable {
  /// Its number, counting from 1.
  public var id: Int
  /// What it does.
  public var kind: SweepKind
  /// The arguments of the equivalent command line, from the subcommand on, without those that name store and catalog.
  public var words: [String]
  /// Number of its configurations.
  public var total: Int
  /// Number of configurations that its run has stored, found in the store, or failed to answer.
  public var done: Int
  /// Its state.
  public var status: SweepStatus
  /// Number of its run; of the latest one if it was resumed.
  public var run: Int?
  /// When it was created, ISO 8601 in UTC.
  public var created: String
  /// When it last started.
  public var started: String?
  /// When it ended.
  public var finished: String?
  /// Why it failed.
  public var error: String?

  /// A sweep.
  public init(
    id: Int, kind: SweepKind, words: [String], total: Int, done: Int, status: SweepStatus, run: Int?, created: String,
    started: String?, finished: String?, error: String?
  ) {
    self.id = id
    self.kind = kind
    self.words = words
    self.total = total
    self.done = done
    self.status = status
    self.run = run
    self.created = created
    self.started = started
    self.finished = finished
    self.error = error
  }
}
