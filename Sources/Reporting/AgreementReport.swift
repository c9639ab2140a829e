import Estimation
import VisionTransformer

/// A compiler's answers for this package's program, compared with its answers for the same step written by others, in
/// Markdown.
public struct AgreementReport: Sendable {
  /// One configuration that both programs were compiled for.
  public struct Row: Sendable {
    /// File and line of the other program's answer, such as `tpu-v3:12`.
    public var place: String
    /// The other program's answer.
    public var evidence: ObservedEvidence
    /// This program's answer.
    public var result: StepResult
    /// The device's clock in Hz, which converts seconds back into the compiler's cycles.
    public var clock: Double

    /// A row.
    public init(place: String, evidence: ObservedEvidence, result: StepResult, clock: Double) {
      self.place = place
      self.evidence = evidence
      self.result = result
      self.clock = clock
    }

    /// A quantity of this program and of the other; nil if either answer lacks it.
    public subscript(quantity: Quantity) -> (own: Int, other: Int)? {
      let other = evidence.observation, own = ObservedEvidence(result, clock: clock)?.observation
      let sides: (Int?, Int?) =
        switch quantity {
        case .arguments: (own?.arguments?.count, other.arguments?.count)
        case .livePeak: (own?.livePeak?.count, other.livePeak?.count)
        case .total: (own?.total?.count, other.total?.count)
        // The other program's cycles are those of the entry computation alone, without the loops of scanned layers.
        case .cycles where evidence.configuration.layers == .scanned: (nil, nil)
        case .cycles: (own?.cycles, other.cycles)
        }
      guard let own = sides.0, let other = sides.1, other > 0 else { return nil }
      return (own, other)
    }

    /// Verdicts of both programs; nil if the other's answer leaves it open.
    public var verdicts: (own: Verdict, other: Verdict)? {
      evidence.observation.verdict(limit: result.memory.limit).map { (result.verdict, $0) }
    }
  }

  /// The quantities that are compared.
  public enum Quantity: String, Sendable, Hashable, CaseIterable {
    /// Tiled parameters, optimizer state, images and labels.
    case arguments
    /// Parameters, optimizer state and the largest sum of live temporaries, before automatic rematerialization.
    case livePeak = "live peak"
    /// The compiler's own total.
    case total
    /// Cycles of the schedule.
    case cycles

    /// The target for the largest relative difference.
    public var target: Double {
      switch self {
      case .arguments: 0.01
      case .livePeak, .total: 0.02
      case .cycles: 0.05
      }
    }
  }

  /// The rows in their order.
  public let rows: [Row]

  /// A report over `rows`.
  public init(_ rows: [Row]) { self.rows = rows }

  /// Differences by quantity, and the verdicts.
  public var summary: MarkdownTable {
    var cells = Quantity.allCases.map { quantity -> [String] in
      let errors = rows.compactMap { $0[quantity].map { Double($0.own) / Double($0.other) - 1 } }
      guard let summary = ErrorSummary(errors) else { return [quantity.rawValue, "0", "–", "–", "–", "–"] }
      return [
        quantity.rawValue, "\(summary.count)", "\(errors.count { $0 == 0 })", percent(summary.median, digits: 2),
        percent(summary.largest, digits: 2), "\(fixed(quantity.target * 100, digits: 0)) %",
      ]
    }
    let verdicts = rows.compactMap(\.verdicts)
    cells.append(["verdict", "\(verdicts.count)", "\(verdicts.count { $0.own == $0.other })", "", "", "equal"])
    return MarkdownTable(
      ["quantity", "rows", "equal", "median difference", "largest", "target"], numbers: [1, 2, 3, 4], rows: cells)
  }

  /// Every row.
  public var all: MarkdownTable {
    MarkdownTable(
      ["row", "configuration"] + Quantity.allCases.flatMap { [$0.rawValue, "difference"] } + ["verdict"],
      numbers: Set(2...9),
      rows: rows.map { row in
        [row.place, row.evidence.configuration.brief]
          + Quantity.allCases.flatMap { quantity -> [String] in
            guard let pair = row[quantity] else { return ["–", ""] }
            let difference = Double(pair.own) / Double(pair.other) - 1
            let size = quantity == .cycles ? grouped(pair.own) : Bytes(pair.own).description
            return [
              size, pair.own == pair.other ? "none" : (difference > 0 ? "+" : "") + percent(difference, digits: 3),
            ]
          } + [Self.words(row)]
      })
  }

  private static func words(_ row: Row) -> String {
    let own = Styled(verdict: row.result.verdict).plain
    guard let verdicts = row.verdicts else { return own }
    return verdicts.own == verdicts.other ? own : "**\(own)**, the other \(Styled(verdict: verdicts.other).plain)"
  }

}
