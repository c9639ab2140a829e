import Catalog
import Evidence
import EvidenceStore
import Reporting
import VisionTransformer

/// Imports results from a file into a store.
package struct ImportedResults {
  private let source: ResultSource
  private let context: AnswerContext

  /// The results of NDJSON or CSV.
  package init(_ source: ResultSource, _ context: AnswerContext) {
    self.source = source
    self.context = context
  }

  /// Stores every result as one run; lines that are not results are reported and skipped. Names that the catalog does
  /// not know are stored, with a remark.
  ///
  /// - Parameters:
  ///   - store: opened once the file has proved readable.
  ///   - progress: receives the number of lines that have been read.
  ///   - refuse: receives why a line was skipped.
  /// - Throws: `AnswerError` for a file in neither format, and after a stop signal; `StoreError`.
  package func store(
    in store: @autoclosure () throws -> EvidenceStore, command: String, progress: (Int) -> Void,
    refuse: (LineError) -> Void
  ) throws -> StoredRun? {
    var lines = try ResultLines(source, directory: context.catalog, stop: context.stop)
    var strangers = Strangers(catalog: context.catalog)
    let recording = Recording(
      store: try store(), description: RunDescription(command: command, modelVersion: "as imported"),
      remark: context.remark)
    let (_, run) = try recording.record { store in
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
        progress(lines.answered)
      }
    }
    if let remark = strangers.remark { context.remark(remark) }
    return run
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
