import Answers
import ArgumentParser
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

/// `shapefinder runs export`.
struct RunsExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes the results of a run, or of the whole store, for `runs import` or another program.",
    discussion: """
      With --output the file appears when it is complete. On a terminal, CSV shows control characters as escapes; in a file \
      or a pipe it is exact.

      Examples:

        shapefinder runs export 1 > run.ndjson
        shapefinder runs export --format csv --output everything.csv
      """)

  @Argument(
    help: ArgumentHelp("Number of the run. (default: all results of the store)", valueName: "run"),
    transform: wholeNumber)
  var id: Int?
  @Option(
    name: .shortAndLong, help: ArgumentHelp("File to write. (default: standard output)", valueName: "file"),
    completion: .file())
  var output: String?
  @OptionGroup(title: "Evidence") var evidence: EvidenceOptions
  @OptionGroup(title: "Answer") var wanted: FilterOptions
  @Option(help: "(default: ndjson)")
  var format: OutputFormat?
  @OptionGroup var catalog: CatalogOptions
  @OptionGroup var console: ConsoleOptions
  @OptionGroup var storage: StoreOptions

  func run() throws {
    let store = try storage.open(.readOnly)
    let results = try StoredResults(
      store, run: id, wanted.filter, about: evidence.filter(.command(try catalog.load())), stop: .signals())
    guard let output, output != "-" else {
      return try write(results, to: .standardOutput)
    }
    try CompletedFile.write(output) { try write(results, to: $0) }
  }

  private func write(_ results: StoredResults, to sink: FileDescriptorSink) throws {
    var rows = ResultWriter(.results, format: format ?? .ndjson, to: sink, terminal: Console.output)
    var progress = Console.progress("results", total: nil)
    defer { progress.finish() }
    var count = 0
    try rows.begin()
    try results.walk(limit: wanted.limit) { result in
      try rows.append(result)
      count += 1
      // Progress would appear between rows on the same terminal.
      if count % 1024 == 0, output != nil || !Console.output.isInteractive { progress.update(count) }
    }
    try rows.end()
    progress.finish()
    if let output { remark("\(output): \(counted(count, "result"))") }
  }
}
