import VisionTransformer

/// What the yardstick said before and after a trial. It knows nothing of the trial's own times.
public struct YardstickReading: Sendable, Hashable, Codable {
  /// What was timed (`Yardstick.name`).
  public var name: String
  /// Time of a pass before the trial, in seconds.
  public var before: Seconds
  /// Time of a pass after it, in seconds.
  public var after: Seconds
  /// The least time of a pass that was seen on this machine until then, these two included, in seconds.
  public var best: Seconds

  /// A reading.
  public init(name: String, before: Seconds, after: Seconds, best: Seconds) {
    self.name = name
    self.before = before
    self.after = after
    self.best = best
  }

  /// The share of the best time by which a pass may take longer before its trial is said to be disturbed.
  ///
  /// Chosen between two heaps: 84 to 99 us where both threads of an AMD EPYC have cores beside each other, 107 and more where
  /// they share one, 205 to 220 where they are on different parts of the chip (fourteen readings; `Yardstick`).
  public static let tolerance = 0.25

  /// The longer of both times, in seconds: a trial is as disturbed as its worse end.
  public var worst: Seconds { max(before, after) }

  /// How many times the best the worse of both is.
  public var ratio: Double { best.value > 0 ? worst.value / best.value : 1 }

  /// Whether cache and memory were used by something else.
  public var isDisturbed: Bool { ratio > 1 + Self.tolerance }
}

/// One of several trials of a configuration, kept or not: what of it stays visible beside the one that is kept.
public struct TrialRepetition: Sendable, Hashable, Codable {
  /// What the yardstick said; nil where it could not be read.
  public var yardstick: YardstickReading?
  /// Median of its steps, in seconds; nil where it came to no answer.
  public var step: Seconds?
  /// Steps that counted.
  public var steps: Int
  /// Of those the ones that something else held up.
  public var disturbed: Int
  /// Whether it is the one that counts.
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
