import Answers
import ArgumentParser
import EvidenceStore
import Reporting
import VisionTransformer

/// `shapefinder runs import`.
struct RunsImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Stores results from NDJSON or CSV as one run.",
    discussion: """
      The form is recognised by the first character. A line that is not a result is reported with its number and left \
      out; all others are stored, and the exit code is 65. Importing what the store already has changes nothing, so a \
      corrected file can simply be imported again.

      Examples:

        shapefinder runs import run.ndjson --store copy.sqlite
        shapefinder runs export 1 | shapefinder runs import - --store copy.sqlite
      """)

  @Argument(help: ArgumentHelp("File to read; - is standard input.", valueName: "file"), completion: .file())
  var file: String
  @OptionGroup var output: OutputOptions
  @OptionGroup var storage: StoreOptions
  @OptionGroup var catalog: CatalogOptions

  /// Number of errors that are printed; further ones are only counted.
  static let reportedErrors = 20

  func run() throws {
    let context = AnswerContext.command(try catalog.load())
    var progress = Console.progress("lines", total: nil), refused = 0
    defer { progress.finish() }
    let run = try ImportedResults(.file(file), context).store(
      in: storage.open(.create), command: commandLine, progress: { progress.update($0) }
    ) { error in
      refused += 1
      guard refused <= Self.reportedErrors else { return }
      progress.finish()
      complain("\(file): \(error.message)")
    }
    progress.finish()
    guard let run else { return }
    if refused > Self.reportedErrors {
      complain("\(file): \(grouped(refused - Self.reportedErrors)) more lines like these")
    }
    let answer = Answer(file: file, run: run, refused: refused)
    // A caller that does not wait for the answer learns from the exit code whether every line was valid.
    do { try output.write([answer], Answer.listing, answer: .single) } catch {
      guard error == .closed else { throw error }
    }
    if refused > 0 { throw CommandError(status: .badData, message: nil) }
  }

  /// The outcome for a file.
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
