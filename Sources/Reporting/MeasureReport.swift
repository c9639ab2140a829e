import Evidence
import VisionTransformer

/// The answer to "how long does a step take here, and how much memory": first the verdict, then times, then bytes.
public enum MeasureReport {
  /// Everything that may be reported about one configuration.
  public struct Input: Sendable {
    /// The evidence.
    public var result: StepResult
    /// The report of its steps; nil if none ran.
    public var trial: TrialReport?
    /// The estimate for this machine; nil if there is none.
    public var estimate: StepResult?

    /// The report of a configuration.
    public init(result: StepResult, trial: TrialReport?, estimate: StepResult?) {
      self.result = result
      self.trial = trial
      self.estimate = estimate
    }

    /// Whether its times are doubtful.
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

  private static func times(_ trial: TrialReport, _ terminal: Terminal) -> [Styled] {
    let parts = [
      ("forward", trial.summary(\.forward)), ("backward", trial.summary(\.backward)),
      ("update", trial.summary(\.update)),
    ]
    let whole = trial.step.median.value
    var table = Table(
      columns: [
        .init("  time"), .init("median", .right), .init("minimum", .right), .init("spread", .right),
        .init("share", .right),
      ], rows: [])
    func add(_ name: String, _ times: TimeSummary, share: String, _ style: Style) {
      table.rows.append([
        Styled("  " + name, style), Styled(times.median.description, style),
        Styled(times.minimum.description, style), Styled(times.spread.description, style), Styled(share, .dim),
      ])
    }
    for (name, times) in parts {
      add(name, times, share: whole > 0 ? percent(times.median.value / whole) : "", .plain)
    }
    add("step", trial.step, share: "", .bold)
    return table.lines(for: terminal)
  }

  /// Limit on the steps that are listed.
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
      let usual = trial.usualMegahertz, disturbed = trial.disturbed.count
      var text = "\(trial.steps.count) after \(trial.warmUp.count) of warm-up"
      if disturbed > 0 { text += ", \(disturbed) of them disturbed (*)" }
      let listed = trial.steps.prefix(listedSteps).map { step in
        "\(step.seconds)" + (step.isDisturbed(threads: trial.threads, usualMegahertz: usual) ? "*" : "")
      }
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

  /// ` (+1.4 %)`: the deviation of the estimate from the measurement.
  static func deviation(_ estimate: Double, _ measured: Double?) -> String {
    guard let measured, measured > 0 else { return "" }
    return " (\(relative(estimate / measured - 1)))"
  }

  /// FLOPs a second of forward and backward pass, counted as three times the forward pass; nil without a time.
  public static func trainingRate(_ result: StepResult) -> Double? {
    result.imagesPerSecond.map { 3 * result.flopsPerImage.count * $0 }
  }
}
