import Estimation
import VisionTransformer

/// Estimated against compiled, in Markdown.
public struct EvidenceReport: Sendable {
  private let rows: [ValidationRow]

  /// A report over `rows`.
  public init(_ rows: [ValidationRow]) { self.rows = rows }

  /// The estimates beside the observations.
  public var comparisons: [Comparison] { rows.map(\.comparison) }

  /// The report over the rows whose layers are scanned.
  public var scanned: EvidenceReport {
    EvidenceReport(rows.filter { $0.comparison.evidence.configuration.layers == .scanned })
  }

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

  /// Errors by compiler and device, and how far generations of a compiler lie from each other.
  ///
  /// - Parameters:
  ///   - comparisons: what other compilers said than those that the devices' models were made for.
  ///   - own: what those said, of the same steps among others.
  public static func compilers(_ comparisons: [Comparison], beside own: [Comparison]) -> MarkdownTable {
    let peaks = Dictionary(
      own.compactMap { row in row.evidence.observation.livePeak.map { (row.evidence.configuration, $0) } },
      uniquingKeysWith: { first, _ in first })
    func range(_ values: [Double]) -> String {
      let sorted = values.sorted()
      guard let first = sorted.first, let last = sorted.last else { return "–" }
      return [sorted[sorted.count / 2], first, last].map { Reporting.percent($0, digits: 2, signed: true) }
        .joined(separator: ", ")
    }
    let groups = Dictionary(grouping: comparisons) { row in
      [row.evidence.compiler.prefix { $0 != "," }.description, row.device.name]
    }
    let quantities: [Comparison.Quantity] = [.livePeak, .total, .rematerializationLimit, .cycles]
    return MarkdownTable(
      ["compiler", "device", "rows", "live peak beside the model's own compiler's: median, least, most"]
        + quantities.map { "\($0.rawValue): median, least, most" },
      numbers: Set(2..<4 + quantities.count),
      rows: groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { key, rows in
        let beside = rows.compactMap { row -> Double? in
          let evidence = row.evidence
          guard let peak = evidence.observation.livePeak, let own = peaks[evidence.configuration] else { return nil }
          return Double(peak.count) / Double(own.count) - 1
        }
        return key + ["\(rows.count)", range(beside)]
          + quantities.map { quantity in range(rows.compactMap { $0[quantity]?.error }) }
      })
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
    let ranked = rows.worst(quantity).prefix(count)
    return MarkdownTable(
      ["row", "set", "configuration", "estimated", "compiled", "error", "estimated peak"], numbers: [3, 4, 5],
      rows: ranked.map { row, pair in
        [row.place, row.group.rawValue, row.comparison.evidence.configuration.brief]
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

  /// One row of a table of devices: errors of the main quantities and verdicts, on rows that were set aside.
  public var heldOut: [String] {
    let rows = comparisons.filter { $0.evidence.label == .heldOut }, tally = rows.outcomes
    let quantities: [Comparison.Quantity] = [.livePeak, .total, .cycles]
    return ["\(rows.count)"]
      + quantities.map { quantity in
        rows.errors(of: quantity).map { "\(percent($0.median)), \(percent($0.largest))" } ?? "–"
      } + ["\(tally.right), \(tally.uncertain), \(tally.wrong)"]
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
      default: { Bytes(saturating: $0).description }
      }
    return [text(pair.estimated), text(pair.observed), Reporting.percent(pair.error, digits: 2, signed: true)]
  }

  private func ratio(_ pair: Comparison.Pair) -> String { fixed(pair.estimated / pair.observed, digits: 3) }
  private func percent(_ value: Double) -> String { Reporting.percent(value, digits: 2) }
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
