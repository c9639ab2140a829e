import Catalog
import Evidence
import Reporting
import VisionTransformer

/// Compiles many questions, some in parallel.
package struct CompileLines {
  private let context: AnswerContext
  private let session: CompileSession
  private let mode: CompileMode
  private let jobs: Int

  /// - Parameters:
  ///   - session: asks the compiler.
  ///   - jobs: number of parallel compiles. With one, a client gets each answer before it sends the next question.
  package init(context: AnswerContext, session: CompileSession, mode: CompileMode, jobs: Int) {
    self.context = context
    self.session = session
    self.mode = mode
    self.jobs = jobs
  }

  /// A question's position, and the question or its error.
  private typealias Asked = (place: Question, question: Result<CompileQuestion, ConfigurationError>)

  /// Compiles every question of `path`; one that cannot be answered, or whose compile failed, gets an error in its
  /// position.
  ///
  /// - Parameter observer: makes the observer of a number of compiles.
  /// - Throws: `AnswerError`: bad data if a question could not be answered, failure if a compile failed, after all
  ///   others are answered; interrupted.
  package func answer<Observer: CompileObserver>(
    _ path: String, to reader: inout some LineTaking<StepResult>, observer: (Int) -> Observer,
    concluded: (inout Observer) -> Void
  ) throws {
    let (tally, stored) = try session.closeWithStore {
      try answerAll(QuestionReader(path: path, stop: context.stop), &reader, observer, concluded)
    }
    if let stored { context.remark(stored) }
    try tally.check("compiles")
  }

  private func answerAll<Observer: CompileObserver>(
    _ questions: consuming QuestionReader, _ reader: inout some LineTaking<StepResult>, _ observer: (Int) -> Observer,
    _ concluded: (inout Observer) -> Void
  ) throws -> LinesTally {
    var tally = LinesTally(), together: [Asked] = []
    while var question = try questions.next(beforeWaiting: { try reader.flush() }) {
      let asked = asked(question)
      // The text is no longer needed.
      question.text = []
      together.append((question, asked))
      if jobs == 1 {
        try answerTogether(together, &reader, &tally, observer, concluded)
        together = []
      }
    }
    try answerTogether(together, &reader, &tally, observer, concluded)
    tally.unit = questions.unit
    if context.stop.isRequested() { throw SessionRun.Interrupted() }
    return tally
  }

  /// Asks a batch of questions together, and passes the answers on in order.
  private func answerTogether<Observer: CompileObserver>(
    _ together: [Asked], _ reader: inout some LineTaking<StepResult>, _ tally: inout LinesTally,
    _ observer: (Int) -> Observer, _ concluded: (inout Observer) -> Void
  ) throws {
    var places: [Int] = [], questions: [CompileQuestion] = [], answers = InOrder<CompileAnswer.Outcome>()
    for (place, asked) in together.enumerated() {
      switch asked.question {
      case .success(let question):
        places.append(place)
        questions.append(question)
      case .failure(let error):
        try answers.insert(.refused(error), at: place) { try write($1, to: together[$0].place, &reader, &tally) }
      }
    }
    var watching = observer(questions.count)
    do {
      try session.ask(questions, mode: mode, jobs: jobs, observer: &watching) { index, answer, observer in
        concluded(&observer)
        if answer.mayPass { tally.mayPass += 1 }
        try answers.insert(answer.outcome, at: places[index]) {
          try write($1, to: together[$0].place, &reader, &tally)
        }
      }
    } catch {
      // Answers are written even after an error; a question without one gets no line.
      try answers.handOnTheRest { try write($1, to: together[$0].place, &reader, &tally) }
      throw error
    }
  }

  private func write(
    _ outcome: CompileAnswer.Outcome, to place: Question, _ reader: inout some LineTaking<StepResult>,
    _ tally: inout LinesTally
  ) throws {
    switch outcome {
    case .evidence(let evidence):
      guard let result = evidence.result else { return }
      try reader.take(.success(result))
      tally.answered += 1
    case .failed(let reason):
      try reader.take(.failure(LineError(line: place.line, item: place.item, rule: reason)))
      tally.failed += 1
    case .refused(let error):
      try reader.take(.failure(LineError(line: place.line, item: place.item, error)))
      tally.refused += 1
    }
  }

  private func asked(_ question: Question) -> Result<CompileQuestion, ConfigurationError> {
    do throws(ConfigurationError) {
      let configuration = try ConfigurationReader(directory: context.catalog, understood: context.remarkOnce)
        .configuration(question)
      return .success(try CompileQuestion(configuration, context.catalog))
    } catch {
      return .failure(error)
    }
  }
}
