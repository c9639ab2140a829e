import Catalog
import Estimation
import EvidenceStore
import Reporting
import VisionTransformer

/// Estimates for many questions, in their order, in constant memory.
package struct CheckLines {
  private let context: AnswerContext
  private let recorder: Recorder?
  private let known: KnownCompiles

  /// - Parameters:
  ///   - recorder: stores the answers; nil where nothing is to be kept.
  ///   - known: what compilers said, to stand beside the answers.
  package init(context: AnswerContext, recorder: Recorder?, known: KnownCompiles) {
    self.context = context
    self.recorder = recorder
    self.known = known
  }

  /// Answers every question of `path`; one that cannot be answered gives an error in its place.
  ///
  /// - Throws: `AnswerError`: bad data where a question could not be answered, after all others have been; interrupted.
  package func answer(_ path: String, to reader: inout some LineTaking<CheckReport.Input>) throws {
    let tally: LinesTally
    do {
      tally = try answer(QuestionReader(path: path, stop: context.stop), &reader)
    } catch {
      try? recorder?.finish(.failed)
      throw error
    }
    try recorder?.finish(context.stop.isRequested() ? .interrupted : .finished)
    if context.stop.isRequested() {
      let were = tally.answered == 1 ? "configuration was" : "configurations were"
      let kept = recorder == nil ? "answered" : "answered and stored"
      throw AnswerError(.interrupted, "interrupted: \(grouped(tally.answered)) \(were) \(kept)")
    }
    try tally.check("estimates")
  }

  private func answer(
    _ questions: consuming QuestionReader, _ reader: inout some LineTaking<CheckReport.Input>
  ) throws -> LinesTally {
    var estimators = Estimators(context.catalog)
    let configurations = ConfigurationReader(directory: context.catalog, understood: context.remarkOnce)
    var tally = LinesTally()
    while !context.stop.isRequested(), let question = try questions.next(beforeWaiting: { try reader.flush() }) {
      let input: CheckReport.Input
      do throws(ConfigurationError) {
        let configuration = try configurations.configuration(question)
        let estimator = try estimators.estimator(for: configuration), estimate = estimator.estimate(configuration)
        input = CheckReport.Input(
          estimate, result: estimator.result(estimate, for: configuration), device: nil, compiled: known[configuration])
      } catch {
        tally.refused += 1
        try reader.take(.failure(LineError(line: question.line, item: question.item, error)))
        continue
      }
      try recorder?.record(input.result)
      try reader.take(.success(input))
      tally.answered += 1
    }
    tally.unit = questions.unit
    return tally
  }
}
