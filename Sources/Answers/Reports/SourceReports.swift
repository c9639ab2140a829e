import Catalog
import Estimation
import Foundation
import Reporting
import VisionTransformer

/// The reports of a source folder and the generated sections of its README: the same sources give the same bytes.
package struct SourceReports {
  /// A report: its file name in the folder of reports, and its text.
  package typealias File = (name: String, text: String)

  private let catalog: Catalog
  private let estimator: Estimator
  private let evidence: EvidenceText
  private let measured: MeasuredText?
  private let compiled: CompiledText

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
    let estimator = estimator
    let files = try EvidenceFile.files(in: URL(filePath: evidence, directoryHint: .isDirectory), shapes: catalog)
    let report = EvidenceReport(
      files.flatMap { file in
        file.rows.map {
          EvidenceReport.Row(place: "\(file.name):\($0.line)", comparison: Comparison($0.evidence, by: estimator))
        }
      })
    self.evidence = EvidenceText(report: report, estimator: estimator)
    self.measured =
      FileManager.default.fileExists(atPath: measured) ? try MeasuredText(path: measured, catalog: catalog) : nil
    self.compiled = try CompiledText(directory: compiled, evidence: files, catalog: catalog, estimator: estimator)
  }

  /// The calibration of the default device from the bundled evidence; nil if there is too little.
  ///
  /// - Parameter old: the existing file; the part that people wrote is kept.
  package func calibration(after old: String?) -> String? {
    let comparisons = evidence.report.comparisons
    return UncertainBand(comparisons).map {
      CalibrationReport.text($0, UncertainBand.observations(comparisons), estimator.device, after: old)
    }
  }

  /// Calls `body` with every report, one after another.
  package func forEachFile(_ body: (File) throws -> Void) throws {
    try body(("evidence.md", evidence.text))
    if let measured { try body(("measured.md", measured.text)) }
    if !compiled.results.isEmpty { try body(("compiled.md", compiled.text())) }
    let paper = PaperReport(catalog: catalog, estimator: estimator)
    try body(("table2.md", paper.table2()))
    try body(("claims.md", paper.claims()))
    try body(("selection.md", SelectionText(catalog: catalog).text()))
    let map = try figure8()
    try body(("figure8.svg", map.svg()))
    try body(("figure8.txt", map.text()))
  }

  /// A README with its marked sections filled.
  ///
  /// - Throws: `AnswerError` if it lacks the markers of a section.
  package func filled(_ readme: String, path: String) throws -> String {
    let shape = "ViT-G/14"
    let answer = CheckAnswer(
      estimator, try Configuration(shape: catalog.shape(named: shape), shapeName: shape).validated().configuration,
      assumed: [.batch, .head, .classes, .optimizer])
    let table = "\n" + evidence.report.short.text + "\n" + evidence.sideBySide(catalog).text + "\n"
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

  private func figure8() throws -> FitMap {
    let file = try catalog.grid(named: "figure8")
    let searched = try SearchedGrid(name: file.name, grid: file.grid, catalog: catalog)
    var map = FitMap(searched)
    _ = try searched.search().run { finding in
      map.insert(finding)
      return true
    }
    return map
  }
}
