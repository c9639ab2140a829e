import Estimation
import VisionTransformer

/// Estimated against compiled, in Markdown.
public struct EvidenceReport: Sendable {
  /// One row of evidence with its position.
  public struct Row: Sendable {
    /// File and line, such as `tpu-v3-peaks:12`.
    public var place: String
    /// The estimate beside the observation.
    public var comparison: Comparison

    /// A row.
    public init(place: String, comparison: Comparison) {
      self.place = place
      self.comparison = comparison
    }
  }

  private let rows: [Row]

  /// A report over `rows`.
  public init(_ rows: [Row]) { self.rows = rows }

  /// The estimates beside the observations.
  public var comparisons: [Comparison] { rows.map(\.comparison) }

  // MARK: - Tables

  /// Errors of every quantity by set: n, median, 90th percentile, largest.
  public var summary: MarkdownTable {
    let cells = Comparison.Quantity.allCases.flatMap { quantity in
      ObservedEvidence.Label.allCases.compactMap { label -> [String]? in
        let errors = comparisons.filter { $0.evidence.label == label }.errors(of: quantity)
        return errors.map {
          [
            quantity.rawValue, label.rawValue, "\($0.count)", percent($0.median), percent($0.ninetieth),
            percent($0.largest),
          ]
        }
      }
    }
    return MarkdownTable(
      ["quantity", "set", "rows", "median error", "nine in ten", "largest"], numbers: [2, 3, 4, 5], rows: cells)
  }

  /// Verdicts by set.
  public var verdicts: MarkdownTable {
    let groups =
      ObservedEvidence.Label.allCases.map { label in (label.rawValue, comparisons.filter { $0.evidence.label == label })
      }
      + near
    return MarkdownTable(
      ["set", "right", "wrong", "uncertain", "not settled by the compile"], numbers: [1, 2, 3, 4],
      rows: groups.map { name, rows in
        let tally = rows.outcomes
        return [name, "\(tally.right)", "\(tally.wrong)", "\(tally.uncertain)", "\(tally.open)"]
      })
  }

  // Rows that were chosen at the edge of a column say nothing about how many verdicts are uncertain elsewhere.
  private var near: [(String, [Comparison])] {
    let near = rows.filter { $0.comparison.distanceFromLimit <= 0.2 }
    let drawn = near.filter { !$0.place.hasPrefix(Self.edges + ":") }
    let all = ("all, within 20 % of the limit", near.map(\.comparison))
    return drawn.count == near.count
      ? [all] : [all, ("of those, without the edges of columns", drawn.map(\.comparison))]
  }

  /// The file of evidence about the edges of columns.
  private static let edges = "tpu-v3-frontier"

  /// The rows of one quantity with the largest errors, with the instant that the model takes for the peak.
  public func worst(_ quantity: Comparison.Quantity, count: Int) -> MarkdownTable {
    let ranked = rows.compactMap { row in row.comparison[quantity].map { (row, $0) } }
      .sorted { ($0.1.error.magnitude, $1.0.place) > ($1.1.error.magnitude, $0.0.place) }.prefix(count)
    return MarkdownTable(
      ["row", "set", "configuration", "estimated", "compiled", "error", "estimated peak"], numbers: [3, 4, 5],
      rows: ranked.map { row, pair in
        [row.place, row.comparison.evidence.label.rawValue, row.comparison.evidence.configuration.brief]
          + cells(pair, quantity) + [row.comparison.estimate.peak.rawValue]
      })
  }

  /// Every row whose error in a quantity exceeds `error`, a fraction, largest first.
  public func worst(_ quantity: Comparison.Quantity, above error: Double) -> MarkdownTable {
    worst(quantity, count: rows.count { ($0.comparison[quantity]?.error.magnitude ?? 0) > error })
  }

  /// Every row of a file that has a quantity.
  public func all(_ quantity: Comparison.Quantity, file: String) -> MarkdownTable {
    MarkdownTable(
      ["row", "configuration", "estimated", "compiled", "error", "verdict estimated", "compiled"], numbers: [2, 3, 4],
      rows: rows.filter { $0.place.hasPrefix(file + ":") }.compactMap { row in
        row.comparison[quantity].map { pair in
          [row.place, row.comparison.evidence.configuration.brief] + cells(pair, quantity)
            + [row.comparison.estimate.verdict.rawValue, row.comparison.observedVerdict?.rawValue ?? "–"]
        }
      })
  }

  /// The short table of the README: errors of the main quantities, by set.
  public var short: MarkdownTable {
    let quantities: [Comparison.Quantity] = [.livePeak, .total, .cycles]
    return MarkdownTable(
      ["set", "rows"] + quantities.map { "\($0.rawValue): median, largest" } + ["verdicts: right, uncertain, wrong"],
      numbers: [1, 2, 3, 4, 5],
      rows: ObservedEvidence.Label.allCases.map { label in
        let rows = comparisons.filter { $0.evidence.label == label }
        let tally = rows.outcomes
        return [label.rawValue, "\(rows.count)"]
          + quantities.map { quantity in
            rows.errors(of: quantity).map { "\(percent($0.median)), \(percent($0.largest))" } ?? "–"
          } + ["\(tally.right), \(tally.uncertain), \(tally.wrong)"]
      })
  }

  /// Estimated beside compiled for the configurations that `isWanted` names: the first row for each shape, optimizer
  /// and quantity.
  public func sideBySide(_ isWanted: (Configuration) -> String?) -> MarkdownTable {
    var cells: [[String]] = []
    var seen: Set<[String]> = []
    for row in rows {
      let configuration = row.comparison.evidence.configuration
      guard let name = isWanted(configuration) else { continue }
      for quantity in [Comparison.Quantity.livePeak, .total, .rematerializedTotal, .cycles, .rematerializedCycles] {
        guard let pair = row.comparison[quantity],
          seen.insert(["\(configuration.shape)", configuration.optimizer.rawValue, quantity.rawValue]).inserted
        else { continue }
        let numbers = self.cells(pair, quantity)
        cells.append([name, quantity.rawValue, numbers[0], numbers[1], ratio(pair)])
      }
    }
    return MarkdownTable(
      ["shape", "quantity", "estimated", "compiled", "ratio"], numbers: [2, 3, 4], rows: cells)
  }

  // MARK: - Cells

  private func cells(_ pair: Comparison.Pair, _ quantity: Comparison.Quantity) -> [String] {
    let text: (Double) -> String =
      switch quantity {
      case .cycles, .rematerializedCycles: { fixed($0 / 1e6, digits: 1) + " M" }
      default: { Bytes(Int($0)).description }
      }
    return [text(pair.estimated), text(pair.observed), signedPercent(pair.error)]
  }

  private func ratio(_ pair: Comparison.Pair) -> String { fixed(pair.estimated / pair.observed, digits: 3) }
  private func percent(_ value: Double) -> String { fixed(value * 100, digits: 2) + " %" }
  private func signedPercent(_ value: Double) -> String { (value >= 0 ? "+" : "") + percent(value) }
}

extension Configuration {
  /// Everything that decides the cost, in one line.
  public var brief: String {
    var parts = [
      "\(shape)", "\(imageSize) px", "b\(batch)", head.rawValue, optimizer.rawValue, precision.rawValue, "C\(classes)",
    ]
    if gradientClipping != .none { parts.append(gradientClipping.rawValue) }
    if rematerialization != .automatic { parts.append("rematerialization \(rematerialization.rawValue)") }
    if layers != .unrolled { parts.append(layers.rawValue) }
    return parts.joined(separator: ", ")
  }
}
