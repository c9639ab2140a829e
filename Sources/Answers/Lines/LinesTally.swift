import Reporting
import VisionTransformer

/// How the answers to many questions came out.
package struct LinesTally: Sendable, Hashable {
  /// Questions with an answer.
  package internal(set) var answered = 0
  /// Questions that break a rule.
  package internal(set) var refused = 0
  /// Questions whose compile or trial failed.
  package internal(set) var failed = 0
  /// What the questions are called: lines, where every one of them is one.
  var unit = ""

  private var count: Int { answered + refused + failed }

  /// Why they do not all have an answer, once all others are given: bad data where some break a rule, a failure where
  /// what `work` names failed.
  func check(_ work: String) throws(AnswerError) {
    if refused > 0 { throw AnswerError(.badData, failures(refused, unit)) }
    if failed > 0 { throw AnswerError(.failure, failures(failed, work)) }
  }

  /// `3 of 9 lines failed; see the errors at their places in the output`.
  private func failures(_ failures: Int, _ things: String) -> String {
    "\(grouped(failures)) of \(grouped(count)) \(things) failed; see "
      + (failures == 1 ? "the error at its place in the output" : "the errors at their places in the output")
  }
}

/// Whoever gets the answers to many questions, in the order of the questions.
package protocol LineTaking<Answer> {
  associatedtype Answer
  /// Takes what came of the next question.
  mutating func take(_ answer: Result<Answer, LineError>) throws
  /// Called before the next question is waited for: whoever waits for an answer before asking on is to get it.
  mutating func flush() throws
}
