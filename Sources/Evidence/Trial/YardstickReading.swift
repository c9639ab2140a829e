import VisionTransformer

/// The yardstick's readings before and after a trial, independent of the trial's own times.
public struct YardstickReading: Sendable, Hashable, Codable {
  /// What was timed (`Yardstick.name`).
  public var name: String
  /// Time of a pass before the trial, in seconds.
  public var before: Seconds
  /// Time of a pass after it, in seconds.
  public var after: Seconds
  /// The least time of a pass seen on this machine so far, including these two, in seconds.
  public var best: Seconds

  /// A reading.
  public init(name: String, before: Seconds, after: Seconds, best: Seconds) {
    self.name = name
    self.before = before
    self.after = after
    self.best = best
  }

  /// The share by which a pass may exceed the best time before its trial counts as disturbed.
  ///
  /// Chosen between two clusters: 84 to 99 us if both threads of an AMD EPYC have neighbouring cores; 107 and more if
  /// they share one, and 205 to 220 if they are on different parts of the chip (fourteen readings; `Yardstick`).
  public static let tolerance = 0.25

  /// The longer of both times, in seconds: a trial is as disturbed as its worse end.
  public var worst: Seconds { max(before, after) }

  /// The ratio of the worse time to the best.
  public var ratio: Double { best.value > 0 ? worst.value / best.value : 1 }

  /// Whether other work used cache or memory.
  public var isDisturbed: Bool { ratio > 1 + Self.tolerance }
}

/// One of several trials of a configuration, kept or not: the facts that remain visible beside the one that is kept.
public struct TrialRepetition: Sendable, Hashable, Codable {
  /// The yardstick's readings; nil if it could not be read.
  public var yardstick: YardstickReading?
  /// Median time of its steps, in seconds; nil if it came to no answer.
  public var step: Seconds?
  /// Number of steps that counted.
  public var steps: Int
  /// Number of those that other work disturbed.
  public var disturbed: Int
  /// Whether it is the one that is kept.
  public var isKept: Bool
  /// Why it came to no answer.
  public var failure: String?

  /// A repetition.
  public init(
    yardstick: YardstickReading?, step: Seconds?, steps: Int, disturbed: Int, isKept: Bool = false,
    failure: String? = nil
  ) {
    self.yardstick = yardstick
    self.step = step
    self.steps = steps
    self.disturbed = disturbed
    self.isKept = isKept
    self.failure = failure
  }
}
