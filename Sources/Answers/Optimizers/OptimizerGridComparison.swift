import Catalog
import Estimation
import Reporting
import Selection
import VisionTransformer

/// A grid under each optimizer: one row for each of its settings, merging those that differ only in the optimizer.
package struct OptimizerGridComparison {
  package let title: String
  /// The devices of the settings.
  package let devices: [String]
  package let rows: [OptimizerGridReport.Row]

  /// Estimates the whole grid.
  ///
  /// - Parameters:
  ///   - name: the grid's name in the catalog.
  ///   - given: values that apply to every setting, including batch and image size.
  ///   - most: limit on the number of configurations.
  ///   - progress: receives the number of finished configurations and the total.
  /// - Throws: `ConfigurationError` if they make no grid, `AnswerError` if it is too large or after a stop signal.
  package init(
    grid name: String, _ given: GivenSetting, most: Int = .max, _ context: AnswerContext,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    let file = try context.catalog.grid(named: name)
    var axes = file.grid.axes
    if let batch = given.batch { axes.batch = batch }
    if let imageSize = given.imageSize { axes.imageSize = imageSize }
    var templates: [Configuration.Setting] = []
    for (given, setting) in try given.perDevice(context).flatMap({ given in file.grid.settings.map { (given, $0) } }) {
      var template = setting.template.apartFromAxes
      try given.apply(to: &template, context.catalog, understood: context.remarkOnce)
      template.optimizer = .adam
      if !templates.contains(template) { templates.append(template) }
    }
    let settings = templates.enumerated().flatMap { index, template in
      Optimizer.allCases.map { optimizer in
        var template = template
        template.optimizer = optimizer
        return Grid.Setting(name: "\(index) \(optimizer.rawValue)", template: template)
      }
    }
    let grid = try Grid(axes: axes, settings: settings, constraints: file.grid.constraints)
    let shapes = grid.count / settings.count
    title = "\(file.name): \(counted(shapes, "configuration")) under each optimizer"
    let searched = try SearchedGrid(name: file.name, grid: grid, catalog: context.catalog)
    try searched.checkRoom(most, command: "optimizers")
    devices = Array(Set(templates.map(\.device)))
    rows = try Self.rows(searched) { done in
      progress(done, grid.count)
      if context.stop.isRequested() { throw AnswerError(.interrupted, "interrupted: nothing was stored") }
    }
  }

  /// Sums over the configurations of one setting.
  private struct Sums {
    var state = 0.0, parameters = 0.0, parameterCount = 0.0
    var deepest: Int?
    /// Bytes of both moments over all configurations.
    var first = 0.0, second = 0.0
    /// For every block shape (a column of the grid): the depth up to which it fits, and the largest batch at its middle
    /// depth.
    var depths = 0, columns = 0
    var batches: [Int] = []

    mutating func add(_ column: GridColumn, _ estimator: Estimator) throws {
      columns += 1
      var configuration = column.configuration
      let series = estimator.series(configuration)
      if let depth = column.depths.last(where: { series.estimate(depth: $0).verdict == .fits }) {
        depths += depth
        deepest = max(depth, deepest ?? depth)
      }
      // Moments grow linearly with depth, so that their sum over depths is the mean depth's value times the number of
      // depths.
      configuration.shape.depth = 1
      let one = try estimator.optimizerMoments(configuration)
      configuration.shape.depth = 2
      let two = try estimator.optimizerMoments(configuration)
      let count = Double(column.depths.count), blocks = Double(column.depths.reduce(0, +)) - count
      first += count * Double(one.first) + blocks * Double(two.first - one.first)
      second += count * Double(one.second) + blocks * Double(two.second - one.second)
      configuration.shape.depth = column.depths[column.depths.count / 2]
      if let batch = FitAdvisor(estimator).roomForBatch(configuration).largest { batches.append(batch) }
    }

    var medianBatch: Int? { batches.isEmpty ? nil : batches.sorted()[batches.count / 2] }
    var meanDepth: Double { Double(depths) / Double(max(columns, 1)) }
  }

  private static func rows(
    _ searched: SearchedGrid, _ pause: (Int) throws -> Void
  ) throws -> [OptimizerGridReport.Row] {
    let grid = searched.grid
    var sums = [Sums](repeating: Sums(), count: grid.settings.count)
    let summary = try searched.search().run(pause: pause) { finding in
      let estimate = finding.estimate
      sums[finding.setting].state += Double(estimate.optimizerState)
      sums[finding.setting].parameters += Double(estimate.parameters)
      sums[finding.setting].parameterCount += Double(estimate.parameterCount)
      return true
    }
    for column in grid.columns {
      try pause(grid.count)
      try sums[column.setting].add(column, searched.estimators[column.setting])
    }
    let count = Optimizer.allCases.count
    return summary.rows.indices.map { index in
      let row = summary.rows[index], sum = sums[index]
      let adam = (index / count * count..<(index / count + 1) * count).first {
        summary.rows[$0].setting.template.optimizer == .adam
      }
      let optimizer = row.setting.template.optimizer
      return OptimizerGridReport.Row(
        optimizer: optimizer, head: row.setting.template.head, device: row.setting.template.device,
        ratio: sum.state / max(sum.parameters, 1),
        stateBytesPerParameter: sum.state / max(sum.parameterCount, 1),
        moments: (sum.first / max(sum.parameterCount, 1), sum.second / max(sum.parameterCount, 1)),
        batch: sum.medianBatch, blocksMore: sum.meanDepth - (adam.map { sums[$0].meanDepth } ?? 0),
        publishedRatio: optimizer.publishedRatio, fits: row.fits, uncertain: row.uncertain,
        configurations: row.count, more: row.fits - (adam.map { summary.rows[$0].fits } ?? 0),
        deepest: sum.deepest, largestParameterCount: row.largest?.estimate.parameterCount,
        largest: row.largest?.configuration.shape)
    }
  }
}
