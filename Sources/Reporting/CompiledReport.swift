import Evidence
import VisionTransformer

/// The report of a device's own compiler: first the verdict, then bytes and time beside the estimate, recomputation,
/// the distribution of cycles, and the buffers alive at the peak.
public struct CompiledReport: Sendable {
  /// The answer to the question.
  public var answer: CompileAnswer
  /// The device, whose kind decides whether bytes are of a core or of a chip.
  public var device: Device?
  /// The estimate; nil if there is none.
  public var estimate: StepResult?
  /// The estimate's rematerialization; nil if it expects none.
  public var estimatedRematerialization: CheckReport.Rematerialization?

  /// A report.
  public init(
    _ answer: CompileAnswer, device: Device? = nil, estimate: StepResult? = nil,
    estimatedRematerialization: CheckReport.Rematerialization? = nil
  ) {
    self.answer = answer
    self.device = device
    self.estimate = estimate
    self.estimatedRematerialization = estimatedRematerialization
  }

  /// A one-line summary for a log.
  public var summary: String {
    guard let evidence = answer.evidence else { return "\(answer.title)  failed: \(answer.problem ?? "no answer")" }
    var parts = [
      answer.title, answer.configuration?.optimizer.rawValue, Styled(verdict: evidence.verdict).plain,
      ratio(evidence.memory.total, of: evidence.memory.limit),
    ].compactMap(\.self)
    if let peak = evidence.memory.livePeak { parts.append("live peak \(peak)") }
    if let rate = evidence.result?.imagesPerSecond { parts.append("\(fixed(rate, digits: 1)) images/s") }
    return parts.joined(separator: "  ")
  }

  /// Rows of a table.
  static let mostRows = 10

  /// The report for `terminal`; without evidence, the line that says why.
  public func text(terminal: Terminal = .plain) -> String {
    guard let evidence = answer.evidence else { return summary + "\n" }
    var lines = Self.headline(evidence, device).wrapped(to: terminal.columns)
    if let result = evidence.result {
      lines += wrap(result.about(on: device), width: terminal.columns).map { Styled($0) }
    }
    lines += [""] + sideBySide(evidence).lines(for: terminal)
    if let schedule = evidence.report.compiled?.schedule, schedule.cycles > 0 {
      lines += [""] + Self.cycles(schedule).lines(for: terminal)
    }
    let buffers = evidence.report.largestBuffers
    if !buffers.isEmpty { lines += [""] + Self.buffers(buffers).lines(for: terminal) }
    lines += [""] + Facts(Self.facts(evidence)).lines(for: terminal)
    return lines.rendered(for: terminal)
  }

  static func headline(_ input: CompiledEvidence, _ device: Device?) -> Styled {
    if let result = input.result { return CheckReport.headline(.init(result: result, device: device)) }
    let place = " \(device?.place ?? input.device): ", bytes = ratio(input.memory.total, of: input.memory.limit)
    let basis = Styled(" (\(input.provenance.basis(.compiled)))")
    switch input.verdict {
    case .fits:
      return Styled(input.title + " ", .bold) + Styled("fits", .good) + Styled(place + bytes, .bold) + basis
    case .doesNotFit:
      return Styled(input.title + " ", .bold) + Styled("does not fit", .bad) + Styled(place + bytes, .bold) + basis
    case .uncertain:
      return Styled("Uncertain", .unsure) + Styled(" whether \(input.title) fits" + place + bytes, .bold) + basis
    }
  }
}
