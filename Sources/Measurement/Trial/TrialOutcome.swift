import VisionTransformer

/// How a trial ended.
public enum TrialOutcome: Sendable, Hashable {
  /// Its steps ran.
  case completed(TrialReport)
  /// The step needs more memory than it may have.
  case doesNotFit(needed: Bytes, limit: Bytes)
  /// It came to no answer.
  case failed(TrialFailure)
}

/// Why a trial came to no answer.
public struct TrialFailure: Sendable, Hashable {
  /// The reason.
  public var reason: Reason
  /// What the worker wrote last to standard error; empty where it said nothing.
  public var detail: String

  /// A failure.
  public init(_ reason: Reason, detail: String = "") {
    self.reason = reason
    self.detail = detail
  }

  /// How a worker can end without an answer.
  public enum Reason: Sendable, Hashable {
    /// By a signal that its own code caused.
    case crashed(signal: Int32)
    /// By a signal that somebody sent: a person, or the system for want of memory.
    case killed(signal: Int32)
    /// The machine gave no memory for a step that is within the limit.
    case outOfMemory(String)
    /// It was stopped because it took longer than it may.
    case timedOut(Seconds)
    /// With an exit code.
    case exited(code: Int32)
    /// What it wrote is no answer.
    case garbled(String)
  }
}

extension TrialFailure.Reason {
  /// The word in the store.
  public var word: String {
    switch self {
    case .crashed: "crashed"
    case .killed: "killed"
    case .outOfMemory: "out-of-memory"
    case .timedOut: "timed-out"
    case .exited: "exited"
    case .garbled: "garbled"
    }
  }
}

extension TrialFailure: CustomStringConvertible {
  /// `crashed with signal 11 (segmentation fault)`.
  public var description: String {
    switch reason {
    case .crashed(let signal): "the worker crashed with signal \(SignalName.text(signal))" + said
    case .killed(let signal):
      "the worker was killed by signal \(SignalName.text(signal))"
        + (signal == 9 ? "; where nobody did, the system ran out of memory" : "") + said
    case .outOfMemory(let message): message
    case .timedOut(let limit): "the trial took longer than \(limit)"
    case .exited(let code): "the worker ended with exit code \(code) and no answer" + said
    case .garbled(let text): "the worker wrote no answer but \(LooseValue.string(text))"
    }
  }

  private var said: String {
    guard let last = detail.split(separator: "\n").last else { return "" }
    return ": " + excerpt(of: String(last))
  }
}

/// What an event of a worker says: one line of JSON.
enum WorkerEvent: Sendable, Hashable {
  /// Memory is planned and taken.
  case started(planned: Bytes)
  /// A step is done.
  case step(TrialStep, isWarmUp: Bool)
  /// The trial is over.
  case completed(TrialReport)
  /// It needs too much memory.
  case doesNotFit(needed: Bytes, limit: Bytes)
  /// The machine gave no memory.
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
