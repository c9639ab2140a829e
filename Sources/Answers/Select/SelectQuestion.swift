import Catalog
import Selection
import VisionTransformer

/// A question about which shape of a grid to train: the rule, the constraints and the training run, as given.
package struct SelectQuestion: Sendable {
  /// Selection rules by name.
  package enum Rule: String, Sendable, Hashable, CaseIterable {
    /// All dimensions grow together, up to the limit of what fits.
    case together
    /// Dimensions grow by SoViT's exponents, up to the limit of a compute budget.
    case computeOptimal = "compute-optimal"
    /// The most images a second with at least a given number of parameters.
    case fastest
    /// The most parameters.
    case largest

    /// The shape at which the rule's ray begins by default; nil for rules without a ray.
    ///
    /// Source: ViT-H/14 is the largest shape of the original paper (arXiv 2010.11929, Table 1) and has the patch of
    /// Figure 8; SoViT-400m/14 is what arXiv 2305.13035 found compute-optimal.
    package var base: String? {
      switch self {
      case .together: "ViT-H/14"
      case .computeOptimal: "ViT-So400m/14"
      case .fastest, .largest: nil
      }
    }
  }

  package var grid: GridQuestion
  package var rule: Rule
  /// Name of the shape at which the ray begins; nil for the rule's default.
  package var base: String?
  /// The bound of each constraint.
  package var bounds: [SelectionConstraint: Double]
  package var budget: BudgetQuestion
  /// Most shapes for each setting.
  package var limit: Int

  /// A question.
  package init(
    grid: GridQuestion, rule: Rule, base: String?, bounds: [SelectionConstraint: Double], budget: BudgetQuestion,
    limit: Int
  ) {
    self.grid = grid
    self.rule = rule
    self.base = base
    self.bounds = bounds
    self.budget = budget
    self.limit = limit
  }

  /// The training run; nil if none was given. A contradictory run, and one that lacks its budget, is refused.
  ///
  /// - Throws: `AnswerError` that names the option and the rule.
  func checkedRun() throws(AnswerError) -> TrainingRun? {
    let run = try budget.run()
    if let least = bounds[.minParameters], let most = bounds[.maxParameters], least > most {
      throw AnswerError(.invalid, "--min-parameters is above --max-parameters: nothing could ever lie between")
    }
    for (constraint, option) in [
      (SelectionConstraint.maxDeviceDays, "--max-core-days"), (.maxTrainingFLOPs, "--max-training-flops"),
    ]
    where bounds[constraint] != nil && run == nil {
      throw AnswerError(.invalid, "\(option) needs a training run: --examples 3e9, or --epochs and --dataset-size")
    }
    switch rule {
    case .computeOptimal:
      guard [.maxFLOPsPerImage, .maxTrainingFLOPs, .maxDeviceDays].contains(where: { bounds[$0] != nil }) else {
        throw AnswerError(
          .invalid,
          "the rule compute-optimal needs a budget: --max-core-days or --max-training-flops with --examples, or "
            + "--max-flops-per-image")
      }
    case .fastest:
      guard bounds[.minParameters] != nil else {
        throw AnswerError(.invalid, "the fastest shape of all is the smallest: give the rule fastest --min-parameters")
      }
    case .together, .largest: break
    }
    if base != nil, rule.base == nil {
      throw AnswerError(.invalid, "--base is where a ray begins: the rule \(rule.rawValue) has none")
    }
    return run
  }

  /// The rule for a grid.
  ///
  /// - Throws: `AnswerError` for an unknown base.
  func selectionRule(_ grid: Grid, _ context: AnswerContext) throws -> SelectionRule {
    switch rule {
    case .fastest: return .fastest
    case .largest: return .largest
    case .together, .computeOptimal:
      let name = baseName
      let shape: Shape
      do { shape = try context.catalog.reading(ofShape: name).shape } catch { throw AnswerError(error) }
      if rule == .computeOptimal { return .alongRay(.computeOptimal(from: shape)) }
      return .alongRay(.together(from: shape, variesPatch: grid.axes.patch.fixedValues.count > 1))
    }
  }

  /// Name of the shape at which the ray begins; empty for rules without one.
  var baseName: String { base ?? rule.base ?? "" }
}
