import Answers
import Catalog
import Evidence
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

/// `compile --configurations`: one answer a question, in order.
struct CompileLines {
  let context: AnswerContext
  let session: CompileSession
  let options: CompileOptions

  /// How the lines came out.
  private struct Tally {
    var answered = 0
    var refused = 0
    var failed = 0
    var unit = ""
    var all: Int { answered + refused + failed }
  }

  /// Where a question stands, and what it is, or what is wrong with it.
  private typealias Asked = (place: Question, question: Result<CompileQuestion, ConfigurationError>)

  /// Compiles every question of `path`; one that cannot be answered, and a compile that failed, gives an error in its place.
  ///
  /// - Throws: `CommandError`: bad data where a question could not be answered, failure where a compile failed, after all others are
  ///   answered.
  func answer(_ path: String, _ output: OutputOptions) throws {
    let (tally, stored) = try session.closeWithStore {
      try answer(QuestionReader(path: path, stop: context.stop), output)
    }
    if let stored { context.remark(stored) }
    if tally.refused > 0 {
      throw CommandError.badData(failures(tally.refused, of: tally.all, tally.unit))
    }
    if tally.failed > 0 {
      throw CommandError(
        status: .failure,
        message: failures(tally.failed, of: tally.all, "compiles"))
    }
  }

  private func answer(_ questions: consuming QuestionReader, _ output: OutputOptions) throws -> Tally {
    var writer = RowWriter(
      .results, format: output.given ?? .ndjson, to: FileDescriptorSink.standardOutput, terminal: output.terminal,
      expectsErrors: true, flushesEachRow: true)
    var tally = Tally(), together: [Asked] = []
    let jobs = options.jobs ?? 1
    try writer.begin()
    // One by one, whoever waits for an answer before asking on gets it.
    while var question = try questions.next(beforeWaiting: { try writer.flush() }) {
      let asked = asked(question)
      // Its text has been read.
      question.text = []
      together.append((question, asked))
      if jobs == 1 {
        try answer(together, jobs, &writer, &tally)
        together = []
      }
    }
    try answer(together, jobs, &writer, &tally)
    try writer.end()
    tally.unit = questions.unit
    if context.stop.isRequested() { throw SessionRun.Interrupted() }
    return tally
  }

  /// Asks what is asked together, and writes the answers in the order of their questions.
  private func answer(
    _ together: [Asked], _ jobs: Int, _ writer: inout ResultWriter, _ tally: inout Tally
  ) throws {
    var places: [Int] = [], questions: [CompileQuestion] = [], answers = InOrder<CompileAnswer.Outcome>()
    for (place, asked) in together.enumerated() {
      switch asked.question {
      case .success(let question):
        places.append(place)
        questions.append(question)
      case .failure(let error):
        try answers.insert(.refused(error), at: place) { try write($1, to: together[$0].place, &writer, &tally) }
      }
    }
    var display = CompileDisplay(total: questions.count, jobs: jobs)
    do {
      try session.ask(questions, mode: options.mode, jobs: jobs, observer: &display) {
        index, answer, display in
        display.conclude(nil)
        display.clear()
        try answers.insert(answer.outcome, at: places[index]) {
          try write($1, to: together[$0].place, &writer, &tally)
        }
      }
    } catch {
      // What was answered is written, whatever ended it; what has no answer has no line.
      try answers.handOnTheRest { try write($1, to: together[$0].place, &writer, &tally) }
      try writer.end()
      throw error
    }
  }

  private func write(
    _ outcome: CompileAnswer.Outcome, to place: Question, _ writer: inout ResultWriter, _ tally: inout Tally
  ) throws {
    switch outcome {
    case .evidence(let evidence):
      guard let result = evidence.result else { return }
      try writer.append(result)
      tally.answered += 1
    case .failed(let reason):
      try writer.append(LineError(line: place.line, item: place.item, rule: reason))
      tally.failed += 1
    case .refused(let error):
      try writer.append(LineError(line: place.line, item: place.item, error))
      tally.refused += 1
    }
  }

  private func asked(_ question: Question) -> Result<CompileQuestion, ConfigurationError> {
    do throws(ConfigurationError) {
      let configuration = try ConfigurationReader(directory: context.catalog, understood: remarkOnce).configuration(
        question)
      return .success(try CompileQuestion(configuration, context.catalog))
    } catch {
      return .failure(error)
    }
  }
}
