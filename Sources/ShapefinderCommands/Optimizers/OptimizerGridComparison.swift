import Catalog
import Estimation
import Foundation
import Reporting
import Selection
import VisionTransformer

/// A grid under each optimizer: every setting of the grid that differs in more than its optimizer.
struct OptimizerGridComparison {
  let title: String
  let rows: [OptimizerGridReport.Row]

  /// Estimates the whole grid.
  ///
  /// - Throws: `ConfigurationError` where the options make no grid.
  init(_ file: GridFile, _ options: SettingOptions, _ catalog: Catalog) throws {
    var axes = file.grid.axes
    if let batch = options.batch { axes.batch = Grid.Axis([batch]) }
    if let imageSize = options.imageSize { axes.imageSize = Grid.Axis([imageSize]) }
    var templates: [Configuration] = []
    for setting in file.grid.settings {
      var template = setting.template
      options.apply(to: &template)
      template.optimizer = .adam
      template.batch = Configuration.Defaults.batch
      template.imageSize = Configuration.Defaults.imageSize
      try catalog.checkDevice(named: template.device)
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
    title = "\(file.name): \(grouped(shapes)) configurations under each optimizer"
    rows = try Self.rows(grid, catalog)
  }

  /// What is added up over the configurations of one setting.
  private struct Sums {
    var state = 0.0, parameters = 0.0, parameterCount = 0.0
    var deepest: Int?
  }

  private static func rows(_ grid: Grid, _ catalog: Catalog) throws -> [OptimizerGridReport.Row] {
    let estimators = try grid.settings.map { Estimator(device: try catalog.device(named: $0.template.device)) }
    var sums = [Sums](repeating: Sums(), count: grid.settings.count)
    var progress = ProgressReporter("configurations", total: grid.count, terminal: OutputOptions.errorTerminal)
    let summary = GridSearch(grid, estimators: estimators).run(pause: { progress.update($0) }) { finding in
      let estimate = finding.estimate
      sums[finding.setting].state += Double(estimate.optimizerState)
      sums[finding.setting].parameters += Double(estimate.parameters)
      sums[finding.setting].parameterCount += Double(estimate.parameterCount)
      if estimate.verdict == .fits {
        let depth = finding.configuration.shape.depth
        sums[finding.setting].deepest = max(depth, sums[finding.setting].deepest ?? depth)
      }
      return true
    }
    progress.finish()
    let count = Optimizer.allCases.count
    return summary.rows.indices.map { index in
      let row = summary.rows[index], sum = sums[index]
      let adam = summary.rows[index / count * count..<(index / count + 1) * count].first {
        $0.setting.template.optimizer == .adam
      }
      let optimizer = row.setting.template.optimizer
      return OptimizerGridReport.Row(
        optimizer: optimizer, head: row.setting.template.head, ratio: sum.state / max(sum.parameters, 1),
        stateBytesPerParameter: sum.state / max(sum.parameterCount, 1), publishedRatio: optimizer.publishedRatio,
        fits: row.fits, uncertain: row.uncertain, configurations: row.count, more: row.fits - (adam?.fits ?? 0),
        deepest: sum.deepest, largestParameterCount: row.largest?.estimate.parameterCount,
        largest: row.largest?.configuration.shape)
    }
  }

  /// The table under a title.
  func text(_ terminal: Terminal) -> String {
    Remarks.text([title], isBold: true, terminal: terminal) + "\n"
      + OptimizerGridReport.listing.text(rows, format: .table, terminal: terminal) + "\n"
      + Remarks.text(
        [
          "ratio: state over parameters, both as laid out and summed over the grid; paper: arXiv 2106.04560, section "
            + "3.4. Largest: most parameters of those that fit."
        ], terminal: terminal)
  }
}
