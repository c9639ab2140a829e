import Catalog
import Reporting
import VisionTransformer

/// A training run whose cost is calculated for every answer that has a step time.
package struct TrainingPlan: Sendable {
  private let question: BudgetQuestion
  private let wholeRuns: CheckReport.WholeRuns

  /// The plan of a question; nil if it asks for no run.
  ///
  /// - Throws: `AnswerError` that names the key and the rule.
  package init?(_ question: BudgetQuestion) throws {
    guard try question.run() != nil else { return nil }
    self.question = question
    // The published runs use the bundled devices and shapes, even if the user's catalog overrides them.
    let efficiency = try RunEfficiency(Catalog.bundled())
    wholeRuns = CheckReport.WholeRuns(
      efficiency: efficiency.value, testError: efficiency.testError, fittedOn: efficiency.fittedOn,
      testedOn: efficiency.testedOn)
  }

  /// Checks that the run is possible on a device.
  ///
  /// - Throws: `AnswerError` if chips are given for a device that has none.
  package func check(_ device: Device) throws(AnswerError) { _ = try question.run(on: device) }

  /// The time that published runs took apart from their steps; nil for a host, for which none are published.
  package func wholeRuns(on device: Device) -> CheckReport.WholeRuns? { device.isHost ? nil : wholeRuns }

  /// The cost of the run for each kind of evidence; nil on a device that it is not possible on.
  package func training(_ result: StepResult, compiled: StepResult?, on device: Device) -> CheckReport.Training? {
    guard let run = try? question.run(on: device), let title = question.words else { return nil }
    return CheckReport.Training(
      title: title, run: run, estimated: cost(result, on: device), compiled: compiled.flatMap { cost($0, on: device) },
      wholeRuns: wholeRuns(on: device), epochs: question.epochs)
  }

  /// The cost of the run with the step time of one kind of evidence; nil if that has no time.
  package func cost(_ result: StepResult, on device: Device) -> TrainingCost? {
    guard let run = try? question.run(on: device), let step = result.stepSeconds else { return nil }
    return run.cost(on: device, batch: result.configuration.batch, step: step)
  }
}
