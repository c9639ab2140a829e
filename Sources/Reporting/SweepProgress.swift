import VisionTransformer

/// The progress of a sweep of trials and the remaining time. It is pure, so that tests can assert what it draws.
///
/// The remaining time is computed from each trial's expected cost: its estimated step, or its FLOPs at the rate seen so
/// far.
public struct SweepProgress: Sendable {
  /// The number of steps of a trial.
  public struct Steps: Sendable, Hashable {
    /// Steps until there are at least `least`, and `most` or `seconds` is reached.
    public struct Count: Sendable, Hashable {
      /// Least and largest number of steps.
      public var least: Int, most: Int
      /// Seconds after which no step starts, once there are `least`.
      public var seconds: Double

      /// A number of steps.
      public init(least: Int, most: Int, seconds: Double) {
        self.least = least
        self.most = most
        self.seconds = seconds
      }

      func duration(step: Double) -> Double { max(Double(least) * step, min(Double(most) * step, seconds)) }
    }

    /// Warm-up steps, which do not count.
    public var warmUp: Count
    /// Steps that count.
    public var timed: Count

    /// Steps of a trial.
    public init(warmUp: Count, timed: Count) {
      self.warmUp = warmUp
      self.timed = timed
    }

    /// Duration of a trial whose steps take `step` seconds.
    package func duration(step: Double) -> Double { warmUp.duration(step: step) + timed.duration(step: step) }
  }

  /// Weights of the remaining trials: estimated seconds a step, or any other measure of work.
  private var left: [Int: Double]
  private let steps: Steps
  private let total: Int
  private let start: Double
  private var seconds = 0.0
  private var weight = 0.0
  private var overheads = 0.0
  private var answered = 0
  private var measured = 0

  /// A sweep of `weights.count` trials that starts at `start`.
  ///
  /// - Parameter weights: the weight of each trial; nil if the store has its answer.
  public init(weights: [Double?], steps: Steps, start: Double) {
    total = weights.count
    left = [:]
    for (index, weight) in weights.enumerated() { if let weight { left[index] = weight } }
    self.steps = steps
    self.start = start
  }

  /// Records that trial `index` has ended.
  ///
  /// - Parameters:
  ///   - step: seconds of its step; nil if it has none, or was known.
  ///   - wall: seconds that it took.
  public mutating func finish(_ index: Int, step: Double?, wall: Double) {
    answered += 1
    guard let own = left.removeValue(forKey: index), let step, own > 0 else { return }
    measured += 1
    seconds += step
    weight += own
    overheads += max(0, wall - steps.duration(step: step))
  }

  /// Seconds until the last trial ends; nil before the first has shown how fast this machine is.
  public var secondsLeft: Double? {
    guard measured > 0, weight > 0 else { return nil }
    let scale = seconds / weight, overhead = overheads / Double(measured)
    return left.values.reduce(0) { $0 + steps.duration(step: $1 * scale) + overhead }
  }

  /// `0:07`, `12:34`, `3:04:05`.
  public static func clock(_ seconds: Double) -> String { ProgressLine.clock(seconds) }

  /// `trials  12 of 60  ████▎        20 %  0.52/s  1:32 left`, at most `width` columns.
  public func draw(now: Double, width: Int, isUnicode: Bool = true) -> String {
    let fraction = total > 0 ? Double(answered) / Double(total) : 1
    let head = "trials  \(grouped(answered)) of \(grouped(total))  "
    var tail = "  \(fixed((fraction * 100).rounded(.down), digits: 0)) %"
    if measured > 0, now > start { tail += "  " + ProgressLine.rate(Double(measured) / (now - start)) }
    if let secondsLeft { tail += "  \(ProgressLine.clock(secondsLeft)) left" }
    let room = min(30, width - head.count - tail.count)
    guard room >= 5 else { return String((head + tail.dropFirst(2)).prefix(max(width, 0))) }
    let bar = Bar.text(fraction, width: room, isUnicode: isUnicode)
    return head + bar + String(repeating: " ", count: room - bar.count) + tail
  }
}
