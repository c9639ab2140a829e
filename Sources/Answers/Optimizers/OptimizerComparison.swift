import Estimation
import Reporting
import Selection
import VisionTransformer

/// One configuration under each optimizer, on one device.
package struct OptimizerComparison {
  package let configuration: Configuration
  package let device: Device
  package private(set) var rows: [OptimizerReport.Row]

  /// The comparisons for a question, one for each device.
  ///
  /// - Throws: `AnswerError` with the key, its value and the rule.
  package static func all(
    _ shape: ShapeQuestion, _ setting: GivenSetting, _ context: AnswerContext
  ) throws -> [OptimizerComparison] {
    let shape = try shape.read(context), settings = try setting.perDevice(context)
    return try settings.map { setting in
      var comparison = try OptimizerComparison(Configuration(shape, setting, context), context)
      guard settings.count > 1 else { return comparison }
      for index in comparison.rows.indices { comparison.rows[index].device = comparison.device.name }
      return comparison
    }
  }

  /// The comparison for a configuration; adds a remark on a memory limit above the device's own.
  ///
  /// - Throws: `AnswerError` for an unknown device, and for a compiler without evidence.
  package init(_ configuration: Configuration, _ context: AnswerContext) throws {
    self.configuration = configuration
    do throws(ConfigurationError) { device = try context.catalog.device(of: configuration.setting) } catch {
      throw AnswerError(error)
    }
    let estimator = Estimator(device: device)
    if let note = device.limitNote(configuration.memoryLimit) { context.remark("limit: \(note)") }
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
      guard let adam, let depth = rows[index].largestDepth else { continue }
      // Above the largest depth that can be asked for, the difference is unknown.
      if max(adam, depth) < Configuration.Limits.depth { rows[index].blocksMore = depth - adam }
    }
    self.rows = rows
  }
}

extension Optimizer {
  /// Bytes of state divided by bytes of parameters, as stated in the paper.
  ///
  /// Source: arXiv 2106.04560 section 3.4.
  var publishedRatio: Double? {
    switch self {
    case .sgd, .sgdMomentum: nil
    case .adam: 2
    case .adamHalf: 1.5
    case .adafactor: 0.5
    }
  }
}
