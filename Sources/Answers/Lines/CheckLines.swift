import Catalog
import Estimation
import EvidenceStore
import Reporting
import VisionTransformer

/// Estimates for many questions, in order and in constant memory.
package struct CheckLines {
  private let context: AnswerContext
  private let recorder: Recorder?
  private let known: KnownCompiles

  /// - Parameters:
  ///   - recorder: stores the answers; nil to store nothing.
  ///   - known: compilers' answers, to show beside the estimates.
  package init(context: AnswerContext, recorder: Recorder?, known: KnownCompiles) {
    self.context = context
    self.recorder = recorder
    self.known = known
  }

  /// Answers every question of `path`; one that cannot be answered gets an error in its position.
  ///
  /// - Throws: `AnswerError`: bad data if a question could not be answered, after all others were; interrupted.
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
    var line = CheckLine(context, known: known)
    var tally = LinesTally()
    while !context.stop.isRequested(), let question = try questions.next(beforeWaiting: { try reader.flush() }) {
      let answer = line.answer(question)
      switch answer {
      case .success(let input):
        try recorder?.record(input.result)
        tally.answered += 1
      case .failure: tally.refused += 1
      }
      try reader.take(answer)
    }
    tally.unit = questions.unit
    return tally
  }
}

/// Estimates for one question after another; what they share is built once.
package struct CheckLine: Sendable {
  private let configurations: ConfigurationReader
  private let known: KnownCompiles
  private var estimators: Estimators

  /// - Parameter known: compilers' answers, to show beside the estimates.
  package init(_ context: AnswerContext, known: KnownCompiles) {
    self.known = known
    estimators = Estimators(context.catalog)
    configurations = ConfigurationReader(directory: context.catalog, understood: context.remarkOnce)
  }

  /// The answer to a question, or its error.
  package mutating func answer(_ question: Question) -> Result<CheckReport.Input, LineError> {
    do throws(ConfigurationError) {
      let configuration = try configurations.configuration(question)
      let estimator = try estimators.estimator(for: configuration), estimate = estimator.estimate(configuration)
      return .success(
        CheckReport.Input(
          estimate, result: estimator.result(estimate, for: configuration), device: nil, compiled: known[configuration])
      )
    } catch {
      return .failure(LineError(line: question.line, item: question.item, error))
    }
  }
}
