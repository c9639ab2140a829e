import Estimation
import VisionTransformer

/// Estimates every configuration of a grid, one at a time in constant memory, with closed forms over depth.
public struct GridSearch: Sendable {
  /// An estimate that passed the filter.
  public struct Finding: Sendable {
    /// The configuration that was asked about.
    public var configuration: Configuration
    /// Index of the setting in `Grid.settings`.
    public var setting: Int
    /// The answer.
    public var estimate: Estimate
    /// The result from costlier evidence than the estimate; nil if there is none.
    public var dearer: DearerResult?
    /// The verdict of that evidence; nil if there is none, or if it leaves the question open.
    public var settled: Verdict? { dearer?.settled }

    /// The verdict of the costliest evidence there is.
    public var verdict: Verdict { settled ?? estimate.verdict }
  }

  /// The grid.
  public let grid: Grid
  /// The estimator of each setting.
  public let estimators: [Estimator]
  /// Which estimates to keep.
  public let filter: EstimateFilter
  /// Looks up costlier evidence about a configuration; nil if there is none for any.
  private let dearer: (@Sendable (Configuration) -> DearerResult?)?

  /// Whether a configuration is of the part that is searched; nil to search all of them.
  private let isDealt: (@Sendable (Configuration) -> Bool)?

  /// Configurations between two calls of `pause`, and those that take milliseconds each.
  static let stride = 1024, slowStride = 16
  /// Columns whose models are built beforehand, on all cores.
  private static let preparedColumns = 1 << 12

  /// A search.
  ///
  /// - Parameters:
  ///   - grid: The grid to walk.
  ///   - estimators: The estimators for the devices of `grid.settings`, in their order.
  ///   - filter: Which estimates to keep.
  ///   - dearer: Looks up costlier evidence about a configuration, before its estimate; nil if there is none for any.
  ///   - isDealt: Whether a configuration is of the part to be searched; nil to search all of them.
  public init(
    _ grid: Grid, estimators: [Estimator], filter: EstimateFilter = EstimateFilter(),
    dearer: (@Sendable (Configuration) -> DearerResult?)? = nil, isDealt: (@Sendable (Configuration) -> Bool)? = nil
  ) {
    precondition(estimators.count == grid.settings.count, "one estimator a setting")
    self.grid = grid
    self.estimators = estimators
    self.filter = filter
    self.dearer = dearer
    self.isDealt = isDealt
  }

  /// Walks the grid, depth innermost, and calls `body` with each finding until it returns false.
  ///
  /// - Parameters:
  ///   - pause: Called about every thousand configurations, or every sixteen slow ones, with the number walked so far; may
  ///     throw to stop.
  ///   - body: Receives a finding; false ends the walk.
  /// - Returns: counts of everything that passed the filter's bounds, whatever its verdict, as far as the walk went.
  public func run(
    pause: (Int) throws -> Void = { _ in }, _ body: (Finding) throws -> Bool
  ) rethrows -> GridSummary {
    var summary = GridSummary(grid), passed = 0
    var nextPause = Self.stride
    Estimator.prepare(
      grid.columns.prefix(Self.preparedColumns).lazy.map { (estimators[$0.setting], $0.configuration) })
    for column in grid.columns {
      // Overwritten for every depth: copying findings takes longer than computing them.
      var finding = Finding(configuration: column.configuration, setting: column.setting, estimate: .blank)
      var series: EstimateSeries?, prepared = 0
      for (place, depth) in column.depths.enumerated() {
        passed += 1
        if passed >= nextPause {
          try pause(passed)
          nextPause = passed + Self.stride
        }
        finding.configuration.shape.depth = depth
        if let isDealt, !isDealt(finding.configuration) { continue }
        summary.walked += 1
        guard filter.allows(finding.configuration) else { continue }
        let closedForm = series ?? estimators[column.setting].series(finding.configuration)
        if series == nil { series = closedForm }
        if closedForm.isScheduled, place >= prepared {
          prepared = place + Self.slowStride
          nextPause = min(nextPause, passed + Self.slowStride)
          closedForm.prepare(column.depths.dropFirst(place).prefix(Self.slowStride).filter { isAsked($0, finding) })
        }
        closedForm.write(&finding.estimate, depth: depth)
        guard filter.allows(finding.configuration, finding.estimate) else { continue }
        if let dearer { finding.dearer = dearer(finding.configuration) }
        summary.take(finding)
        guard filter.allows(finding.verdict) else { continue }
        guard try body(finding) else { return summary }
      }
    }
    return summary
  }

  /// Whether a finding's configuration at a depth is of the part that is searched and passes the filter.
  private func isAsked(_ depth: Int, _ finding: Finding) -> Bool {
    var configuration = finding.configuration
    configuration.shape.depth = depth
    return (isDealt?(configuration) ?? true) && filter.allows(configuration)
  }
}

/// A result from costlier evidence than an estimate; shared by the findings that carry it, to keep them small.
public final class DearerResult: Sendable {
  /// The result.
  public let result: StepResult

  /// A result.
  public init(_ result: StepResult) { self.result = result }

  /// Its verdict; nil if that is open.
  public var settled: Verdict? { result.verdict == .uncertain ? nil : result.verdict }
}

/// Counts of a grid's verdicts, by setting.
public struct GridSummary: Sendable {
  /// One setting.
  public struct Row: Sendable {
    /// The setting.
    public var setting: Grid.Setting
    /// Configurations that fit, do not fit, or are uncertain.
    public var fits = 0, doesNotFit = 0, uncertain = 0
    /// How many of them are counted by costlier evidence than their estimate.
    public var settled = 0
    /// The one with the most parameters among those that fit.
    public private(set) var largest: GridSearch.Finding?
    // Its parameters, beside it: reading them through the optional would copy the row.
    private var most = -1

    /// The number of all of them.
    public var count: Int { fits + doesNotFit + uncertain }

    init(_ setting: Grid.Setting) { self.setting = setting }

    mutating func take(_ finding: GridSearch.Finding) {
      if finding.settled != nil { settled += 1 }
      switch finding.verdict {
      case .fits:
        fits += 1
        guard finding.estimate.parameterCount > most else { return }
        most = finding.estimate.parameterCount
        largest = finding
      case .doesNotFit: doesNotFit += 1
      case .uncertain: uncertain += 1
      }
    }
  }

  /// Number of configurations walked, of the part that was searched.
  public internal(set) var walked = 0
  /// The settings in the grid's order.
  public private(set) var rows: [Row]

  init(_ grid: Grid) { rows = grid.settings.map(Row.init) }

  /// Number of configurations within the bounds.
  public var count: Int { rows.reduce(0) { $0 + $1.count } }
  /// Number of those that fit.
  public var fits: Int { rows.reduce(0) { $0 + $1.fits } }

  mutating func take(_ finding: GridSearch.Finding) { rows[finding.setting].take(finding) }
}
