import Evidence
import VisionTransformer

extension Listing where Row == CompiledReport {
  /// The table of a sweep; machines read results of the contract instead.
  public static var compiled: Listing<CompiledReport> {
    func bytes(_ title: String, rank: Table.Rank = .fact, _ get: @escaping @Sendable (CompiledReport) -> Bytes?)
      -> Column
    {
      Column(
        title: title, .right, rank: rank, text: { Styled(get($0)?.description ?? "–") })
    }
    return Listing([
      Column(title: "shape", text: { Styled($0.answer.title) }),
      Column(
        title: "batch", .right, rank: .name,
        text: { Styled($0.answer.configuration.map { grouped($0.batch) } ?? "–") }),
      Column(title: "head", rank: .name, text: { Styled($0.answer.configuration?.head.rawValue ?? "–") }),
      Column(
        title: "optimizer", rank: .name, text: { Styled($0.answer.configuration?.optimizer.rawValue ?? "–") }),
      Column(
        title: "verdict", rank: .answer,
        text: { row in row.answer.evidence.map { Styled(verdict: $0.verdict) } ?? Styled("failed", .bad) }),
      bytes("total") { $0.answer.evidence?.memory.total },
      bytes("limit", rank: .detail) { $0.answer.evidence?.memory.limit },
      bytes("live peak") { $0.answer.evidence?.memory.livePeak },
      Column(
        title: "recomputed", .right, rank: .detail,
        text: { Styled($0.answer.evidence?.report.rematerializedCount.map { grouped($0) } ?? "–") }),
      Column(title: "a step", .right, text: { Styled($0.answer.evidence?.stepSeconds?.description ?? "–") }),
      Column(
        title: "images/s", .right,
        text: { Styled($0.answer.evidence?.result?.imagesPerSecond.map { fixed($0, digits: 1) } ?? "–") }),
      Column(
        title: "estimated", rank: .detail,
        text: { $0.estimate.map { Styled(verdict: $0.verdict) } ?? "–" }),
      bytes("total estimated", rank: .detail) { $0.estimate?.memory.total },
      bytes("live peak estimated", rank: .detail) { $0.estimate?.memory.livePeak },
      Column(
        title: "compiled in", .right, rank: .detail,
        text: { Styled($0.answer.evidence?.report.seconds.description ?? "–") }),
    ])
  }
}
