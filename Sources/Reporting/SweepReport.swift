import Evidence
import VisionTransformer

/// One configuration of a sweep.
public struct SweepRow: Sendable {
  /// The evidence; nil if the trial came to no answer.
  public var input: MeasureReport.Input?
  /// The configuration that was measured.
  public var configuration: Configuration
  /// Why there is no answer.
  public var failure: String?

  /// A configuration with its outcome.
  public init(_ configuration: Configuration, _ input: MeasureReport.Input?, failure: String? = nil) {
    self.configuration = configuration
    self.input = input
    self.failure = failure
  }

  /// A one-line summary for a log.
  public var summary: String {
    guard let input else { return "\(configuration.title)  failed: \(failure ?? "no answer")" }
    let result = input.result
    var parts = [configuration.title, Styled(verdict: result.verdict).plain]
    if let seconds = result.stepSeconds { parts.append("\(seconds)") }
    if let rate = result.imagesPerSecond { parts.append("\(fixed(rate, digits: 1)) images/s") }
    parts.append(ratio(result.memory.total, of: result.memory.limit))
    if let tries = input.trial?.repetitions, tries.count > 1 {
      parts.append(counted(tries.count, "try", many: "tries"))
    }
    if let trial = input.trial, trial.isDisturbed {
      parts.append(trial.yardstick.map { "disturbed (reference loop \($0.text))" } ?? "disturbed")
    }
    return parts.joined(separator: "  ")
  }
}

extension Listing where Row == SweepRow {
  /// The table of a sweep; machines read the contract's results instead.
  public static var sweep: Listing<SweepRow> {
    Listing([
      Column(title: "shape", text: { Styled($0.configuration.title) }),
      Column(title: "px", .right, rank: .name, text: { Styled("\($0.configuration.imageSize)") }),
      Column(title: "batch", .right, rank: .name, text: { Styled(grouped($0.configuration.batch)) }),
      Column(title: "optimizer", rank: .name, text: { Styled($0.configuration.optimizer.rawValue) }),
      Column(
        title: "verdict", rank: .answer,
        text: { row in row.input.map { Styled(verdict: $0.result.verdict) } ?? Styled("failed", .bad) }),
      Column(title: "step", .right, text: { Styled($0.input?.result.stepSeconds?.description ?? "–") }),
      Column(title: "minimum", .right, rank: .detail, text: { Styled($0.time(\.step.minimum)) }),
      Column(title: "spread", .right, rank: .detail, text: { Styled($0.time(\.step.spread)) }),
      Column(title: "forward", .right, rank: .detail, text: { Styled($0.time({ $0.summary(\.forward).median })) }),
      Column(title: "backward", .right, rank: .detail, text: { Styled($0.time({ $0.summary(\.backward).median })) }),
      Column(title: "update", .right, rank: .detail, text: { Styled($0.time({ $0.summary(\.update).median })) }),
      Column(
        title: "images/s", .right,
        text: { Styled($0.input?.result.imagesPerSecond.map { fixed($0, digits: 1) } ?? "–") }),
      Column(
        title: "GFLOP/s", .right, rank: .detail,
        text: { row in
          Styled(row.input.flatMap { MeasureReport.trainingRate($0.result) }.map { fixed($0 / 1e9, digits: 1) } ?? "–")
        }),
      Column(title: "bytes", .right, text: { Styled($0.input?.result.memory.total.description ?? "–") }),
      Column(title: "estimated", .right, rank: .detail, text: { Styled($0.estimate, .dim) }),
      Column(
        title: "held up", .right, rank: .detail,
        text: { row in
          Styled(
            row.input?.trial.map { trial in "\(trial.disturbed.count) of \(trial.steps.count)" } ?? "")
        }),
      Column(
        title: "reference", .right, rank: .detail,
        text: { row in
          Styled(row.input?.trial?.yardstick.map { $0.text + ($0.isDisturbed ? "*" : "") } ?? "")
        }),
      Column(
        title: "tries", .right, rank: .detail,
        text: { row in Styled(row.input?.trial.map { "\(max(1, $0.repetitions?.count ?? 1))" } ?? "") }),
      .disturbed { $0.input?.isDisturbed == true },
    ])
  }
}

extension SweepRow {
  fileprivate func time(_ time: (TrialReport) -> Seconds) -> String {
    input?.trial.map(time)?.description ?? "–"
  }

  /// The estimated step, and its deviation from the measured one.
  fileprivate var estimate: String {
    guard let input, let seconds = input.estimate?.stepSeconds else { return "–" }
    return "\(seconds)" + MeasureReport.deviation(seconds.value, input.result.stepSeconds?.value)
  }
}
