import Estimation
import VisionTransformer

/// Estimates of every configuration of a grid, one at a time in constant memory, by closed forms over depth.
public struct GridSearch: Sendable {
  /// One estimate that passed.
  public struct Finding: Sendable {
    /// What was asked.
    public var configuration: Configuration
    /// Index of the setting in `Grid.settings`.
    public var setting: Int
    /// The answer.
    public var estimate: Estimate
    /// What dearer evidence says of it, and not only whether it fits; nil where there is none.
    public var dearer: DearerResult?
    /// Whether it fits by that; nil where there is none, or where it leaves the question open.
    public var settled: Verdict? { dearer?.settled }

    /// Whether it fits, by the dearest evidence there is.
    public var verdict: Verdict { settled ?? estimate.verdict }
  }

  /// The grid.
  public let grid: Grid
  /// The estimator of each setting.
  public let estimators: [Estimator]
  /// Which estimates are wanted.
  public let filter: EstimateFilter
  /// What dearer evidence says of a configuration; nil where there is no such evidence of any.
  private let dearer: (@Sendable (Configuration) -> DearerResult?)?

  /// Configurations between two calls of `pause`.
  static let stride = 1024

  /// A search.
  ///
  /// - Parameters:
  ///   - grid: What is walked.
  ///   - estimators: Those of the devices of `grid.settings`, in their order.
  ///   - filter: Which estimates are wanted.
  ///   - dearer: What dearer evidence says of a configuration, before its estimate; nil where there is none of any.
  public init(
    _ grid: Grid, estimators: [Estimator], filter: EstimateFilter = EstimateFilter(),
    dearer: (@Sendable (Configuration) -> DearerResult?)? = nil
  ) {
    precondition(estimators.count == grid.settings.count, "one estimator a setting")
    self.grid = grid
    self.estimators = estimators
    self.filter = filter
    self.dearer = dearer
  }

  /// Walks the grid, depth innermost, and calls `body` with each finding until it returns false.
  ///
  /// - Parameters:
  ///   - pause: Called every thousand configurations or so with how many have been walked over; may throw to stop.
  ///   - body: Takes a finding; false ends the walk.
  /// - Returns: what the bounds of the filter let through, whatever its verdict, as far as the walk went.
  public func run(
    pause: (Int) throws -> Void = { _ in }, _ body: (Finding) throws -> Bool
  ) rethrows -> GridSummary {
    var summary = GridSummary(grid)
    var nextPause = Self.stride
    for column in grid.columns {
      // Written over for every depth: copies of findings take longer than their sums.
      var finding = Finding(configuration: column.configuration, setting: column.setting, estimate: .blank)
      var series: EstimateSeries?
      for depth in column.depths {
        summary.walked += 1
        if summary.walked >= nextPause {
          try pause(summary.walked)
          nextPause = summary.walked + Self.stride
        }
        finding.configuration.shape.depth = depth
        guard filter.allows(finding.configuration) else { continue }
        let closedForm = series ?? estimators[column.setting].series(finding.configuration)
        if series == nil { series = closedForm }
        closedForm.write(&finding.estimate, depth: depth)
        guard filter.allows(finding.configuration, finding.estimate) else { continue }
        if let dearer { finding.dearer = dearer(finding.configuration) }
        summary.take(finding)
        guard filter.verdicts.contains(finding.verdict) else { continue }
        guard try body(finding) else { return summary }
      }
    }
    return summary
  }
}

/// A result of dearer evidence than an estimate; one for all findings that carry it, which stay small.
public final class DearerResult: Sendable {
  /// The result.
  public let result: StepResult

  /// A result.
  public init(_ result: StepResult) { self.result = result }

  /// Its verdict; nil where that is open.
  public var settled: Verdict? { result.verdict == .uncertain ? nil : result.verdict }
}

/// How the estimates of a grid came out, by setting.
public struct GridSummary: Sendable {
  /// One setting.
  public struct Row: Sendable {
    /// The setting.
    public var setting: Grid.Setting
    /// Configurations that fit, do not fit, or of which nobody knows.
    public var fits = 0, doesNotFit = 0, uncertain = 0
    /// Of all of them, how many are counted by dearer evidence than their estimate.
    public var settled = 0
    /// Of those that fit, the one with most parameters.
    public var largest: GridSearch.Finding?

    /// All of them.
    public var count: Int { fits + doesNotFit + uncertain }
  }

  /// Configurations that were walked over.
  public internal(set) var walked = 0
  /// The settings in the grid's order.
  public private(set) var rows: [Row]

  init(_ grid: Grid) { rows = grid.settings.map { Row(setting: $0) } }

  /// Configurations within the bounds.
  public var count: Int { rows.reduce(0) { $0 + $1.count } }
  /// Of those, how many fit.
  public var fits: Int { rows.reduce(0) { $0 + $1.fits } }

  mutating func take(_ finding: GridSearch.Finding) {
    if finding.settled != nil { rows[finding.setting].settled += 1 }
    switch finding.verdict {
    case .fits:
      rows[finding.setting].fits += 1
      let most = rows[finding.setting].largest?.estimate.parameterCount ?? -1
      if finding.estimate.parameterCount > most { rows[finding.setting].largest = finding }
    case .doesNotFit: rows[finding.setting].doesNotFit += 1
    case .uncertain: rows[finding.setting].uncertain += 1
    }
  }
}
