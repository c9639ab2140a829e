import Catalog
import Evidence
import EvidenceStore
import Reporting
import VisionTransformer

/// Imports results from files into a store.
package struct ImportedResults {
  private let sources: [ResultSource]
  private let context: AnswerContext

  /// The results of NDJSON or CSV, of one file or of many.
  package init(_ sources: [ResultSource], _ context: AnswerContext) {
    self.sources = sources
    self.context = context
  }

  /// What was imported.
  package struct Outcome: Sendable {
    /// What was stored.
    package var run: StoredRun
    /// Lines, and files, that are no results.
    package var refused = 0
    /// Configurations that came to no answer, which a store does not take from a file.
    package var failures = 0
  }

  /// Stores every result as one run; lines that are not results are reported and skipped, and of several files one that
  /// cannot be read. Names that the catalog does not know are stored, with a remark.
  ///
  /// - Parameters:
  ///   - store: opened once the first file has proved readable.
  ///   - progress: receives the number of lines that have been read.
  ///   - refuse: receives the file, and why a line of it was skipped.
  /// - Throws: `AnswerError` for a file in neither format, and after a stop signal; `StoreError`.
  package func store(
    in store: @autoclosure () throws -> EvidenceStore, command: String, progress: (Int) -> Void,
    refuse: (String, LineError) -> Void
  ) throws -> Outcome? {
    let isOne = sources.count == 1
    func open(_ source: ResultSource) throws -> ResultLines {
      try ResultLines(source, directory: context.catalog, stop: context.stop)
    }
    // A single file that is in neither form is an error before there is a store.
    var file = try open(isOne ? sources[0] : .bytes([], name: ""))
    var refused = 0, failures = 0, read = 0
    var strangers = Strangers(catalog: context.catalog)
    let recording = Recording(
      store: try store(), description: RunDescription(command: command, modelVersion: "as imported"),
      remark: context.remark)
    let (_, run) = try recording.record { store in
      for source in sources {
        do {
          if !isOne { file = try open(source) }
          while let answer = try file.next() {
            let failure: LineError?
            switch answer {
            case .success(let result):
              failure = try Self.stored(result, line: file.answered, store)
              if failure == nil { strangers.note(result.configuration) }
            case .failure(let error): failure = error
            }
            if let failure {
              refused += 1
              refuse(source.name, failure)
            }
            progress(read + file.answered)
          }
          read += file.answered
          failures += file.failures
        } catch let error as AnswerError where error.kind == .badData && !isOne {
          refused += 1
          refuse(source.name, LineError(line: nil, rule: error.message ?? "cannot be read"))
        }
      }
    }
    if let remark = strangers.remark { context.remark(remark) }
    return run.map { Outcome(run: $0, refused: refused, failures: failures) }
  }

  /// Stores a result.
  ///
  /// - Returns: why it cannot be stored; nil if it is.
  static func stored(
    _ result: StepResult, line: Int? = nil, _ body: (StepResult) throws -> Void
  ) throws -> LineError? {
    do {
      try body(result)
      return nil
    } catch StoreError.invalidConfiguration(let error) {
      return LineError(line: line, error)
    } catch StoreError.invalidValue(let key, let value, let rule) {
      return LineError(line: line, key: key, value: value, rule: rule)
    }
  }
}

/// Names of devices and shapes in the evidence that the catalog does not know: from another machine, or misspelt.
private struct Strangers {
  let catalog: Catalog
  private var devices: [String: Bool] = [:]
  private var shapes: [String: Bool] = [:]
  /// Limit on the names that are remembered; every line of a file may have another one.
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

  /// `stored as they are, though no file of the catalog knows them: the device my-xeon`; nil if all are known.
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
