import Evidence
import VisionTransformer
import WorkerProcess

/// The outcome of a trial.
public enum TrialOutcome: Sendable, Hashable {
  /// Its steps ran.
  case completed(TrialReport)
  /// The step needs more memory than it may have.
  case doesNotFit(needed: Bytes, limit: Bytes)
  /// It came to no answer.
  case failed(TrialFailure)
}

/// Why a trial came to no answer.
public typealias TrialFailure = WorkerFailure

/// Why no trial can be run at all; a trial that comes to no answer is an outcome instead.
public typealias TrialError = WorkerError

/// An event of a worker: one line of JSON.
enum WorkerEvent: Sendable, Hashable {
  /// Memory is planned and allocated.
  case started(planned: Bytes)
  /// A step is done.
  case step(TrialStep, isWarmUp: Bool)
  /// The trial is over.
  case completed(TrialReport)
  /// It needs too much memory.
  case doesNotFit(needed: Bytes, limit: Bytes)
  /// The machine could not provide the memory.
  case outOfMemory(String)
  /// The library for matrix products is missing.
  case missingLibrary(String)
  /// The request cannot be answered.
  case refused(key: String, value: String, rule: String)
}

extension WorkerEvent: Codable {
  private enum Key: String, CodingKey {
    case event, planned, step, isWarmUp, report, needed, limit, message, key, value, rule
  }

  private enum Name: String, Codable {
    case started, step, completed, refused
    case doesNotFit = "does-not-fit"
    case outOfMemory = "out-of-memory"
    case missingLibrary = "missing-library"
  }

  init(from decoder: any Decoder) throws {
    let c = try decoder.container(keyedBy: Key.self)
    switch try c.decode(Name.self, forKey: .event) {
    case .started: self = .started(planned: try c.decode(Bytes.self, forKey: .planned))
    case .step:
      self = .step(try c.decode(TrialStep.self, forKey: .step), isWarmUp: try c.decode(Bool.self, forKey: .isWarmUp))
    case .completed: self = .completed(try c.decode(TrialReport.self, forKey: .report))
    case .doesNotFit:
      self = .doesNotFit(
        needed: try c.decode(Bytes.self, forKey: .needed), limit: try c.decode(Bytes.self, forKey: .limit))
    case .outOfMemory: self = .outOfMemory(try c.decode(String.self, forKey: .message))
    case .missingLibrary: self = .missingLibrary(try c.decode(String.self, forKey: .message))
    case .refused:
      self = .refused(
        key: try c.decode(String.self, forKey: .key), value: try c.decode(String.self, forKey: .value),
        rule: try c.decode(String.self, forKey: .rule))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var c = encoder.container(keyedBy: Key.self)
    switch self {
    case .started(let planned):
      try c.encode(Name.started, forKey: .event)
      try c.encode(planned, forKey: .planned)
    case .step(let step, let isWarmUp):
      try c.encode(Name.step, forKey: .event)
      try c.encode(step, forKey: .step)
      try c.encode(isWarmUp, forKey: .isWarmUp)
    case .completed(let report):
      try c.encode(Name.completed, forKey: .event)
      try c.encode(report, forKey: .report)
    case .outOfMemory(let message):
      try c.encode(Name.outOfMemory, forKey: .event)
      try c.encode(message, forKey: .message)
    case .doesNotFit(let needed, let limit):
      try c.encode(Name.doesNotFit, forKey: .event)
      try c.encode(needed, forKey: .needed)
      try c.encode(limit, forKey: .limit)
    case .missingLibrary(let message):
      try c.encode(Name.missingLibrary, forKey: .event)
      try c.encode(message, forKey: .message)
    case .refused(let key, let value, let rule):
      try c.encode(Name.refused, forKey: .event)
      try c.encode(key, forKey: .key)
      try c.encode(value, forKey: .value)
      try c.encode(rule, forKey: .rule)
    }
  }
}
