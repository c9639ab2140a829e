import Answers
import Catalog
import Evidence
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

/// `compile --configurations`: one answer a line, in order.
struct CompileLines {
  let context: AnswerContext
  let session: CompileSession
  let options: CompileOptions

  /// How the lines came out.
  private struct Tally {
    var answered = 0
    var refused = 0
    var failed = 0
    var all: Int { answered + refused + failed }
  }

  /// Lines that are asked together, and how far their answers are written.
  private struct Batch {
    /// A question, or what is wrong with the line.
    var lines: [(number: Int, question: Result<CompileQuestion, ConfigurationError>)] = []
    var answers: [Int: CompileAnswer] = [:]
    var written = 0
  }

  /// Compiles every line of `path`; a line that cannot be answered, and a compile that failed, gives an error in its place.
  ///
  /// - Throws: `CommandError`: bad data where a line could not be answered, failure where a compile failed, after all others are
  ///   answered.
  func answer(_ path: String, _ output: OutputOptions) throws {
    let (tally, stored) = try session.closeWithStore {
      try answer(LineReader(path: path, longestLine: LooseValue.longestJSON + 1), output)
    }
    if let stored { context.remark(stored) }
    if tally.refused > 0 {
      throw CommandError.badData(
        "\(grouped(tally.refused)) of \(grouped(tally.all)) lines could not be answered; each says why in its place")
    }
    if tally.failed > 0 {
      throw CommandError(
        status: .failure,
        message: "\(grouped(tally.failed)) of \(grouped(tally.all)) compiles failed; each says why in its place")
    }
  }

  private func answer(_ lines: consuming LineReader, _ output: OutputOptions) throws -> Tally {
    var writer = RowWriter(
      .results, format: output.given ?? .ndjson, to: FileDescriptorSink.standardOutput, terminal: output.terminal,
      expectsErrors: true, flushesEachRow: true)
    var tally = Tally(), batch = Batch()
    let jobs = options.jobs ?? 1
    try writer.begin()
    // One by one, whoever waits for an answer before asking on gets it.
    while let line = try lines.next(beforeWaiting: { try writer.flush() }) {
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      batch.lines.append((lines.line, question(line)))
      if jobs == 1 {
        try answer(&batch, jobs, &writer, &tally)
        batch = Batch()
      }
    }
    try answer(&batch, jobs, &writer, &tally)
    try writer.end()
    if context.stop.isRequested() { throw SessionRun.Interrupted() }
    return tally
  }

  private func answer(
    _ batch: inout Batch, _ jobs: Int, _ writer: inout ResultWriter, _ tally: inout Tally
  ) throws {
    var places: [Int] = [], questions: [CompileQuestion] = []
    for (place, line) in batch.lines.enumerated() {
      switch line.question {
      case .success(let question):
        places.append(place)
        questions.append(question)
      case .failure(let error):
        batch.answers[place] = CompileAnswer(
          title: "this line", configuration: nil, outcome: .refused(error), isNew: true)
      }
    }
    var display = CompileDisplay(total: questions.count, jobs: jobs)
    do {
      try write(&batch, &writer, &tally)
      try session.ask(questions, mode: options.mode, jobs: jobs, observer: &display) {
        index, answer, display in
        batch.answers[places[index]] = answer
        display.conclude(nil)
        display.clear()
        try write(&batch, &writer, &tally)
      }
    } catch {
      // What was answered is written, whatever ended it; what has no answer has no line.
      try write(&batch, &writer, &tally, passesGaps: true)
      try writer.end()
      throw error
    }
  }

  /// Writes the answers that are next in order.
  private func write(
    _ batch: inout Batch, _ writer: inout ResultWriter, _ tally: inout Tally, passesGaps: Bool = false
  ) throws {
    while batch.written < batch.lines.count {
      let line = batch.lines[batch.written].number
      guard let answer = batch.answers.removeValue(forKey: batch.written) else {
        guard passesGaps else { return }
        batch.written += 1
        continue
      }
      batch.written += 1
      switch answer.outcome {
      case .evidence(let evidence):
        guard let result = evidence.result else { continue }
        try writer.append(result)
        tally.answered += 1
      case .failed(let reason):
        try writer.append(LineError(line: line, rule: reason))
        tally.failed += 1
      case .refused(let error):
        try writer.append(LineError(line: line, error))
        tally.refused += 1
      }
    }
  }

  private func question(_ line: [UInt8]) -> Result<CompileQuestion, ConfigurationError> {
    do throws(ConfigurationError) {
      let configuration = try ConfigurationReader(directory: context.catalog).configuration(line)
      return .success(try CompileQuestion(configuration, context.catalog))
    } catch {
      return .failure(error)
    }
  }
}
