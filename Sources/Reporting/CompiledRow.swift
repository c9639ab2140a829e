import VisionTransformer

/// One configuration of a sweep of compiles.
public struct CompiledRow: Sendable {
  /// What the compile told; nil where it came to no answer.
  public var input: CompiledReport.Input?
  /// What was compiled.
  public var configuration: Configuration
  /// Why there is no answer.
  public var failure: String?

  /// A configuration with what came of it.
  public init(_ configuration: Configuration, _ input: CompiledReport.Input?, failure: String? = nil) {
    self.configuration = configuration
    self.input = input
    self.failure = failure
  }

  /// What a line of a log says of it.
  public var summary: String {
    guard let input else { return "\(configuration.title)  failed: \(failure ?? "no answer")" }
    var parts = [
      configuration.title, configuration.optimizer.rawValue, Styled(verdict: input.verdict).plain,
      ratio(input.memory.total, of: input.memory.limit),
    ]
    if let peak = input.memory.livePeak { parts.append("live peak \(peak)") }
    if let rate = input.result?.imagesPerSecond { parts.append("\(fixed(rate, digits: 1)) images/s") }
    return parts.joined(separator: "  ")
  }
}

extension Listing where Row == CompiledRow {
  /// The table of a sweep; machines read results of the contract instead.
  public static var compiled: Listing<CompiledRow> {
    func bytes(_ title: String, isOptional: Bool = false, _ get: @escaping @Sendable (CompiledReport.Input) -> Bytes?)
      -> Column
    {
      Column(
        title: title, .right, isOptional: isOptional, text: { Styled($0.input.flatMap(get)?.description ?? "–") })
    }
    return Listing([
      Column(title: "shape", text: { Styled($0.configuration.title) }),
      Column(title: "batch", .right, isOptional: true, text: { Styled(grouped($0.configuration.batch)) }),
      Column(title: "head", isOptional: true, text: { Styled($0.configuration.head.rawValue) }),
      Column(title: "optimizer", isOptional: true, text: { Styled($0.configuration.optimizer.rawValue) }),
      Column(
        title: "verdict", text: { row in row.input.map { Styled(verdict: $0.verdict) } ?? Styled("failed", .bad) }),
      bytes("total") { $0.memory.total }, bytes("limit", isOptional: true) { $0.memory.limit },
      bytes("live peak") { $0.memory.livePeak },
      Column(
        title: "recomputed", .right, isOptional: true,
        text: { Styled($0.input?.rematerialization.count.map { grouped($0) } ?? "–") }),
      Column(title: "a step", .right, text: { Styled($0.input?.stepSeconds?.description ?? "–") }),
      Column(
        title: "images/s", .right,
        text: { Styled($0.input?.result?.imagesPerSecond.map { fixed($0, digits: 1) } ?? "–") }),
      Column(
        title: "estimated", isOptional: true,
        text: { $0.input?.estimate.map { Styled(verdict: $0.verdict) } ?? "–" }),
      bytes("total estimated", isOptional: true) { $0.estimate?.memory.total },
      bytes("live peak estimated", isOptional: true) { $0.estimate?.memory.livePeak },
      Column(
        title: "compiled in", .right, isOptional: true, text: { Styled($0.input?.compileSeconds.description ?? "–") }),
    ])
  }
}
