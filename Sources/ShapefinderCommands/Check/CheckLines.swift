import Answers
import Catalog
import Estimation
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

/// `check --configurations`: one answer a question, in order, in constant memory.
struct CheckLines {
  let context: AnswerContext
  let recorder: Recorder?
  /// What compilers said, to stand beside the answers.
  let known: KnownCompiles

  /// How the lines came out.
  private struct Tally {
    var answered = 0
    var refused = 0
    var unit = ""
  }

  /// Answers every question of `path`; one that cannot be answered gives an error in its place.
  ///
  /// - Throws: `CommandError`: bad data where a question could not be answered, after all others have been.
  func answer(_ path: String, _ output: OutputOptions) throws {
    let tally: Tally
    do {
      tally = try answer(QuestionReader(path: path, stop: context.stop), output)
    } catch {
      try? recorder?.finish(.failed)
      throw error
    }
    try recorder?.finish(context.stop.isRequested() ? .interrupted : .finished)
    if context.stop.isRequested() {
      let were = tally.answered == 1 ? "configuration was" : "configurations were"
      let kept = recorder == nil ? "answered" : "answered and stored"
      throw CommandError.interrupted(kept: "\(grouped(tally.answered)) \(were) \(kept)")
    }
    guard tally.refused == 0 else {
      let all = tally.answered + tally.refused
      throw CommandError.badData(failures(tally.refused, of: all, tally.unit))
    }
  }

  private func answer(_ questions: consuming QuestionReader, _ output: OutputOptions) throws -> Tally {
    var whenReaderLeaves: (() -> Void)?
    if recorder != nil { whenReaderLeaves = { [context] in context.remark(Recording.readerHasGone) } }
    var writer = RowWriter(
      CheckReport.listing(.line, showsCompiled: !known.isEmpty), format: output.given ?? .ndjson,
      to: FileDescriptorSink.standardOutput, terminal: output.terminal,
      expectsErrors: true, whenReaderLeaves: whenReaderLeaves)
    var estimators = Estimators(context.catalog)
    let reader = ConfigurationReader(directory: context.catalog, understood: remarkOnce)
    var tally = Tally()
    try writer.begin()
    // Whoever waits for an answer before asking on gets it.
    while !context.stop.isRequested(), let question = try questions.next(beforeWaiting: { try writer.flush() }) {
      let input: CheckReport.Input
      do throws(ConfigurationError) {
        let configuration = try reader.configuration(question)
        let estimator = try estimators.estimator(for: configuration), estimate = estimator.estimate(configuration)
        input = CheckReport.Input(
          estimate, result: estimator.result(estimate, for: configuration), device: nil, compiled: known[configuration])
      } catch {
        tally.refused += 1
        try writer.append(LineError(line: question.line, item: question.item, error))
        continue
      }
      try recorder?.record(input.result)
      try writer.append(input)
      tally.answered += 1
    }
    try writer.end()
    tally.unit = questions.unit
    return tally
  }
}
