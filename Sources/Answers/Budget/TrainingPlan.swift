import Catalog
import Reporting
import VisionTransformer

/// A training run that is held against every answer that has the time of a step.
package struct TrainingPlan: Sendable {
  private let question: BudgetQuestion
  private let wholeRuns: CheckReport.WholeRuns

  /// The plan of a question; nil where it asks for no run.
  ///
  /// - Throws: `AnswerError` that names the key and the rule.
  package init?(_ question: BudgetQuestion) throws {
    guard try question.run() != nil else { return nil }
    self.question = question
    // Published runs are of this program's own devices and shapes, whatever catalog lies over them.
    let efficiency = try RunEfficiency(Catalog.bundled())
    wholeRuns = CheckReport.WholeRuns(
      efficiency: efficiency.value, testError: efficiency.testError, fittedOn: efficiency.fittedOn,
      testedOn: efficiency.testedOn)
  }

  /// Whether it can be held against a device.
  ///
  /// - Throws: `AnswerError` for chips of a device that has none.
  package func check(_ device: Device) throws(AnswerError) { _ = try question.run(on: device) }

  /// What the run takes, by each kind of evidence; nil on a device that it cannot be held against.
  package func training(_ result: StepResult, compiled: StepResult?, on device: Device) -> CheckReport.Training? {
    guard let run = try? question.run(on: device), let title = question.words else { return nil }
    return CheckReport.Training(
      title: title, run: run, estimated: cost(result, on: device), compiled: compiled.flatMap { cost($0, on: device) },
      wholeRuns: device.isHost ? nil : wholeRuns)
  }

  /// What the run takes by the step of one kind of evidence; nil where that has no time.
  package func cost(_ result: StepResult, on device: Device) -> TrainingCost? {
    guard let run = try? question.run(on: device), let step = result.stepSeconds else { return nil }
    return run.cost(on: device, batch: result.configuration.batch, step: step)
  }
}
