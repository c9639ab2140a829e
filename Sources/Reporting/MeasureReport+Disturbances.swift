import VisionTransformer

extension MeasureReport {
  /// What a fixed piece of work took before and after a trial.
  public struct Yardstick: Sendable, Hashable {
    /// What was timed.
    public var name: String
    /// Time before the trial, in seconds.
    public var before: Seconds
    /// Time after it, in seconds.
    public var after: Seconds
    /// The least time that is known of the machine, in seconds.
    public var best: Seconds
    /// How many times the best the longer of both is.
    public var ratio: Double
    /// Whether that is too long.
    public var isDisturbed: Bool

    /// A reading.
    public init(name: String, before: Seconds, after: Seconds, best: Seconds, ratio: Double, isDisturbed: Bool) {
      self.name = name
      self.before = before
      self.after = after
      self.best = best
      self.ratio = ratio
      self.isDisturbed = isDisturbed
    }

    /// `1.03`
    var text: String { fixed(ratio, digits: 2) }
  }

  /// One of several trials of a configuration.
  public struct Try: Sendable, Hashable {
    /// Median of its steps, in seconds; nil where it came to no answer.
    public var step: Seconds?
    /// What the yardstick said of it.
    public var yardstick: Yardstick?
    /// Whether it is the one that counts.
    public var isKept: Bool
    /// Why it came to no answer.
    public var failure: String?

    /// A trial.
    public init(step: Seconds?, yardstick: Yardstick?, isKept: Bool, failure: String? = nil) {
      self.step = step
      self.yardstick = yardstick
      self.isKept = isKept
      self.failure = failure
    }

    /// `12.3 ms at 1.02 (kept)`
    fileprivate var text: String {
      guard let step else { return failure ?? "no answer" }
      return "\(step)" + (yardstick.map { " at \($0.text)" } ?? "") + (isKept ? " (kept)" : "")
    }
  }

  /// What stands above times that are to be doubted.
  static func disturbance(_ input: Input) -> String {
    let notes = input.result.provenance.notes.filter { $0.hasPrefix(Provenance.disturbedNote) }
    return (notes.first ?? Provenance.disturbedNote + "something else used processors, cache or memory")
      + "; on an idle machine a step takes less"
  }

  /// The yardstick, and which of several trials is kept.
  static func disturbances(_ input: Input) -> [(label: String, text: String)] {
    guard let trial = input.trial else { return [] }
    var facts: [(label: String, text: String)] = []
    if let yardstick = trial.yardstick {
      facts.append(
        (
          "reference loop",
          "\(yardstick.text) of its best time" + (yardstick.isDisturbed ? ": disturbed" : "")
            + " (\(yardstick.name): \(yardstick.before) before, \(yardstick.after) after, \(yardstick.best) at best)"
        ))
    }
    if !trial.tries.isEmpty {
      facts.append(("tries", "\(trial.tries.count): " + trial.tries.map(\.text).joined(separator: ", ")))
    }
    return facts
  }
}
