import Evidence
import Reporting
import VisionTransformer

extension CompiledReport {
  /// The answer to a question, beside the estimate for the same configuration.
  package init(_ answer: CompileAnswer, _ estimates: inout Estimators) {
    self.init(answer, device: answer.evidence.flatMap { estimates.device(named: $0.device) })
    guard let configuration = answer.evidence?.result?.configuration,
      let estimator = try? estimates.estimator(for: configuration)
    else { return }
    let estimate = estimator.estimate(configuration), result = estimator.result(estimate, for: configuration)
    self.estimate = result
    estimatedRematerialization =
      CheckReport.Input(estimate, result: result, device: estimator.device).rematerialization
  }
}
