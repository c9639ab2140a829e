import Estimation
import Reporting
import Selection
import VisionTransformer

/// One configuration under each optimizer.
struct OptimizerComparison {
  let configuration: Configuration
  let device: Device
  let rows: [OptimizerReport.Row]

  init(_ estimator: Estimator, _ configuration: Configuration) throws {
    self.configuration = configuration
    device = estimator.device
    let advisor = FitAdvisor(estimator)
    var rows = try Optimizer.allCases.map { optimizer in
      var changed = configuration
      changed.optimizer = optimizer
      let estimate = estimator.estimate(changed)
      let moments = try estimator.optimizerMoments(changed)
      return OptimizerReport.Row(
        optimizer: optimizer, parameterCount: estimate.parameterCount, parameters: Bytes(estimate.parameters),
        firstMoment: Bytes(moments.first), secondMoment: Bytes(moments.second), total: Bytes(estimate.total),
        limit: Bytes(estimate.limit), verdict: estimate.verdict, largestBatch: advisor.roomForBatch(changed).largest,
        largestDepth: advisor.roomForDepth(changed).largest, publishedRatio: optimizer.publishedRatio)
    }
    let adam = rows.first { $0.optimizer == .adam }?.largestDepth
    for index in rows.indices where rows[index].optimizer != .adam {
      if let adam, let depth = rows[index].largestDepth { rows[index].blocksMore = depth - adam }
    }
    self.rows = rows
  }

  /// The table under a title.
  func text(_ terminal: Terminal) -> String {
    let title =
      "\(configuration.title) on \(device.place), \(images(configuration.batch)) \(device.perUnit), "
      + "\(configuration.head.title): \(ParameterCount.text(rows.first?.parameterCount ?? 0)) parameters, "
      + "\(rows.first?.parameters ?? .zero)"
    let listing = OptimizerReport.listing()
    return Remarks.text([title], isBold: true, terminal: terminal) + "\n"
      + listing.text(rows, format: .table, terminal: terminal) + "\n"
      + listing.explanation(
        rows,
        [
          ("ratio", "state over parameters as laid out"), ("paper", "arXiv 2106.04560, section 3.4"),
          ("max batch", "the most images that fit, all else as it is"),
          ("max depth", "the most blocks that fit, all else as it is"), ("more blocks", "than under Adam"),
        ], terminal: terminal)
  }
}
