import Catalog
import Estimation
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

/// Evidence beside what the model says of the same steps.
package struct EvidenceRows {
  /// The rows.
  package private(set) var rows: [ValidationRow] = []
  /// Answers of other compilers than the one that a device's model was made for; of bundled evidence.
  private(set) var others: [ValidationRow] = []
  /// Where the evidence comes from, in the middle of a sentence: a store's path, or `the bundled evidence`.
  package let origin: String
  /// Why some evidence is not among the rows, in sentences for people.
  package private(set) var leftOut: [String] = []
  private let catalog: Catalog
  /// The wanted device, by the catalog's name; nil for all.
  private let device: String?
  private var estimators: [String: Estimator?] = [:]
  /// Measured rows on another machine than the one that the device's file describes, by device.
  private var strangers: [String: Int] = [:]
  private var unknown: Set<String> = []

  private init(_ catalog: Catalog, device: String?, origin: String) throws(AnswerError) {
    self.catalog = catalog
    self.origin = origin
    do throws(ConfigurationError) {
      self.device = try device.map { name throws(ConfigurationError) in try catalog.deviceFile(named: name).device.name
      }
    } catch { throw AnswerError(error) }
  }

  /// What a store knows; without one, the evidence that the program carries.
  ///
  /// - Parameter device: A device's name; nil for all.
  /// - Throws: `AnswerError` for an unknown device and for a store without evidence, `StoreError`.
  package init(in store: EvidenceStore?, _ catalog: Catalog, device: String? = nil) throws {
    guard let store else {
      let files = try EmbeddedEvidence.files.map { path, text in
        try EvidenceFile(
          name: String(path.prefix { $0 != "." }), display: path, data: Data(text.utf8), directory: catalog)
      }
      // A file that has the name of no device holds questions.
      let devices = catalog.deviceNames
      let results = try (EmbeddedCompiles.files + EmbeddedMeasurements.files)
        .filter { file in devices.contains { file.path.hasPrefix($0) } }
        .flatMap { try PlacedResult.read(.bytes(Array($0.text.utf8), name: $0.path), directory: catalog) }
      try self.init(files, results, catalog, device: device)
      return
    }
    try self.init(stored: store, catalog, device: device)
  }

  /// Evidence of the kinds that the program carries: of the device's compiler for the step in JAX, and results of this
  /// package's own program, compiled or measured.
  ///
  /// - Throws: `AnswerError` for an unknown device.
  init(
    _ files: [EvidenceFile], _ results: [PlacedResult], _ catalog: Catalog, device: String? = nil
  ) throws(AnswerError) {
    try self.init(catalog, device: device, origin: "the bundled evidence")
    for file in files {
      for row in file.rows {
        let group = row.evidence.label?.group ?? .compiled, place = "\(file.name):\(row.line)"
        guard let found = compared(row.evidence, group: group, place: place) else { continue }
        let own = found.comparison.device.compilerVersion
        if own == nil || own == row.evidence.compilerVersion { rows.append(found) } else { others.append(found) }
      }
    }
    for placed in results { add(placed.result, place: placed.place) }
    note()
  }

  /// The newest compile of each configuration with the usual options, and the newest measured trial of each.
  private init(stored store: EvidenceStore, _ catalog: Catalog, device: String?) throws {
    try self.init(catalog, device: device, origin: store.path)
    let compiles = try KnownCompiles(catalog, in: store).all.map { ($0.configuration.brief, $0) }
    for (_, result) in compiles.sorted(by: { $0.0 < $1.0 }) { add(result, place: "compiled") }
    for result in try store.evidence(.measured).newest { add(result, place: "measured") }
    note()
    guard !rows.isEmpty else {
      throw AnswerError(
        .badData,
        "\(store.path) has no compiled or measured result" + (device.map { " on \($0)" } ?? "")
          + ": compile or measure some first, or leave out --store for the bundled evidence"
          + leftOut.map { "; " + $0 }.joined())
    }
  }

  private mutating func add(_ result: StepResult, place: String) {
    guard let estimator = estimator(result.configuration.device),
      let seen = ObservedEvidence(result, clock: estimator.device.clock)
    else { return }
    if result.evidence == .measured, let machine = estimator.device.speaksFor, let own = result.provenance.speaksFor,
      own != machine, !own.hasPrefix(machine + ",")
    {
      strangers[estimator.device.name, default: 0] += 1
      return
    }
    add(seen, group: result.evidence == .measured ? .measured : .compiled, place: place)
  }

  private mutating func add(_ seen: ObservedEvidence, group: ValidationRow.Group, place: String) {
    if let row = compared(seen, group: group, place: place) { rows.append(row) }
  }

  private mutating func compared(
    _ seen: ObservedEvidence, group: ValidationRow.Group, place: String
  ) -> ValidationRow? {
    estimator(seen.configuration.device).map {
      ValidationRow(place: place, group: group, comparison: Comparison(seen, by: $0))
    }
  }

  /// The estimator of a device; nil if it is not wanted or not known.
  private mutating func estimator(_ name: String) -> Estimator? {
    if let known = estimators[name] { return known }
    let found = try? catalog.device(named: name)
    if found == nil { unknown.insert(name) }
    let estimator = found.flatMap { device == nil || device == $0.name ? Estimator(device: $0) : nil }
    estimators[name] = .some(estimator)
    return estimator
  }

  private mutating func note() {
    for (device, count) in strangers.sorted(by: { $0.key < $1.key }) {
      leftOut.append(
        "\(counted(count, "step")) measured on another machine than the one that \(device) describes "
          + "\(count == 1 ? "is" : "are") left out: run `shapefinder devices probe` there")
    }
    if !others.isEmpty {
      let versions = Set(others.map(\.comparison.evidence.compiler).compactMap(CompilerVersion.read)).sorted()
      leftOut.append(
        "\(counted(others.count, "answer")) of libtpu \(versions.joined(separator: ", ")) \(others.count == 1 ? "is" : "are") "
          + "left out: the model was not made for it (reports/evidence.md, Other compilers)")
    }
    for device in unknown.sorted() {
      leftOut.append("results of the unknown device \(excerpt(of: device)) are left out")
    }
  }
}
