import Reporting
import VisionTransformer

/// Counts of the outcomes of many questions.
package struct LinesTally: Sendable, Hashable {
  /// Questions with an answer.
  package internal(set) var answered = 0
  /// Questions that break a rule.
  package internal(set) var refused = 0
  /// Questions whose compile or trial failed.
  package internal(set) var failed = 0
  /// How many of them the machine failed, so that the same again may succeed.
  package internal(set) var mayPass = 0
  /// What the questions are called: "lines" if every one of them is a line.
  var unit = ""

  private var count: Int { answered + refused + failed }

  /// Throws the outcome after all other answers are given: bad data if some questions break a rule, a failure if the
  /// work named `work` failed for some.
  func check(_ work: String) throws(AnswerError) {
    if refused > 0 { throw AnswerError(.badData, failures(refused, unit)) }
    if failed > 0 { throw AnswerError(mayPass > 0 ? .tryAgain : .failure, failures(failed, work)) }
  }

  /// `3 of 9 lines failed; see the errors at their places in the output`.
  private func failures(_ failures: Int, _ things: String) -> String {
    "\(grouped(failures)) of \(grouped(count)) \(things) failed; see "
      + (failures == 1 ? "the error at its place in the output" : "the errors at their places in the output")
  }
}

/// Receives the answers to many questions, in order.
package protocol LineTaking<Answer> {
  associatedtype Answer
  /// Receives the outcome of the next question.
  mutating func take(_ answer: Result<Answer, LineError>) throws
  /// Called before waiting for the next question: a client that waits for an answer before it sends one must get it.
  mutating func flush() throws
}
