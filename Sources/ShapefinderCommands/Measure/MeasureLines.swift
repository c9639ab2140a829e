import Answers
import Catalog
import Foundation
import Measurement
import Reporting
import VisionTransformer

/// `measure --configurations`: one answer a question, in order.
struct MeasureLines {
  let context: AnswerContext
  let session: TrialSession

  /// How the lines came out.
  private struct Tally {
    var answered = 0
    var refused = 0
    var unit = ""
    var failed = 0
  }

  /// Measures every line of `path`; a line that cannot be answered, and a trial that failed, gives an error in its place.
  ///
  /// - Throws: `CommandError`: bad data where a line could not be answered, failure where a trial failed, after all others are
  ///   answered.
  func answer(_ path: String, _ output: OutputOptions) throws {
    let (tally, stored) = try session.closeWithStore {
      try answer(QuestionReader(path: path, stop: context.stop), output)
    }
    if let stored { context.remark(stored) }
    let all = tally.answered + tally.refused + tally.failed
    if tally.refused > 0 {
      throw CommandError.badData(failures(tally.refused, of: all, tally.unit))
    }
    if tally.failed > 0 {
      throw CommandError(
        status: .failure,
        message: failures(tally.failed, of: all, "trials"))
    }
  }

  private func answer(_ questions: consuming QuestionReader, _ output: OutputOptions) throws -> Tally {
    var writer = RowWriter(
      .results, format: output.given ?? .ndjson, to: FileDescriptorSink.standardOutput, terminal: output.terminal,
      expectsErrors: true, flushesEachRow: true)
    var tally = Tally()
    try writer.begin()
    while let question = try questions.next(beforeWaiting: { try writer.flush() }) {
      let answer: TrialSession.Answer
      var unstored: TrialSession.Unstored?
      do {
        let configuration = try configuration(question)
        if let known = try session.known(configuration) {
          try session.confirm(known)
          answer = known
        } else {
          answer = try session.measure(configuration)
        }
      } catch let error as ConfigurationError {
        tally.refused += 1
        try writer.append(LineError(line: question.line, item: question.item, error))
        continue
      } catch let error as TrialSession.Unstored {
        // It has been measured: whoever reads gets it, whatever the store says.
        answer = error.answer
        unstored = error
      } catch is TrialSession.Interrupted {
        try writer.end()
        throw TrialSession.Interrupted()
      }
      switch answer {
      case .evidence(let result, _, _):
        try writer.append(result)
        tally.answered += 1
      case .failed(let reason, _):
        try writer.append(LineError(line: question.line, item: question.item, rule: reason))
        tally.failed += 1
      }
      if let unstored {
        try writer.end()
        throw unstored
      }
    }
    try writer.end()
    tally.unit = questions.unit
    if context.stop.isRequested() { throw TrialSession.Interrupted() }
    return tally
  }

  private func configuration(_ question: Question) throws(ConfigurationError) -> Configuration {
    let value = try ConfigurationReader(directory: context.catalog).value(of: question)
    return try Configuration(measuring: value, catalog: context.catalog, understood: remarkOnce)
  }
}
