/// The state of a run.
public enum RunStatus: String, Sendable, Hashable, CaseIterable, Codable {
  /// It is being written.
  case running
  /// It finished.
  case finished
  /// It was stopped, or its process died; what it had stored is kept.
  case interrupted
  /// It ended with an error; what it had stored is kept.
  case failed
}

/// What is known about an invocation before it starts.
public struct RunDescription: Sendable, Hashable {
  /// The command line.
  public var command: String
  /// Name of the grid, if the run walks one.
  public var grid: String?
  /// Version of the model or the compiler.
  public var modelVersion: String
  /// Host it runs on.
  public var host: String

  /// A description.
  public init(command: String, grid: String? = nil, modelVersion: String, host: String) {
    self.command = command
    self.grid = grid
    self.modelVersion = modelVersion
    self.host = host
  }
}

/// One invocation that stored results.
public struct Run: Sendable, Hashable, Identifiable {
  /// Its number, counting from 1.
  public var id: Int
  /// What was known before it started.
  public var description: RunDescription
  /// When it started, ISO 8601 in UTC.
  public var started: String
  /// When it ended, ISO 8601 in UTC; nil while it runs, and if its process was killed.
  public var finished: String?
  /// Its state.
  public var status: RunStatus
  /// Counts of what it stored.
  public var counts: RunCounts

  /// A run.
  public init(
    id: Int, description: RunDescription, started: String, finished: String?, status: RunStatus, counts: RunCounts
  ) {
    self.id = id
    self.description = description
    self.started = started
    self.finished = finished
    self.status = status
    self.counts = counts
  }
}

/// How many results a run stored.
public struct RunCounts: Sendable, Hashable {
  /// Evidence that was not in the store.
  public var new = 0
  /// Evidence that was already in the store with the same values; nothing changed.
  public var confirmed = 0
  /// How many of `new` differ from the stored values under the same provenance, and are kept as a further revision.
  public var revised = 0

  /// Counts; those left out are zero.
  public init(new: Int = 0, confirmed: Int = 0, revised: Int = 0) {
    self.new = new
    self.confirmed = confirmed
    self.revised = revised
  }

  /// Number of results that were stored or confirmed.
  public var total: Int { new + confirmed }
}
