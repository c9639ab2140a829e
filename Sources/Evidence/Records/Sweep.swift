/// What a sweep does with every configuration of a grid.
public enum SweepKind: String, Sendable, Hashable, CaseIterable {
  /// Estimates it.
  case enumerate
  /// Runs it on this machine.
  case measure
  /// Asks the device's own compiler.
  case compile
}

/// How a sweep stands.
public enum SweepStatus: String, Sendable, Hashable, CaseIterable {
  /// It waits for its turn, for the first time or after a service that was stopped.
  case queued
  /// A service is at it.
  case running
  /// It came to its end.
  case finished
  /// It ended with an error; what it had stored is kept.
  case failed
  /// Somebody stopped it; what it had stored is kept.
  case cancelled

  /// Whether nothing more comes of it.
  public var isOver: Bool { self != .queued && self != .running }
}

/// A grid that a service was asked to go through: durable, so that a service that was killed goes on with it.
public struct Sweep: Sendable, Hashable, Identifiable {
  /// Its number, counting from 1.
  public var id: Int
  /// What it does.
  public var kind: SweepKind
  /// The words of the command line that does it, from the subcommand on, without those that name store and catalog.
  public var words: [String]
  /// Its configurations.
  public var total: Int
  /// Those of them that its run has stored, found stored, or failed at.
  public var done: Int
  /// How it stands.
  public var status: SweepStatus
  /// Number of the run that it became; of its latest, where it was resumed.
  public var run: Int?
  /// When it was asked for, ISO 8601 in UTC.
  public var created: String
  /// When it began last.
  public var started: String?
  /// When it was over.
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
