import Catalog
import VisionTransformer
import WorkerProcess

/// The questions of a file or of standard input, in constant memory: the input of `--configurations`.
package struct QuestionReader: ~Copyable {
  private var input: ByteReader
  private let stop: WorkerStopSignal
  private var splitter = QuestionSplitter()
  /// Questions that are read but not yet returned, and the number already returned.
  private var ready: [Question] = []
  private var taken = 0
  private var isFirst = true
  private var isAtEnd = false

  /// Opens `path`; `-` is standard input.
  ///
  /// - Throws: `AnswerError` for a file that is missing, a directory, or unreadable.
  package init(path: String, stop: WorkerStopSignal) throws {
    self.stop = stop
    input = try ByteReader(path: path, stop: stop)
  }

  /// What to call the questions: "lines" if every one of them is a line.
  package var unit: String { splitter.isOneALine ? "lines" : "questions" }

  /// The next question; nil at the end, or after a stop signal while waiting. `beforeWaiting` is called before every
  /// read.
  ///
  /// - Throws: `AnswerError` if reading fails, and for a CSV file; errors from `beforeWaiting`.
  package mutating func next(beforeWaiting: () throws -> Void) throws -> Question? {
    while taken == ready.count {
      if isAtEnd { return nil }
      taken = 0
      if let bytes = try input.next(beforeWaiting: beforeWaiting) {
        ready = splitter.take(bytes)
      } else {
        isAtEnd = true
        // Text that a signal cut off is not a question.
        ready = stop.isRequested() ? [] : splitter.finish()
      }
    }
    let question = ready[taken]
    taken += 1
    if isFirst, question.isCSV { throw AnswerError(.badData, "\(input.name): line \(question.line): \(Self.isCSV)") }
    isFirst = false
    return question
  }

  private static let isCSV = """
    is CSV, not JSON: give one object a line, such as {"shape": "ViT-G/14", "batch": 8}, or a list of them in brackets
    """
}
