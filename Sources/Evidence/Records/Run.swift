/// How a run stands.
public enum RunStatus: String, Sendable, Hashable, CaseIterable, Codable {
  /// It is being written.
  case running
  /// It came to its end.
  case finished
  /// It was stopped, or its process is gone; what it had stored is kept.
  case interrupted
  /// It ended with an error; what it had stored is kept.
  case failed
}

/// What is known of an invocation before it begins.
public struct RunDescription: Sendable, Hashable {
  /// The command line.
  public var command: String
  /// Name of the grid that is enumerated.
  public var grid: String?
  /// Version of the model or the compiler that answers.
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
  /// What was known before it began.
  public var description: RunDescription
  /// When it began, ISO 8601 in UTC.
  public var started: String
  /// When it ended, ISO 8601 in UTC; nil while it runs and where its process was killed.
  public var finished: String?
  /// How it stands.
  public var status: RunStatus
  /// What it stored.
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
  /// Evidence that the store did not have.
  public var new = 0
  /// Evidence that the store had already, with the same values: nothing was changed.
  public var confirmed = 0
  /// Of `new`: other values than the store had under the same provenance, kept as a further revision.
  public var revised = 0

  /// Counts; zero where left out.
  public init(new: Int = 0, confirmed: Int = 0, revised: Int = 0) {
    self.new = new
    self.confirmed = confirmed
    self.revised = revised
  }

  /// All results that were stored or confirmed.
  public var total: Int { new + confirmed }
}
