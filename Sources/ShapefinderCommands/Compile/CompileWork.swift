import Compilation
import Evidence
import EvidenceStore
import Reporting
import VisionTransformer

/// What a thread that asks a compiler tells the one that stores and shows.
enum CompileEvent: Sendable {
  /// A question is looked up or compiled.
  case begun(Int, CompileQuestion, CompileMode)
  /// Its compile says something.
  case heard(Int, CompileProgress)
  /// It is answered.
  case answered(Int, CompileAsker.Asked)
}

extension CompileSession {
  /// Asks `questions`, some at once, and hands on each answer as it comes, with how the compile went in `display`.
  ///
  /// - Parameter take: takes the answer to a question by its number: of a configuration that cannot be compiled, the error.
  /// - Throws: what `take` throws, and as `take(_:)` but for `ConfigurationError`.
  func ask(
    _ questions: [CompileQuestion], mode: CompileMode, jobs: Int, display: inout CompileDisplay,
    map: (Terminal) -> String = { _ in "" },
    _ take: (Int, Result<Answer, ConfigurationError>, inout CompileDisplay) throws -> Void
  ) throws {
    let asker = asker
    for (index, question) in questions.enumerated() {
      display.expect(index, weight: CompileClock.weight(question, mode: mode), mode: mode)
    }
    defer { display.clear() }
    try JobTeam<CompileEvent>(size: jobs).run(
      questions.count,
      work: { index, post in
        post(.begun(index, questions[index], mode))
        post(.answered(index, asker.ask(questions[index], mode: mode) { post(.heard(index, $0)) }))
      },
      tick: { display.tick(map) }, cancel: { cancel() }
    ) { event in
      guard case .answered(let index, let asked) = event else { return display.take(event) }
      let (answer, unstored) = try answer(asked, &display, index)
      try take(index, answer, &display)
      if let unstored { throw unstored }
    }
  }

  /// What came of a question, and why the store did not take it.
  func answer(
    _ asked: CompileAsker.Asked, _ display: inout CompileDisplay, _ index: Int
  ) throws -> (Result<Answer, ConfigurationError>, Unstored?) {
    var seconds: Double?
    defer { display.finish(index, seconds: seconds) }
    do {
      let answer = try take(asked)
      if case .evidence(let evidence, isNew: true) = answer { seconds = evidence.report.seconds.value }
      return (.success(answer), nil)
    } catch let error as ConfigurationError {
      return (.failure(error), nil)
    } catch let error as Unstored {
      return (.success(error.answer), error)
    }
  }
}

extension CompileDisplay {
  /// Takes in what is no answer.
  mutating func take(_ event: CompileEvent) {
    switch event {
    case .begun(let index, let question, let mode):
      begin(index, question.title, weight: CompileClock.weight(question, mode: mode), mode: mode)
    case .heard(let index, let progress): hear(index, progress)
    case .answered: return
    }
  }
}
