import Catalog
import Measurement
import Reporting
import VisionTransformer

/// Trials for many questions, one after the other.
package struct MeasureLines {
  private let context: AnswerContext
  private let session: TrialSession

  /// - Parameter session: runs them.
  package init(context: AnswerContext, session: TrialSession) {
    self.context = context
    self.session = session
  }

  /// Measures every question of `path`; one that cannot be answered, and a trial that failed, gives an error in its place.
  ///
  /// - Throws: `AnswerError`: bad data where a question could not be answered, failure where a trial failed, after all others
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
        // It has been measured: whoever reads gets it, whatever the store says.
        answer = error.answer
        unstored = error
      }
      switch answer {
      case .evidence(let result, _, _):
        try reader.take(.success(result))
        tally.answered += 1
      case .failed(let reason, _):
        try reader.take(.failure(LineError(line: question.line, item: question.item, rule: reason)))
        tally.failed += 1
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
