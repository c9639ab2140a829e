/// Answers that come in any order, handed on in the order of their questions.
package struct InOrder<Answer> {
  private var waiting: [Int: Answer] = [:]
  private var next = 0

  /// None yet.
  package init() {}

  /// Takes in the answer to a question by its number, and hands on all that are next.
  package mutating func insert(_ answer: Answer, at index: Int, _ hand: (Int, Answer) throws -> Void) rethrows {
    waiting[index] = answer
    while let answer = waiting.removeValue(forKey: next) {
      next += 1
      try hand(next - 1, answer)
    }
  }

  /// Hands on what is left, over the gaps of questions that have no answer.
  package mutating func handOnTheRest(_ hand: (Int, Answer) throws -> Void) rethrows {
    let rest = waiting.sorted { $0.key < $1.key }
    waiting = [:]
    for (index, answer) in rest {
      next = index + 1
      try hand(index, answer)
    }
  }
}
