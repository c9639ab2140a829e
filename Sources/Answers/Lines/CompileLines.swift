import Catalog
import Evidence
import Reporting
import VisionTransformer

/// Compiles for many questions, some side by side.
package struct CompileLines {
  private let context: AnswerContext
  private let session: CompileSession
  private let mode: CompileMode
  private let jobs: Int

  /// - Parameters:
  ///   - session: asks the compiler.
  ///   - jobs: how many compiles run at once. One by one, whoever waits for an answer before asking on gets it.
  package init(context: AnswerContext, session: CompileSession, mode: CompileMode, jobs: Int) {
    self.context = context
    self.session = session
    self.mode = mode
    self.jobs = jobs
  }

  /// Where a question stands, and what it is, or what is wrong with it.
  private typealias Asked = (place: Question, question: Result<CompileQuestion, ConfigurationError>)

  /// Compiles every question of `path`; one that cannot be answered, and a compile that failed, gives an error in its place.
  ///
  /// - Parameter observer: makes who sees how so many compiles go.
  /// - Throws: `AnswerError`: bad data where a question could not be answered, failure where a compile failed, after all others
  ///   are answered; interrupted.
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
      // Its text has been read.
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

  /// Asks what is asked together, and hands on the answers in the order of their questions.
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
        try answers.insert(answer.outcome, at: places[index]) {
          try write($1, to: together[$0].place, &reader, &tally)
        }
      }
    } catch {
      // What was answered is written, whatever ended it; what has no answer has no line.
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
