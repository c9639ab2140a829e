import Answers
import ArgumentParser
import Catalog
import Estimation
import Evidence
import Foundation
import Reporting
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

  @Option(help: ArgumentHelp("Folder to write to. (default: reports)", valueName: "dir"), completion: .directory)
  var directory = "reports"
  @Option(
    help: ArgumentHelp("File whose marked answers are filled; empty for none. (default: README.md)", valueName: "file"))
  var readme = "README.md"
  @Option(
    help: ArgumentHelp("Folder of the bundled evidence. (default: Validation/evidence)", valueName: "dir"),
    completion: .directory)
  var evidence = "Validation/evidence"
  @Option(
    help: ArgumentHelp(
      "File that the width of the uncertain band is written to; empty for none. (default: "
        + "shapes/calibrations/\(Configuration.Defaults.device).yaml)", valueName: "file"))
  var calibration = "shapes/calibrations/\(Configuration.Defaults.device).yaml"
  @Option(
    help: ArgumentHelp(
      "Measured results that the estimates for cpu are held against. (default: Validation/measured/cpu.ndjson)",
      valueName: "file"),
    completion: .file(extensions: ["ndjson"]))
  var measured = "Validation/measured/cpu.ndjson"
  @Option(
    help: ArgumentHelp(
      "Folder of compiled results. (default: Validation/compiled)", valueName: "dir"), completion: .directory)
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
    // Not the user's own folder: the same sources give the same bytes.
    let catalog = try catalog.directory == nil ? Catalog.bundled() : catalog.load()
    let estimator = Estimator(device: try catalog.device(named: Configuration.Defaults.device))
    let files = try EvidenceFile.files(in: URL(filePath: evidence, directoryHint: .isDirectory), shapes: catalog)
    let report = EvidenceReport(
      files.flatMap { file in
        file.rows.map {
          EvidenceReport.Row(place: "\(file.name):\($0.line)", comparison: Comparison($0.evidence, by: estimator))
        }
      })
    if !calibration.isEmpty, let band = UncertainBand(report.comparisons) {
      try write(
        path: calibration,
        CalibrationReport.text(
          band, UncertainBand.observations(report.comparisons), estimator.device))
    }
    let claims = PaperReport(catalog: catalog, estimator: estimator)
    try write("evidence.md", evidenceText(report, estimator))
    var steps: MeasuredText?
    if FileManager.default.fileExists(atPath: measured) {
      let text = try MeasuredText(path: measured, catalog: catalog)
      try write("measured.md", text.text)
      steps = text
    }
    let compiles = try CompiledText(directory: compiled, evidence: files, catalog: catalog, estimator: estimator)
    if !compiles.results.isEmpty { try write("compiled.md", compiles.text()) }
    try write("table2.md", claims.table2())
    try write("claims.md", claims.claims())
    try drawMap(catalog)
    if !readme.isEmpty { try fillReadme(report, steps, compiles, catalog) }
  }

  // MARK: - Files

  private func write(_ name: String, _ text: String) throws { try write(path: directory + "/" + name, text) }

  private func write(path: String, _ text: String) throws {
    do {
      let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    } catch {
      throw CommandError(status: .failure, message: "\(path) cannot be written: \(error.localizedDescription)")
    }
    remark("\(path): \(Bytes(text.utf8.count))")
  }

  private func drawMap(_ catalog: Catalog) throws {
    let file = try catalog.grid(named: "figure8")
    let searched = try SearchedGrid(name: file.name, grid: file.grid, catalog: catalog)
    var map = FitMap(
      title: searched.mapTitle, settings: searched.grid.settings.map(\.title),
      marks: searched.grid.marks.map(FitMap.Mark.init), axes: searched.grid.axes,
      provenance: searched.estimators.provenance)
    _ = try searched.search().run { finding in
      map.insert(finding)
      return true
    }
    try write("figure8.svg", map.svg())
    try write("figure8.txt", map.text())
  }

  private func fillReadme(
    _ report: EvidenceReport, _ steps: MeasuredText?, _ compiles: CompiledText, _ catalog: Catalog
  ) throws {
    guard let text = try? String(contentsOfFile: readme, encoding: .utf8) else {
      throw CommandError(status: .failure, message: "\(readme) cannot be read; give --readme, or '' for none")
    }
    let shape = "ViT-G/14"
    let answer = CheckAnswer(
      Estimator(device: try catalog.device(named: Configuration.Defaults.device)),
      try Configuration(shape: catalog.shape(named: shape), shapeName: shape).validated(),
      assumed: [.batch, .head, .classes, .optimizer])
    let table = "\n" + report.short.text + "\n" + sideBySide(report, catalog).text + "\n"
    var filled = text
    let sections = [
      ("check", "\n```text\n" + CheckReport.text(answer.input(suggests: false)) + "```\n\n"),
      ("evidence", table), ("compiled", compiles.results.isEmpty ? nil : "\n" + compiles.paper().text + "\n"),
      ("measured", steps.map { "\n" + $0.report.summary.text + "\n" }),
    ]
    for (name, content) in sections {
      guard let content else { continue }
      guard let next = MarkedSection.replacing(name, in: filled, with: content) else {
        throw CommandError.badData("\(readme) has no lines <!-- begin: \(name) --> and <!-- end: \(name) -->")
      }
      filled = next
    }
    guard filled != text else { return }
    do {
      try filled.write(toFile: readme, atomically: true, encoding: .utf8)
    } catch {
      throw CommandError(status: .failure, message: "\(readme) cannot be written: \(error.localizedDescription)")
    }
    remark("\(readme): its answers")
  }

  // MARK: - Text

  /// Full compiles of shapes that have a name, at their published depth.
  private func sideBySide(_ report: EvidenceReport, _ catalog: Catalog) -> MarkdownTable {
    let names = Dictionary(catalog.namedShapes.map { ($0.shape, $0.name) }, uniquingKeysWith: { first, _ in first })
    return report.sideBySide { configuration in
      names[configuration.shape].map { "\($0), \(images(configuration.batch)), \(configuration.optimizer.rawValue)" }
    }
  }

  private func evidenceText(_ report: EvidenceReport, _ estimator: Estimator) -> String {
    """
    # Estimated against compiled

    Written by `shapefinder report`; do not edit. Estimates of model version \(Estimator.version) for \
    \(estimator.device.name), held against \(estimator.device.compiler ?? "its compiler") on every line of \
    `Validation/evidence`. *Shared* rows were made before the model; *tuned* rows were looked at while its structure was \
    found; *held-out* rows were set aside and not looked at while anything could still change.

    The compiler's live peak is parameters, optimizer state and live temporaries. Images and labels are not in it; the \
    estimate's `livePeak` is defined alike. The total is the compiler's own, which counts the packer's gaps twice. Cycles \
    leave the all-reduce out, for which the compiler counts none. Scanned layers are left out: the model calls them uncertain.

    ## Errors

    \(report.summary.text)
    ## Verdicts

    \(report.verdicts.text)
    ## Farthest off

    Live peaks, every row more than 3 % off; the event at which the model has the peak stands last. Known causes: a third \
    order, depth first, which the model does not have and which the compiler takes where the two that it has need nearly the \
    same or the width is far above batch x tokens (half-precision Adam and Adafactor at widths of 2,400 and more: up to 2.4 % too \
    much; verdicts there have a band of their own), plain descent (`sgd`), whose updates run early where blocks are recomputed \
    (the model then answers *uncertain*), full rematerialization without clipping for one image or few tokens, which runs depth \
    first too (up to 15 % too little; a band of its own), and a second copy of a large classifier's gradient in models of a few \
    hundred MiB (up to 5 % too little). Not explained, buffer by buffer, are the rows of two to six blocks without \
    rematerialization: up to 6.5 %, all of steps below 1.3 GiB.

    \(report.worst(.livePeak, above: 0.03).text)
    Totals, every row more than 6 % off. The rest over the live peak is the heap's gaps, which the model takes from a fraction.

    \(report.worst(.total, above: 0.06).text)
    Peaks after automatic rematerialization. Known cause: far below the live peak the greedy pass ends above its own best, \
    and the model's floor is the best.

    \(report.worst(.reducedPeak, count: 10).text)
    Cycles.

    \(report.worst(.cycles, count: 10).text)
    Cycles with automatic rematerialization: a lower bound where it goes deep, because the compiler then recomputes chains.

    \(report.worst(.rematerializedCycles, count: 10).text)
    ## Every shared live peak

    \(report.all(.livePeak, file: "tpu-v3-peaks").text)
    ## Every shared full compile

    \(report.all(.total, file: "tpu-v3").text)
    Rematerialized:

    \(report.all(.rematerializedTotal, file: "tpu-v3").text)
    """
  }
}
