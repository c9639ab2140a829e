import Catalog
import Estimation
import Foundation
import Reporting
import VisionTransformer

/// The reports of a source folder and the generated sections of its README: the same sources give the same bytes.
package struct SourceReports {
  /// A report: its file name in the folder of reports, and its text.
  typealias File = (name: String, text: String)

  private let catalog: Catalog
  private let estimator: Estimator
  private let evidence: EvidenceText
  private let measured: MeasuredText?
  private let compiled: CompiledText
  private let validation: ValidationReport

  /// Reads the data of the reports.
  ///
  /// - Parameters:
  ///   - evidence: the folder of bundled evidence.
  ///   - measured: a file of measured results; if it is missing, the reports say nothing about measurements.
  ///   - compiled: a folder of compiled results.
  /// - Throws: `AnswerError` for a file that cannot be read or a line that is not a result, `CatalogError` for bad
  ///   evidence.
  package init(evidence: String, measured: String, compiled: String, catalog: Catalog) throws {
    self.catalog = catalog
    estimator = Estimator(device: try catalog.device(named: Configuration.Defaults.device))
    let files = try EvidenceFile.files(in: URL(filePath: evidence, directoryHint: .isDirectory), shapes: catalog)
    self.measured =
      FileManager.default.fileExists(atPath: measured) ? try MeasuredText(path: measured, catalog: catalog) : nil
    self.compiled = try CompiledText(directory: compiled, evidence: files, catalog: catalog, estimator: estimator)
    let rows = try EvidenceRows(files, self.compiled.placed + (self.measured?.placed ?? []), catalog)
    validation = ValidationReport(
      Validation(rows.rows, stated: catalog.accuracy), origin: rows.origin, leftOut: rows.leftOut, worst: 5)
    let labelled = Dictionary(grouping: rows.rows.filter { $0.comparison.evidence.label != nil }) {
      $0.comparison.device.name
    }
    let own = estimator.device.name
    let others = catalog.devices.map(\.device).filter { $0.name != own && !$0.isHost }.compactMap { device in
      labelled[device.name].map { DeviceEvidence(device, $0) }
    }
    self.evidence = EvidenceText(
      report: EvidenceReport(labelled[own] ?? []), estimator: estimator, otherCompilers: rows.others,
      others: others)
  }

  /// Writes every report into `directory`, what evidence says into the catalog, and the generated sections of a README.
  ///
  /// - Parameters:
  ///   - readme: Path of the README; empty for none.
  ///   - shapes: Folder of the catalog, for the bands of `calibrations/` and the validations of `devices/`; empty for none.
  ///   - remark: Receives a remark on each file.
  /// - Throws: `AnswerError` for a file that cannot be read or written.
  package func write(
    to directory: String, readme: String, shapes: String, remark: (String) -> Void
  ) throws {
    func write(_ path: String, _ text: String, _ what: String? = nil) throws {
      try CompletedFile.write(text, to: path)
      remark("\(path): " + (what ?? "\(Bytes(text.utf8.count))"))
    }
    if !shapes.isEmpty {
      try forEachCatalogFile(in: shapes) { try write($0.path, $0.text) }
    }
    try forEachFile { try write(directory + "/" + $0.name, $0.text) }
    guard !readme.isEmpty else { return }
    guard let text = try? String(contentsOfFile: readme, encoding: .utf8) else {
      throw AnswerError(.failure, "\(readme) cannot be read; give --readme, or '' for none")
    }
    let filled = try filled(text, path: readme)
    if filled != text { try write(readme, filled, "its answers") }
  }

  /// Calls `body` with every file of the catalog that evidence has a say in.
  private func forEachCatalogFile(in shapes: String, _ body: ((path: String, text: String)) throws -> Void) throws {
    func path(_ part: String, _ device: Device) -> String { "\(shapes)/\(part)/\(device.name).yaml" }
    func old(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
    let own = path("calibrations", estimator.device)
    if let text = calibration(after: old(own)) { try body((own, text)) }
    let band = UncertainBand(evidence.report.comparisons) ?? .none
    for other in evidence.others {
      let calibration = path("calibrations", other.device), file = path("devices", other.device)
      if let text = CalibrationReport.text(
        of: other.device, sharing: (estimator.device, band), other.observations, after: old(calibration))
      {
        try body((calibration, text))
      }
      if let text = old(file), let new = other.validated(text) { try body((file, new)) }
    }
  }

  /// The calibration of the default device from the bundled evidence; nil if there is too little.
  ///
  /// - Parameter old: the existing file; the part that people wrote is kept.
  func calibration(after old: String?) -> String? {
    let comparisons = evidence.report.comparisons
    return UncertainBand(comparisons).map {
      CalibrationReport.text($0, UncertainBand.observations(comparisons), estimator.device, after: old)
    }
  }

  /// Calls `body` with every report, one after another.
  func forEachFile(_ body: (File) throws -> Void) throws {
    try body(("evidence.md", evidence.text))
    if let measured { try body(("measured.md", measured.text)) }
    if !compiled.results.isEmpty { try body(("compiled.md", compiled.text())) }
    let paper = PaperReport(catalog: catalog, estimator: estimator)
    try body(("table2.md", paper.table2()))
    try body(("claims.md", paper.claims()))
    try body(("accuracy.svg", ValidationDrawing(validation).svg()))
    let selection = try SelectionText(catalog: catalog).text()
    try body(("selection.md", selection.whole))
    let (map, confirmed) = try figure8()
    try body(("figure8.svg", map.svg()))
    try body(("figure8-compiled.svg", confirmed.svg()))
    try body(("figure8.txt", map.text()))
    let short = ShortPaper(
      catalog: catalog, estimator: estimator, validation: validation, published: selection.published,
      compiled: compiled,
      measured: measured)
    try body(("README.md", short.text()))
  }

  /// A README with its marked sections filled.
  ///
  /// - Throws: `AnswerError` if it lacks the markers of a section.
  func filled(_ readme: String, path: String) throws -> String {
    let shape = "ViT-G/14"
    let answer = CheckAnswer(
      estimator, try Configuration(shape: catalog.shape(named: shape), shapeName: shape).validated().configuration,
      assumed: [.batch, .head, .classes, .optimizer])
    let table =
      "\n" + evidence.report.short.text + "\n" + evidence.sideBySide(catalog).text + "\n" + evidence.devices.text + "\n"
    let sections = [
      ("check", "\n```text\n" + CheckReport.text(answer.input(suggests: false)) + "```\n\n"),
      ("evidence", table), ("compiled", compiled.results.isEmpty ? nil : "\n" + compiled.paper().text + "\n"),
      ("measured", measured.map { "\n" + $0.report.summary.text + "\n" }),
    ]
    var filled = readme
    for (name, content) in sections {
      guard let content else { continue }
      guard let next = MarkedSection.replacing(name, in: filled, with: content) else {
        throw AnswerError(.badData, "\(path) has no lines <!-- begin: \(name) --> and <!-- end: \(name) -->")
      }
      filled = next
    }
    return filled
  }

  /// The map of Figure 8 as estimated, and the same with what the compiler said of its edges.
  private func figure8() throws -> (estimated: FitMap, confirmed: FitMap) {
    let file = try catalog.grid(named: "figure8")
    let searched = try SearchedGrid(name: file.name, grid: file.grid, catalog: catalog)
    func map(_ known: KnownCompiles?) throws -> FitMap {
      var map = FitMap(searched)
      _ = try searched.search(known: known).run { finding in
        map.insert(finding)
        return true
      }
      return map
    }
    return (try map(nil), try map(KnownCompiles(catalog, compiled.results)))
  }
}
