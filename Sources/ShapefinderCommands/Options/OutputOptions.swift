import Answers
import ArgumentParser
import Foundation
import Reporting
import VisionTransformer

extension OutputFormat: ExpressibleByArgument {}

/// `--format`, for every command.
struct OutputOptions: ParsableArguments {
  @Option(name: .customLong("format"), help: "(default: table)")
  var given: OutputFormat?
  @OptionGroup var console: ConsoleOptions

  /// The format of the answer.
  var format: OutputFormat { given ?? .table }
  /// Whether rows scroll on a user's screen, so that progress would appear between them.
  var scrolls: Bool { format.writesRowByRow && terminal.isInteractive }
  /// The capabilities of standard output.
  var terminal: Terminal { Console.output }

  /// A writer of rows to standard output; with `text`, `table` shows this instead of a table, once all rows have come.
  func writer<Row>(
    _ listing: Listing<Row>, expectsErrors: Bool = false, flushesEachRow: Bool = false,
    text: ((Terminal) -> String)? = nil
  ) -> RowWriter<Row> {
    let terminal = terminal
    return RowWriter(
      listing, format: format, to: FileDescriptorSink.standardOutput, terminal: terminal,
      expectsErrors: expectsErrors, flushesEachRow: flushesEachRow, text: text.map { text in { text(terminal) } })
  }

  /// Writes all of `rows` to standard output; with `text`, `table` shows this instead of a table of the rows.
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

/// A path for a drawing; only SVG is written, so that a name with another format's ending is rejected.
@Sendable func svgPath(_ text: String) throws -> String {
  var information = stat()
  let isPipe = stat(text, &information) == 0 && information.st_mode & S_IFMT == S_IFIFO
  guard text == "-" || text.lowercased().hasSuffix(".svg") || text.hasPrefix("/dev/") || isPipe else {
    throw ValidationError("must end in .svg, which is what is written, or be - for standard output")
  }
  return text
}
