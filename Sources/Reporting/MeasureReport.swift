import VisionTransformer

/// The answer to "how long does a step take here, and what does it hold": the verdict first, then times, then bytes.
public enum MeasureReport {
  /// Times of one part of a step over all steps that count.
  public struct Times: Sendable, Hashable {
    /// `forward`, `step`.
    public var name: String
    /// The middle one.
    public var median: Seconds
    /// The shortest.
    public var minimum: Seconds
    /// From the shortest to the longest.
    public var spread: Seconds

    /// Times of a part.
    public init(_ name: String, median: Seconds, minimum: Seconds, spread: Seconds) {
      self.name = name
      self.median = median
      self.minimum = minimum
      self.spread = spread
    }
  }

  /// One step that counts.
  public struct Step: Sendable, Hashable {
    /// How long it took.
    public var seconds: Seconds
    /// Whether something else held it up.
    public var isDisturbed: Bool

    /// A step.
    public init(_ seconds: Seconds, isDisturbed: Bool) {
      self.seconds = seconds
      self.isDisturbed = isDisturbed
    }
  }

  /// What steps that ran have told beyond the result.
  public struct Trial: Sendable, Hashable {
    /// Forward, backward, update, the whole step: in this order.
    public var times: [Times]
    /// The steps that count.
    public var steps: [Step]
    /// How many ran before them.
    public var warmUp: Int
    /// Bytes as planned.
    public var planned: Bytes
    /// Bytes of the plan that the system gave memory for.
    public var highWater: Bytes
    /// Resident bytes above the baseline; nil unknown.
    public var resident: Bytes?
    /// Whether its times are to be doubted.
    public var isDisturbed: Bool
    /// What the yardstick said; nil where it was not read.
    public var yardstick: Yardstick?
    /// Every trial of which this is the one that is kept; empty where it is the only one.
    public var tries: [Try]

    /// What a trial has told.
    public init(
      times: [Times], steps: [Step], warmUp: Int, planned: Bytes, highWater: Bytes, resident: Bytes?,
      isDisturbed: Bool = false, yardstick: Yardstick? = nil, tries: [Try] = []
    ) {
      self.times = times
      self.steps = steps
      self.warmUp = warmUp
      self.planned = planned
      self.highWater = highWater
      self.resident = resident
      self.isDisturbed = isDisturbed
      self.yardstick = yardstick
      self.tries = tries
    }
  }

  /// Everything that may be said of one configuration.
  public struct Input: Sendable {
    /// The evidence.
    public var result: StepResult
    /// What its steps have told; nil where none ran.
    public var trial: Trial?
    /// What was estimated for this machine; nil where there is no estimate.
    public var estimate: StepResult?

    /// What is known of a configuration.
    public init(result: StepResult, trial: Trial?, estimate: StepResult?) {
      self.result = result
      self.trial = trial
      self.estimate = estimate
    }

    /// Whether its times are to be doubted.
    public var isDisturbed: Bool { trial?.isDisturbed ?? result.isDisturbed ?? false }
  }

  /// The report for `terminal`.
  public static func text(_ input: Input, terminal: Terminal = .plain) -> String {
    let result = input.result
    var lines = [CheckReport.headline(.init(result: result))]
    lines += wrap(result.about(on: nil), width: terminal.columns).map { Styled($0) }
    if input.isDisturbed { lines += wrap(disturbance(input), width: terminal.columns).map { Styled($0, .bad) } }
    if let trial = input.trial { lines += [""] + times(trial, terminal) }
    lines += [""] + BreakdownTable(result.memory, verdict: result.verdict).lines(for: terminal)
    lines += [""] + Facts(facts(input)).lines(for: terminal)
    return lines.rendered(for: terminal)
  }

  private static func times(_ trial: Trial, _ terminal: Terminal) -> [Styled] {
    let whole = trial.times.last?.median.value ?? 0
    var table = Table(
      columns: [
        .init("  time"), .init("median", .right), .init("minimum", .right), .init("spread", .right),
        .init("share", .right),
      ], rows: [])
    for times in trial.times {
      let isStep = times == trial.times.last
      let style: Style = isStep ? .bold : .plain
      let share = whole > 0 ? percent(times.median.value / whole) : ""
      table.rows.append([
        Styled("  " + times.name, style), Styled(times.median.description, style),
        Styled(times.minimum.description, style), Styled(times.spread.description, style),
        Styled(isStep ? "" : share, .dim),
      ])
    }
    return table.lines(for: terminal)
  }

  /// Most steps that are written out.
  private static let listedSteps = 20

  static func facts(_ input: Input) -> [(label: String, text: String)] {
    let result = input.result
    var facts: [(label: String, text: String)] = []
    if let rate = result.imagesPerSecond, let flops = trainingRate(result) {
      facts.append(
        (
          "rate",
          "\(fixed(rate, digits: 1)) images/s, \(fixed(flops / 1e9, digits: 1)) GFLOP/s (three times the forward pass)"
        ))
    }
    if let trial = input.trial {
      let disturbed = trial.steps.count { $0.isDisturbed }
      var text = "\(trial.steps.count) after \(trial.warmUp) of warm-up"
      if disturbed > 0 { text += ", \(disturbed) of them disturbed (*)" }
      let listed = trial.steps.prefix(listedSteps).map { "\($0.seconds)" + ($0.isDisturbed ? "*" : "") }
      text += ": " + listed.joined(separator: ", ") + (trial.steps.count > listedSteps ? ", …" : "")
      facts.append(("steps", text))
      facts.append(
        (
          "memory",
          "\(trial.planned) planned, \(trial.highWater) taken"
            + (trial.resident.map { ", \($0) resident above the baseline" } ?? "")
        ))
    }
    facts += disturbances(input)
    facts.append(("estimated", estimate(input)))
    if let speaksFor = result.provenance.speaksFor { facts.append(("measured with", speaksFor)) }
    for (index, note) in result.provenance.notes.enumerated() { facts.append((index == 0 ? "notes" : "", note)) }
    return facts
  }

  private static func estimate(_ input: Input) -> String {
    guard let estimate = input.estimate else {
      return "no estimate for this machine: `shapefinder devices probe` measures what estimates need"
    }
    var parts: [String] = []
    if let seconds = estimate.stepSeconds {
      parts.append("\(seconds) a step" + deviation(seconds.value, input.result.stepSeconds?.value))
    }
    let measured = Double(input.result.memory.total.count)
    parts.append("\(estimate.memory.total)" + deviation(Double(estimate.memory.total.count), measured))
    return ([parts.joined(separator: ", ")] + estimate.provenance.notes).joined(separator: "; ")
  }

  /// ` (+1.4 %)`: how far the estimate is from what was measured.
  static func deviation(_ estimate: Double, _ measured: Double?) -> String {
    guard let measured, measured > 0 else { return "" }
    return " (\(relative(estimate / measured - 1)))"
  }

  /// FLOPs a second of forward and backward pass, as three times those of the forward pass; nil without a time.
  public static func trainingRate(_ result: StepResult) -> Double? {
    result.imagesPerSecond.map { 3 * result.flopsPerImage.count * $0 }
  }
}
