import Estimation
import VisionTransformer

/// The edges of a fit map as confirmed by a compiler, in Markdown.
public struct FrontierReport: Sendable {
  /// The columns that were searched, by setting, width and MLP-width.
  public let rows: [FrontierRow]
  /// Every depth that was compiled.
  private let answers: [Answer]

  private struct Answer {
    var setting: String
    var result: StepResult
    var estimate: Estimate
  }

  /// A column: everything in a configuration except its depth.
  private struct Key: Hashable {
    var setting: Int
    var configuration: Configuration
  }

  /// The columns of `grid` that occur in `results`; results from other columns are ignored. If a depth was compiled
  /// both for its memory and in full, the full compile counts.
  ///
  /// - Throws: `ConfigurationError` if a setting is for a device that `estimator` does not know.
  public init(_ results: [StepResult], grid: Grid, estimator: (Configuration) throws -> Estimator) rethrows {
    var columns: [Key: GridColumn] = [:]
    for column in grid.columns { columns[Key(setting: column.setting, configuration: column.configuration)] = column }
    var found: [Key: (column: GridColumn, depths: [Int: StepResult])] = [:]
    for result in results {
      var first = result.configuration
      first.shapeName = nil
      first.shape.depth = grid.axes.depth.fixedValues[0]
      for setting in grid.settings.indices {
        let key = Key(setting: setting, configuration: first), depth = result.configuration.shape.depth
        guard let column = columns[key], column.depths.contains(depth) else { continue }
        if let known = found[key]?.depths[depth], !known.provenance.isOfMemoryOnly { continue }
        found[key, default: (column, [:])].depths[depth] = result
      }
    }
    var rows: [FrontierRow] = [], answers: [Answer] = []
    for (key, (column, depths)) in found.sorted(by: { Self.order($0.key) < Self.order($1.key) }) {
      let estimator = try estimator(key.configuration), title = grid.settings[key.setting].title
      let estimated = Array(column.configurations).last { estimator.estimate($0).verdict == .fits }
      let fits = depths.filter { $0.value.verdict == .fits }.max { $0.key < $1.key }
      let doesNotFit = depths.filter { $0.value.verdict == .doesNotFit && $0.key > fits?.key ?? 0 }
        .min { $0.key < $1.key }
      func side(_ pair: (key: Int, value: StepResult)?) -> FrontierRow.Side? {
        pair.map {
          FrontierRow.Side(depth: $0.key, memory: $0.value.memory, isFull: !$0.value.provenance.isOfMemoryOnly)
        }
      }
      let isConfirmed =
        switch (fits?.key, doesNotFit?.key) {
        case (let last?, let first?): column.depths.drop { $0 <= last }.first == first
        case (let last?, nil): last == column.depths.last
        case (nil, let first?): first == column.depths.first
        case (nil, nil): false
        }
      rows.append(
        FrontierRow(
          configuration: key.configuration, setting: title, estimated: estimated?.shape.depth, fits: side(fits),
          doesNotFit: side(doesNotFit), compiles: depths.count,
          problem: isConfirmed ? nil : "one side is not compiled"))
      answers += depths.sorted { $0.key < $1.key }.map {
        Answer(setting: title, result: $0.value, estimate: estimator.estimate($0.value.configuration))
      }
    }
    self.rows = rows
    self.answers = answers
  }

  private static func order(_ key: Key) -> (Int, Int, Int, Int) {
    let shape = key.configuration.shape
    return (key.setting, shape.width, shape.mlpWidth, shape.heads)
  }

  /// The number of confirmed edges, the distance of the estimated ones from them, and the outcomes of the estimated
  /// verdicts.
  public var summary: String {
    let confirmed = rows.filter { $0.problem == nil }
    let off = confirmed.compactMap { row in
      row.estimated.flatMap { estimated in row.fits.map { (estimated - $0.depth).magnitude } }
    }
    let settled = answers.filter { $0.result.verdict != .uncertain }
    let right = settled.count { $0.estimate.verdict == $0.result.verdict }
    let uncertain = settled.count { $0.estimate.verdict == .uncertain }
    return """
      \(confirmed.count) of \(rows.count) edges are confirmed: the last depth that is estimated to fit is the compiler's in \
      \(off.count { $0 == 0 }) of them, and off by \(off.max() ?? 0) at most. Of \(settled.count) depths the estimated verdict \
      is right at \(right), uncertain at \(uncertain) and wrong at \(settled.count - right - uncertain).
      """
  }

  /// A row for each column.
  public var edges: MarkdownTable {
    func cells(_ side: FrontierRow.Side?) -> [String] {
      side.map { ["\($0.depth)", $0.memory.total.description, $0.isFull ? "in full" : "for memory"] } ?? [
        "–", "–", "–",
      ]
    }
    return MarkdownTable(
      [
        "setting", "width", "MLP-width", "heads", "estimated last depth", "last that fits", "total", "compiled",
        "first that does not", "total", "compiled", "open",
      ], numbers: [1, 2, 3, 4, 5, 6, 8, 9],
      rows: rows.map { row in
        let shape = row.configuration.shape
        return [
          row.setting, "\(shape.width)", "\(shape.mlpWidth)", "\(shape.heads)", row.estimated.map { "\($0)" } ?? "–",
        ] + cells(row.fits) + cells(row.doesNotFit) + [row.problem ?? ""]
      })
  }

  /// A row for each depth that was compiled.
  public var all: MarkdownTable {
    MarkdownTable(
      [
        "setting", "shape", "live peak", "estimated", "difference", "total", "estimated", "verdict", "estimated",
        "compiled",
      ], numbers: [2, 3, 4, 5, 6],
      rows: answers.map { answer in
        let memory = answer.result.memory, estimate = answer.estimate
        let difference = memory.livePeak.map { Double(estimate.livePeak) / Double(max(1, $0.count)) - 1 }
        return [
          answer.setting, "\(answer.result.configuration.shape)", memory.livePeak?.description ?? "–",
          "\(Bytes(estimate.livePeak))",
          difference.map { ($0 > 0 ? "+" : "") + fixed($0 * 100, digits: 2) + " %" } ?? "–", memory.total.description,
          "\(Bytes(estimate.total))", Styled(verdict: answer.result.verdict).plain,
          Styled(verdict: estimate.verdict).plain, answer.result.provenance.isOfMemoryOnly ? "for memory" : "in full",
        ]
      })
  }
}
