import Estimation
import VisionTransformer

/// Estimated against measured, in Markdown.
public struct MeasuredReport: Sendable {
  /// One measured configuration beside its estimate.
  public struct Row: Sendable {
    /// The measured result.
    public var measured: StepResult
    /// The estimate.
    public var estimate: Estimate

    /// A row.
    public init(measured: StepResult, estimate: Estimate) {
      self.measured = measured
      self.estimate = estimate
    }

    /// Relative error of the step time; nil if no step was timed.
    public var timeError: Double? {
      measured.stepSeconds.map { estimate.stepSeconds / $0.value - 1 }
    }

    /// Relative error of the peak bytes.
    public var bytesError: Double { Double(estimate.total) / Double(max(1, measured.memory.total.count)) - 1 }

    /// Whether the estimated verdict equals the measured one.
    public var isVerdictRight: Bool { estimate.verdict == measured.verdict }
  }

  /// The rows in their order.
  public let rows: [Row]

  /// A report over `rows`.
  public init(_ rows: [Row]) { self.rows = rows }

  /// Absolute values of errors, smallest first.
  private func sizes(_ error: (Row) -> Double?) -> [Double] { rows.compactMap(error).map(\.magnitude).sorted() }

  /// Spearman's rank correlation of estimated and measured step times.
  ///
  /// Source: C. Spearman, The proof and measurement of association between two things, 1904; ranks of equal values are
  /// not averaged, because measured times are never equal.
  public var rankCorrelation: Double {
    let pairs = rows.compactMap { row in row.measured.stepSeconds.map { (row.estimate.stepSeconds, $0.value) } }
    guard pairs.count > 1 else { return 1 }
    let a = Self.ranks(pairs.map(\.0)), b = Self.ranks(pairs.map(\.1)), n = Double(pairs.count)
    let distance = zip(a, b).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    return 1 - 6 * distance / (n * (n * n - 1))
  }

  private static func ranks(_ values: [Double]) -> [Int] {
    var ranks = Array(repeating: 0, count: values.count)
    for (rank, index) in values.indices.sorted(by: { (values[$0], $0) < (values[$1], $1) }).enumerated() {
      ranks[index] = rank
    }
    return ranks
  }

  /// Errors of time and bytes, rank correlation and verdicts.
  public var summary: MarkdownTable {
    func errors(_ name: String, _ sizes: [Double], target: String) -> [String] {
      guard let last = sizes.last else { return [name, "0", "–", "–", "–", target] }
      return [
        name, "\(sizes.count)", percent(sizes[sizes.count / 2]),
        percent(sizes[min(sizes.count - 1, sizes.count * 9 / 10)]),
        percent(last), target,
      ]
    }
    let right = rows.count(where: \.isVerdictRight)
    let refused = rows.count { $0.measured.verdict == .doesNotFit }
    return MarkdownTable(
      ["quantity", "rows", "median error", "nine in ten", "largest", "target"], numbers: [1, 2, 3, 4],
      rows: [
        errors("step time", sizes(\.timeError), target: "median 5 %"),
        errors("peak bytes", sizes { $0.bytesError }, target: "median 1 %"),
        [
          "rank correlation of step times", "\(rows.compactMap(\.timeError).count)",
          fixed(rankCorrelation, digits: 4), "", "", "0.99",
        ],
        [
          "verdicts right", "\(rows.count)", "\(right) (\(refused) of them do not fit)", "", "", "all",
        ],
      ])
  }

  /// Every row.
  public var all: MarkdownTable {
    MarkdownTable(
      [
        "configuration", "estimated", "measured", "error", "estimated bytes", "measured bytes", "error", "limit",
        "verdict",
        "right",
      ], numbers: [1, 2, 3, 4, 5, 6, 7],
      rows: rows.map { row in
        let c = row.measured.configuration
        return [
          "\(c.shape), \(c.imageSize) px, b\(c.batch), \(c.head.rawValue), \(c.optimizer.rawValue)"
            + (row.measured.isDisturbed == true ? ", **disturbed**" : ""),
          row.measured.stepSeconds == nil ? "–" : "\(Seconds(row.estimate.stepSeconds))",
          row.measured.stepSeconds.map { "\($0)" } ?? "–", row.timeError.map(signedPercent) ?? "–",
          "\(Bytes(row.estimate.total))", "\(row.measured.memory.total)", signedPercent(row.bytesError),
          c.memoryLimit.map { "\($0)" } ?? "–", row.measured.verdict.rawValue, row.isVerdictRight ? "yes" : "**no**",
        ]
      })
  }

  private func percent(_ value: Double) -> String { Reporting.percent(value, digits: 2) }
  private func signedPercent(_ value: Double) -> String { Reporting.percent(value, digits: 2, signed: true) }
}
