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
    Interruption.install()
    let catalog = try catalog.load()
    var lines = try ResultLines(path: file, directory: catalog)
    var strangers = Strangers(catalog: catalog)
    let recording = Recording(
      store: try storage.open(.create), description: RunDescription(command: commandLine, modelVersion: "as imported"))
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

/// The results of an NDJSON or CSV file, line by line.
struct ResultLines: ~Copyable {
  private var lines: LineReader
  private let reader: ConfigurationReader
  /// Lines that were looked at and are still to be answered, the next one last.
  private var waiting: [(line: Int, text: [UInt8])] = []
  private var records: ResultRecords?
  /// Number of the line that the last answer began in.
  private(set) var answered = 0
  /// Number of the line that was read last.
  private var line = 0

  /// Bytes that a record of several lines may take.
  private static let longestRecord = 1 << 16

  /// Opens a file and looks at its first line.
  ///
  /// - Throws: `CommandError` for a file that is neither form.
  init(path: String, directory: some ShapeDirectory) throws {
    var lines = try LineReader(path: path, longestLine: LooseValue.longestJSON + 1)
    while let text = try lines.next(beforeWaiting: Self.checkSignal) {
      guard let start = Self.content(text) else { continue }
      if start == UInt8(ascii: "[") {
        throw CommandError.badData(
          "\(path): line \(lines.line): is a JSON array; give one result a line, as `runs export --format ndjson` writes them"
        )
      }
      guard start != UInt8(ascii: "{") else {
        waiting = [(lines.line, text)]
        break
      }
      do {
        records = try ResultRecords(header: try CSVReader.fields(text), directory: directory)
      } catch {
        throw CommandError.badData(
          "\(path): line \(lines.line): neither NDJSON, which begins with {, nor the header of a CSV: \(error)")
      }
      break
    }
    self.lines = lines
    reader = ConfigurationReader(directory: directory)
  }

  /// The next result or what is wrong with its line; nil at the end. Blank lines are passed over.
  ///
  /// - Throws: `Stopped` after a signal, `CommandError` when reading fails.
  mutating func next() throws -> Result<StepResult, LineError>? {
    try Self.checkSignal(after: line)
    while let text = try take() {
      guard Self.content(text) != nil else { continue }
      let number = line
      answered = number
      if let records { return try record(text, records).mapError { LineError(line: number, $0) } }
      return Result { () throws(ConfigurationError) in try reader.result(text) }.mapError {
        LineError(line: number, $0)
      }
    }
    return nil
  }

  /// The result of a record that may go on in the next lines. Where that leads nowhere (a quote that nobody closes), only
  /// its first line is at fault, and the others are read for themselves.
  private mutating func record(
    _ first: [UInt8], _ records: ResultRecords
  ) throws -> Result<StepResult, ConfigurationError> {
    var text = first
    var borrowed: [(line: Int, text: [UInt8])] = []
    var isOpen = CSVReader.continues(text)
    while isOpen, text.count < Self.longestRecord, let more = try take() {
      borrowed.append((line, more))
      text += [0x0A] + more
      if CSVReader.continues(more) { isOpen = false }
    }
    let fields: [String?]
    do {
      fields = try CSVReader.fields(text)
    } catch {
      waiting.append(contentsOf: borrowed.reversed())
      return .failure(ConfigurationError(key: "", value: "this record", rule: "is not CSV: \(error)"))
    }
    return Result { () throws(ConfigurationError) in try records.result(fields) }
  }

  private mutating func take() throws -> [UInt8]? {
    if !waiting.isEmpty {
      let next = waiting.removeLast()
      line = next.line
      return next.text
    }
    guard let text = try lines.next(beforeWaiting: Self.checkSignal) else { return nil }
    line = lines.line
    return text
  }

  private static func checkSignal() throws { try checkSignal(after: nil) }

  private static func checkSignal(after line: Int?) throws {
    if Interruption.isRequested {
      throw Stopped(progress: line.map { counted($0, "line") } ?? "waiting for more lines")
    }
  }

  /// The first byte that is no blank and no byte order mark; nil for a blank line.
  private static func content(_ line: [UInt8]) -> UInt8? {
    let text = line.starts(with: [0xEF, 0xBB, 0xBF]) ? line[3...] : line[...]
    return text.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
  }
}
