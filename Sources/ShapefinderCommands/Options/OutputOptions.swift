import Answers
import ArgumentParser
import Foundation
import Reporting
import VisionTransformer

extension OutputFormat: ExpressibleByArgument {}

/// `--format`, of every command.
struct OutputOptions: ParsableArguments {
  @Option(name: .customLong("format"), help: "(default: table)")
  var given: OutputFormat?
  @OptionGroup var console: ConsoleOptions

  /// The form of the answer.
  var format: OutputFormat { given ?? .table }
  /// Whether rows come to a person's screen one by one: progress would stand amid them.
  var scrolls: Bool { format.writesRowByRow && terminal.isInteractive }
  /// What standard output can show.
  var terminal: Terminal { Console.output }

  /// A writer of rows to standard output; `text` is what `table` shows instead of their table, when all have come.
  func writer<Row>(
    _ listing: Listing<Row>, expectsErrors: Bool = false, flushesEachRow: Bool = false,
    text: ((Terminal) -> String)? = nil
  ) -> RowWriter<Row> {
    let terminal = terminal
    return RowWriter(
      listing, format: format, to: FileDescriptorSink.standardOutput, terminal: terminal,
      expectsErrors: expectsErrors, flushesEachRow: flushesEachRow, text: text.map { text in { text(terminal) } })
  }

  /// Writes all of `rows` to standard output; `text` is what `table` shows instead of a table of the rows.
  ///
  /// - Throws: `OutputError`.
  func write<Row>(
    _ rows: some Sequence<Row>, _ listing: Listing<Row>, answer: AnswerKind = .list,
    text: ((Terminal) -> String)? = nil
  ) throws(OutputError) {
    let terminal = terminal
    try listing.write(
      rows, format: format, to: FileDescriptorSink.standardOutput, terminal: terminal, answer: answer,
      text: text.map { text in { text(terminal) } })
  }
}

/// Writes a drawing to a file; `-` is standard output.
///
/// - Throws: `AnswerError` for a file that cannot be written, `OutputError`.
func writeText(_ text: String, to path: String) throws {
  if path == "-" { return try FileDescriptorSink.standardOutput.write(text: text) }
  try CompletedFile.write(path) { try $0.write(text: text) }
  remark("wrote \(path)")
}

/// A file that a drawing can be written to; only SVG is written, and a name that promises something else would mislead.
@Sendable func svgPath(_ text: String) throws -> String {
  var information = stat()
  let isPipe = stat(text, &information) == 0 && information.st_mode & S_IFMT == S_IFIFO
  guard text == "-" || text.lowercased().hasSuffix(".svg") || text.hasPrefix("/dev/") || isPipe else {
    throw ValidationError("must end in .svg, which is what is written, or be - for standard output")
  }
  return text
}
