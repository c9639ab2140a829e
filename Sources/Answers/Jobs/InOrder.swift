/// Answers that arrive in any order, passed on in the order of their questions.
package struct InOrder<Answer> {
  private var waiting: [Int: Answer] = [:]
  private var next = 0

  /// None yet.
  package init() {}

  /// Adds the answer to a question by its index, and passes on all that are next in order.
  package mutating func insert(_ answer: Answer, at index: Int, _ hand: (Int, Answer) throws -> Void) rethrows {
    waiting[index] = answer
    while let answer = waiting.removeValue(forKey: next) {
      next += 1
      try hand(next - 1, answer)
    }
  }

  /// Passes on the remaining answers, skipping questions without one.
  package mutating func handOnTheRest(_ hand: (Int, Answer) throws -> Void) rethrows {
    let rest = waiting.sorted { $0.key < $1.key }
    waiting = [:]
    for (index, answer) in rest {
      next = index + 1
      try hand(index, answer)
    }
  }
}
