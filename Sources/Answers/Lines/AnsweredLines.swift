import Reporting
import VisionTransformer

/// Writes the answers to many questions, with errors in their positions.
package struct AnsweredLines<Answer>: LineTaking {
  private var writer: RowWriter<Answer>

  /// Answers that go to a writer.
  package init(_ writer: RowWriter<Answer>) { self.writer = writer }

  package mutating func take(_ answer: Result<Answer, LineError>) throws {
    switch answer {
    case .success(let answer): try writer.append(answer)
    case .failure(let error): try writer.append(error)
    }
  }

  package mutating func flush() throws { try writer.flush() }

  /// Runs `body`, and ends the rows whatever happens.
  package mutating func write<Value>(_ body: (inout Self) throws -> Value) throws -> Value {
    try writer.begin()
    let value: Value
    do {
      value = try body(&self)
    } catch {
      // A failure to end the rows because nobody reads them is less useful than what ended them.
      do { try writer.end() } catch OutputError.closed {}
      throw error
    }
    try writer.end()
    return value
  }
}
