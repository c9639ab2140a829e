import Catalog
import Measurement
import Reporting
import VisionTransformer

/// Measures many questions, one after another.
package struct MeasureLines {
  private let context: AnswerContext
  private let session: TrialSession

  /// - Parameter session: runs them.
  package init(context: AnswerContext, session: TrialSession) {
    self.context = context
    self.session = session
  }

  /// Measures every question of `path`; one that cannot be answered, or whose trial failed, gets an error in its
  /// position.
  ///
  /// - Throws: `AnswerError`: bad data if a question could not be answered, failure if a trial failed, after all others
  ///   are answered; interrupted.
  package func answer(_ path: String, to reader: inout some LineTaking<StepResult>) throws {
    let (tally, stored) = try session.closeWithStore {
      try answer(QuestionReader(path: path, stop: context.stop), &reader)
    }
    if let stored { context.remark(stored) }
    try tally.check("trials")
  }

  private func answer(
    _ questions: consuming QuestionReader, _ reader: inout some LineTaking<StepResult>
  ) throws -> LinesTally {
    var tally = LinesTally()
    while let question = try questions.next(beforeWaiting: { try reader.flush() }) {
      let answer: TrialSession.Answer
      var unstored: TrialSession.Unstored?
      do {
        answer = try session.answer(configuration(question))
      } catch let error as ConfigurationError {
        tally.refused += 1
        try reader.take(.failure(LineError(line: question.line, item: question.item, error)))
        continue
      } catch let error as TrialSession.Unstored {
        // It was measured, so the reader gets the answer even though it could not be stored.
        answer = error.answer
        unstored = error
      }
      switch answer {
      case .evidence(let result, _, _):
        try reader.take(.success(result))
        tally.answered += 1
      case .failed(let failure, _):
        try reader.take(.failure(LineError(line: question.line, item: question.item, rule: failure.explanation)))
        tally.failed += 1
        if failure.mayPass { tally.mayPass += 1 }
      }
      if let unstored { throw unstored }
    }
    tally.unit = questions.unit
    if context.stop.isRequested() { throw TrialSession.Interrupted() }
    return tally
  }

  private func configuration(_ question: Question) throws(ConfigurationError) -> Configuration {
    let value = try ConfigurationReader(directory: context.catalog).value(of: question)
    return try Configuration(measuring: value, catalog: context.catalog, understood: context.remarkOnce)
  }
}
