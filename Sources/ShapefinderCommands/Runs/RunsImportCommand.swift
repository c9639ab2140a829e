import Answers
import ArgumentParser
import EvidenceStore
import Reporting
import VisionTransformer

/// `shapefinder runs import`.
struct RunsImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Stores results from files of NDJSON or CSV as one run.",
    discussion: """
      The form is recognised by the first character. A line that is not a result is reported with its number and left \
      out, as is a last line that was cut off; all others are stored, and the exit code is 65. Importing what the store already has changes nothing, so a \
      corrected file can simply be imported again.

      Examples:

        shapefinder runs import run.ndjson --store copy.sqlite
        shapefinder runs import shards/*.ndjson
        shapefinder runs export 1 | shapefinder runs import - --store copy.sqlite
      """)

  @Argument(help: ArgumentHelp("Files to read; - is standard input.", valueName: "file"), completion: .file())
  var files: [String]
  @OptionGroup var output: OutputOptions
  @OptionGroup var storage: StoreOptions
  @OptionGroup var catalog: CatalogOptions

  /// Number of errors that are printed; further ones are only counted.
  static let reportedErrors = 20

  func run() throws {
    let context = AnswerContext.command(try catalog.load())
    try Self.write(output, total: nil) { progress, refuse in
      try ImportedResults(files.map { .file($0) }, context).store(
        in: storage.open(.create), command: commandLine, progress: progress, refuse: refuse
      ).map { ImportAnswer(files, $0) }
    }
  }

  /// Imports with progress and errors on standard error, and writes what came of it.
  static func write(
    _ output: OutputOptions, total: Int?,
    _ body: (_ progress: (Int) -> Void, _ refuse: (String, LineError) -> Void) throws -> ImportAnswer?
  ) throws {
    var progress = Console.progress("lines", total: total), refused = 0
    defer { progress.finish() }
    let answer = try body({ progress.update($0) }) { file, error in
      refused += 1
      guard refused <= Self.reportedErrors else { return }
      progress.finish()
      complain("\(file): \(error.message)")
    }
    progress.finish()
    guard let answer else { return }
    if refused > Self.reportedErrors { complain("\(grouped(refused - Self.reportedErrors)) more lines like these") }
    // A caller that does not wait for the answer learns from the exit code whether every line was valid.
    do { try output.write([answer], ImportAnswer.listing, answer: .single) } catch {
      guard error == .closed else { throw error }
    }
    if refused > 0 { throw CommandError(status: .badData, message: nil) }
  }
}
