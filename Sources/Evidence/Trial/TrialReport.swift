import VisionTransformer

/// The findings of a trial.
public struct TrialReport: Sendable, Hashable, Codable {
  /// Warm-up steps, which do not count.
  public var warmUp: [TrialStep]
  /// The steps that count.
  public var steps: [TrialStep]
  /// Bytes of the whole step, as planned from lifetimes.
  public var planned: Bytes
  /// Bytes of the plan for which the system had to provide memory.
  public var highWater: Bytes
  /// Peak resident bytes of the process above those before the step's memory was first touched; nil if unknown.
  public var resident: Bytes?
  /// The planned bytes by part, at the peak.
  public var parts: MemoryBreakdown
  /// Name of the processor.
  public var processor: String
  /// Instruction set of the kernels.
  public var instructions: String
  /// Threads.
  public var threads: Int
  /// Library of the matrix products, with its version.
  public var library: String
  /// Name of the machine.
  public var host: String
  /// The yardstick's readings before and after the trial; nil if it was not read.
  public var yardstick: YardstickReading?
  /// All repetitions of the trial in order, of which this is the one kept; nil if there was only one.
  public var repetitions: [TrialRepetition]?

  /// A report.
  public init(
    warmUp: [TrialStep], steps: [TrialStep], planned: Bytes, highWater: Bytes, resident: Bytes?, parts: MemoryBreakdown,
    processor: String, instructions: String, threads: Int, library: String, host: String,
    yardstick: YardstickReading? = nil, repetitions: [TrialRepetition]? = nil
  ) {
    self.warmUp = warmUp
    self.steps = steps
    self.planned = planned
    self.highWater = highWater
    self.resident = resident
    self.parts = parts
    self.processor = processor
    self.instructions = instructions
    self.threads = threads
    self.library = library
    self.host = host
    self.yardstick = yardstick
    self.repetitions = repetitions
  }

  /// Times of the whole step.
  public var step: TimeSummary { TimeSummary(steps.map(\.seconds)) }
  /// Times of a phase.
  public func summary(_ phase: KeyPath<TrialStep, Seconds>) -> TimeSummary {
    TimeSummary(steps.map { $0[keyPath: phase] })
  }

  /// The counted steps that other work disturbed.
  public var disturbed: [TrialStep] {
    let usual = usualMegahertz
    return steps.filter { $0.isDisturbed(threads: threads, usualMegahertz: usual) }
  }

  /// Whether its times are doubtful: the yardstick says so, or most of its steps were disturbed.
  public var isDisturbed: Bool { yardstick?.isDisturbed == true || 2 * disturbed.count > steps.count }

  /// Why its times are doubtful; nil if they are not.
  public var disturbance: String? {
    if let yardstick, yardstick.isDisturbed {
      return "the reference loop (\(yardstick.name)) took \(fixed(yardstick.ratio, digits: 2)) of its best time"
    }
    return isDisturbed ? "\(disturbed.count) of \(steps.count) steps were held up" : nil
  }

  /// The median clock of the steps; nil if unknown.
  public var usualMegahertz: Double? {
    let clocks = steps.compactMap(\.megahertz).sorted()
    return clocks.isEmpty ? nil : clocks[clocks.count / 2]
  }
}

/// One step of a trial.
public struct TrialStep: Sendable, Hashable, Codable {
  /// From images to the loss.
  public var forward: Seconds
  /// From the loss to all gradients.
  public var backward: Seconds
  /// Clipping and the optimizer.
  public var update: Seconds
  /// The loss before the update.
  public var loss: Double
  /// How often the system took a processor away from one of the threads; nil if unknown.
  public var involuntarySwitches: Int?
  /// Total time that runnable threads waited for a processor, as this step's share of its burst; nil if unknown.
  public var waited: Seconds?
  /// Clock of the processors after its burst, in MHz; nil if unknown.
  public var megahertz: Double?

  /// A step.
  public init(
    forward: Seconds, backward: Seconds, update: Seconds, loss: Double, involuntarySwitches: Int? = nil,
    waited: Seconds? = nil, megahertz: Double? = nil
  ) {
    self.forward = forward
    self.backward = backward
    self.update = update
    self.loss = loss
    self.involuntarySwitches = involuntarySwitches
    self.waited = waited
    self.megahertz = megahertz
  }

  /// The whole step.
  public var seconds: Seconds { Seconds(forward.value + backward.value + update.value) }

  /// The share of a step that threads may wait, and the share of its clock that a processor may lose, before the step
  /// counts as disturbed.
  public static let tolerance = 0.05

  /// Whether other work disturbed the step: its threads waited for a processor (if the system does not report waiting,
  /// lost one at least once), or the processor ran slower than usual.
  public func isDisturbed(threads: Int, usualMegahertz: Double? = nil) -> Bool {
    if let usualMegahertz, let megahertz, megahertz < (1 - Self.tolerance) * usualMegahertz { return true }
    if let waited { return waited.value > Self.tolerance * seconds.value * Double(max(1, threads)) }
    return (involuntarySwitches ?? 0) > 0
  }
}

/// Median, minimum, spread and number of some times.
public struct TimeSummary: Sendable, Hashable {
  /// The median; for an even number of times, the mean of the middle two.
  public var median: Seconds
  /// The shortest.
  public var minimum: Seconds
  /// The longest.
  public var maximum: Seconds
  /// The number of times.
  public var count: Int

  /// The summary of `times`; zeros if there are none.
  public init(_ times: [Seconds]) {
    let sorted = times.sorted()
    count = sorted.count
    minimum = sorted.first ?? Seconds(0)
    maximum = sorted.last ?? Seconds(0)
    guard !sorted.isEmpty else {
      median = Seconds(0)
      return
    }
    let upper = sorted[sorted.count / 2], lower = sorted[(sorted.count - 1) / 2]
    median = Seconds((lower.value + upper.value) / 2)
  }

  /// The difference between the longest and the shortest.
  public var spread: Seconds { Seconds(maximum.value - minimum.value) }
}
