import Answers
import ArgumentParser
import Catalog
import Foundation
import VisionTransformer

/// `shapefinder report`.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Regenerates reports/ and the answers in the README, from the bundled evidence and the paper.",
    discussion: """
      Run it in the source folder. The same sources give the same bytes.

      Examples:

        shapefinder report
        shapefinder report --directory /tmp/reports --readme ''
      """)

  @Option(help: ArgumentHelp("Folder to write to.", valueName: "dir"), completion: .directory)
  var directory = "reports"
  @Option(help: ArgumentHelp("File whose marked answers are filled; empty for none.", valueName: "file"))
  var readme = "README.md"
  @Option(help: ArgumentHelp("Folder of the bundled evidence.", valueName: "dir"), completion: .directory)
  var evidence = "Validation/evidence"
  @Option(help: ArgumentHelp("Folder of the catalog, for bands and validations; empty for none.", valueName: "dir"))
  var shapes = "shapes"
  @Option(
    help: ArgumentHelp("Measured results that the estimates for cpu are held against.", valueName: "file"),
    completion: .file(extensions: ["ndjson"]))
  var measured = "Validation/measured/cpu.ndjson"
  @Option(help: ArgumentHelp("Folder of compiled results.", valueName: "dir"), completion: .directory)
  var compiled = "Validation/compiled"
  @OptionGroup var catalog: CatalogOptions

  func run() throws {
    guard FileManager.default.fileExists(atPath: evidence) else {
      throw CommandError(
        status: .missingComponent,
        message:
          "there is no evidence at \(evidence): run `shapefinder report` in Shapefinder's source folder, or give --evidence"
      )
    }
    // Not the user's own folder, because the same sources must give the same bytes.
    let catalog = try catalog.directory == nil ? Catalog.bundled() : catalog.load()
    let reports = try SourceReports(evidence: evidence, measured: measured, compiled: compiled, catalog: catalog)
    try reports.write(to: directory, readme: readme, shapes: shapes) { remark($0) }
  }
}
