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
  }

  /// The grid.
  public let grid: Grid
  /// The estimator of each setting.
  public let estimators: [Estimator]
  /// Which estimates are wanted.
  public let filter: EstimateFilter

  /// Configurations between two calls of `pause`.
  static let stride = 1024

  /// A search; `estimators` are those of the devices of `grid.settings`, in their order.
  public init(_ grid: Grid, estimators: [Estimator], filter: EstimateFilter = EstimateFilter()) {
    precondition(estimators.count == grid.settings.count, "one estimator a setting")
    self.grid = grid
    self.estimators = estimators
    self.filter = filter
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
        summary.take(finding)
        guard filter.verdicts.contains(finding.estimate.verdict) else { continue }
        guard try body(finding) else { return summary }
      }
    }
    return summary
  }
}

/// How the estimates of a grid came out, by setting.
public struct GridSummary: Sendable {
  /// One setting.
  public struct Row: Sendable {
    /// The setting.
    public var setting: Grid.Setting
    /// Configurations that fit, do not fit, or of which nobody knows.
    public var fits = 0, doesNotFit = 0, uncertain = 0
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
    switch finding.estimate.verdict {
    case .fits:
      rows[finding.setting].fits += 1
      let most = rows[finding.setting].largest?.estimate.parameterCount ?? -1
      if finding.estimate.parameterCount > most { rows[finding.setting].largest = finding }
    case .doesNotFit: rows[finding.setting].doesNotFit += 1
    case .uncertain: rows[finding.setting].uncertain += 1
    }
  }
}
