import Answers
import ArgumentParser
import Catalog
import Evidence
import EvidenceStore
import Reporting
import VisionTransformer

/// `shapefinder runs import`.
struct RunsImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Stores results from NDJSON or CSV as one run.",
    discussion: """
      The form is recognised by the first character. A line that is no result is reported with its number and left out; \
      all others are stored, and the exit code is 65. Importing again what the store has changes nothing, so that a \
      mended file is simply imported once more.

      Examples:

        shapefinder runs import run.ndjson --store copy.sqlite
        shapefinder runs export 1 | shapefinder runs import - --store copy.sqlite
      """)

  @Argument(help: ArgumentHelp("File to read; - is standard input.", valueName: "file"), completion: .file())
  var file: String
  @OptionGroup var output: OutputOptions
  @OptionGroup var storage: StoreOptions
  @OptionGroup var catalog: CatalogOptions

  /// Errors that are written out; more are counted.
  static let reportedErrors = 20

  func run() throws {
    let catalog = try catalog.load(), context = AnswerContext.command(catalog)
    var lines = try ResultLines(path: file, directory: catalog, stop: context.stop)
    var strangers = Strangers(catalog: catalog)
    let recording = Recording(
      store: try storage.open(.create), description: RunDescription(command: commandLine, modelVersion: "as imported"),
      remark: context.remark)
    var refused = 0
    let (_, run) = try recording.record { store in
      var progress = Console.progress("lines", total: nil)
      defer { progress.finish() }
      func refuse(_ error: LineError) {
        refused += 1
        guard refused <= Self.reportedErrors else { return }
        progress.finish()
        complain("\(file): \(error.message)")
      }
      while let answer = try lines.next() {
        switch answer {
        case .success(let result):
          do {
            try store(result)
            strangers.note(result.configuration)
          } catch StoreError.invalidConfiguration(let error) {
            refuse(LineError(line: lines.answered, error))
          } catch StoreError.invalidValue(let key, let value, let rule) {
            refuse(LineError(line: lines.answered, key: key, value: value, rule: rule))
          }
        case .failure(let error): refuse(error)
        }
        progress.update(lines.answered)
      }
    }
    guard let run else { return }
    if refused > Self.reportedErrors {
      complain("\(file): \(grouped(refused - Self.reportedErrors)) more lines like these")
    }
    if let remark = strangers.remark { ShapefinderCommands.remark(remark) }
    let answer = Answer(file: file, run: run, refused: refused)
    // Who does not wait for the answer learns by the exit code whether every line was good.
    do { try output.write([answer], Answer.listing, answer: .single) } catch {
      guard error == .closed else { throw error }
    }
    if refused > 0 { throw CommandError(status: .badData, message: nil) }
  }

  /// What became of a file.
  struct Answer: Sendable {
    var file: String
    var run: StoredRun
    var refused: Int

    static var listing: Listing<Answer> {
      Listing([
        .integer("run", "run", isCount: false) { $0.run.id }, .text("file", "file") { $0.file },
        .integer("new", "new") { $0.run.counts.new },
        .integer("confirmed", "known before") { $0.run.counts.confirmed },
        .integer("revised", "revised") { $0.run.counts.revised },
        .init(
          "refused", "bad lines", .right,
          text: { Styled(grouped($0.refused), $0.refused > 0 ? .bad : .plain) }, value: { .integer($0.refused) }),
      ])
    }
  }
}

/// Names of devices and shapes that came with evidence and that the catalog does not know: of another machine, or misspelt.
private struct Strangers {
  let catalog: Catalog
  private var devices: [String: Bool] = [:]
  private var shapes: [String: Bool] = [:]
  /// Names that are remembered; a file may have one a line.
  private static let most = 1000

  init(catalog: Catalog) { self.catalog = catalog }

  mutating func note(_ configuration: Configuration) {
    let device = configuration.device
    if devices[device] == nil, devices.count < Self.most {
      devices[device] = (try? catalog.checkDevice(named: device)) != nil
    }
    guard let shape = configuration.shapeName, shapes[shape] == nil, shapes.count < Self.most else { return }
    shapes[shape] = (try? catalog.shape(named: shape)) != nil
  }

  /// `stored as they are, though no file of the catalog knows them: the device my-xeon`; nil where all are known.
  var remark: String? {
    let names =
      devices.filter { !$0.value }.keys.sorted().map { "the device \($0)" }
      + shapes.filter { !$0.value }.keys.sorted().map { "the shape \($0)" }
    guard !names.isEmpty else { return nil }
    let more = names.count > 5 ? ", and \(names.count - 5) more" : ""
    return "stored as they are, though the catalog does not know them: " + names.prefix(5).joined(separator: ", ")
      + more
  }
}
