import ArgumentParser
import Estimation
import Evidence
import EvidenceStore
import Foundation
import Reporting
import Selection
import VisionTransformer

/// `shapefinder map`.
struct MapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "map",
    abstract: "Draws which shapes fit, in which setting and how fast: Figure 8 of Scaling Vision Transformers.",
    discussion: """
      Panels over MLP-width, width across, depth down; each cell in the colour or letter of the first setting that it fits \
      in. The grid is estimated on the fly, or drawn from what a store holds (--from-store). Nothing is stored unless --save \
      or --store asks for it. MLP-widths and head counts beyond what a screen takes are left out of the text, never blended. \
      Exit code 3 where nothing fits.

      Examples:

        shapefinder map figure8
        shapefinder map figure8 --heads all --panels 3
        shapefinder map figure8 --svg figure8.svg
        shapefinder map figure8 --from-store --store shapes.sqlite
        shapefinder map --from-store --run 1
      """)

  @OptionGroup(title: "Grid") var grid: GridOptions
  @Flag(help: "Draw what the store holds instead of estimating; of a named grid, or everything.") var fromStore = false
  @Option(
    name: .customLong("run"), parsing: .unconditional,
    help: ArgumentHelp("With --from-store: only this run.", valueName: "id"), transform: wholeNumber)
  var runID: Int?
  @Option(help: "With --from-store: only this kind of evidence. (default: the only one that there is)")
  var evidence: EvidenceKind?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Most MLP-widths that are drawn, or all. (default: 6; in SVG all)", valueName: "n"),
    transform: panelCount)
  var panels: FitMap.PanelSelection.Choice?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Most lines of a panel. (default: 25, or what the terminal's height leaves)", valueName: "n"),
    transform: atLeastOne)
  var rows: Int?
  @Flag(help: "Letters instead of colours, whatever the terminal.") var plain = false
  @Flag(help: "Without colours: the speed in nine levels beside each letter.") var levels = false
  @Option(
    help: ArgumentHelp("Write the map as SVG to this file (- is standard output) instead of text.", valueName: "file"),
    completion: .file(extensions: ["svg"]))
  var svg: String?
  @OptionGroup var output: OutputOptions
  @OptionGroup var storage: StoreOptions
  @Flag(help: "Store what is estimated; --store without --from-store does so too.") var save = false
  @OptionGroup var catalog: CatalogOptions

  func validate() throws {
    if save, fromStore {
      throw ValidationError("--save and --from-store: what is drawn from a store is stored already")
    }
    if !fromStore, runID != nil || evidence != nil { throw ValidationError("--run and --evidence need --from-store") }
    if svg == "-", output.given != nil { throw ValidationError("--svg - and --format both take standard output") }
  }

  func run() throws {
    Interruption.install()
    let map = try fromStore ? stored() : estimated()
    if let svg {
      try write(map.svg(options: .init(panels: selection(mlpWidths: .all))), to: svg)
    }
    if svg == nil || output.given != nil {
      let options = FitMap.TextOptions(
        panels: selection(mlpWidths: .representative(6)), maxRows: rows, plainCell: levels ? .letterAndLevel : .letter)
      try output.write(map.rows, FitMap.listing) { terminal in
        var terminal = terminal
        if plain { terminal.colorDepth = .none }
        return map.text(options: options, terminal: terminal)
      }
    }
    if map.counts.fitting.allSatisfy({ $0 == 0 }) { throw CommandError.nothingFits }
  }

  /// Head counts and MLP-widths that were asked for are all drawn.
  private func selection(mlpWidths: FitMap.PanelSelection.Choice) -> FitMap.PanelSelection {
    FitMap.PanelSelection(
      heads: grid.heads == nil ? .representative(1) : .all,
      mlpWidths: panels ?? (grid.mlpWidth == nil ? mlpWidths : .all))
  }

  private func write(_ svg: String, to path: String) throws {
    if path == "-" {
      return try FileDescriptorSink.standardOutput.write(text: svg)
    }
    do {
      try svg.write(toFile: path, atomically: true, encoding: .utf8)
    } catch {
      throw CommandError(
        status: .failure, message: "\(path) cannot be written; check its folder, the permissions and the space left")
    }
    remark("\(path): \(Bytes(svg.utf8.count))")
  }
}

extension EvidenceKind: ExpressibleByArgument {}

/// A number of panels, or all.
@Sendable func panelCount(_ text: String) throws -> FitMap.PanelSelection.Choice {
  text == "all" ? .all : .representative(try atLeastOne(text))
}

// MARK: - Estimated

extension MapCommand {
  private func estimated() throws -> FitMap {
    let searched = try grid.load(catalog.load())
    try searched.checkDrawable()
    let walk = GridWalk(searched: searched, filter: EstimateFilter())
    let store = try save || storage.given != nil ? storage.open(.create) : nil
    walk.announce()
    try store?.checkRoom(forResults: searched.grid.count)
    let recording = Recording(
      store: store,
      description: RunDescription(command: commandLine, grid: searched.name, modelVersion: Estimator.version))
    var map = FitMap(
      title: searched.mapTitle, settings: searched.grid.settings.map(\.title),
      marks: searched.grid.marks.map(FitMap.Mark.init), provenance: searched.estimators.provenance)
    let start = ContinuousClock.now
    let (_, stored) = try recording.record { store in
      try walk.run { finding in
        map.insert(finding)
        if recording.store != nil { try store(walk.result(finding)) }
        return true
      }
    }
    try store?.close()
    let seconds = Seconds((ContinuousClock.now - start) / .seconds(1))
    remark("\(grouped(searched.grid.count)) estimated; \(seconds)" + (stored.map { "; \($0.summary)" } ?? ""))
    return map
  }
}

extension FitMap {
  mutating func insert(_ finding: GridSearch.Finding) {
    insert(
      finding.configuration.shape, setting: finding.setting, verdict: finding.estimate.verdict,
      imagesPerSecond: EstimateQuantity.imagesPerSecond.value(finding.configuration, finding.estimate))
  }
}

extension FitMap.Mark {
  /// `G` for `ViT-G/14`, `So` for `ViT-So400m/14`.
  init(_ mark: Grid.Mark) {
    let body = (mark.name.split(separator: "/").first ?? "").replacing("ViT-", with: "")
    // Two letters at most: the first of each part, `go` for `g-opt`.
    let parts = body.split(separator: "-").prefix(2)
    let label = parts.count == 2 ? parts.map { String($0.prefix(1)) }.joined() : String(body.prefix(2))
    self.init(label: label, name: mark.name, shape: mark.shape)
  }
}

extension [Estimator] {
  /// What a map says of where its answers come from.
  var provenance: String {
    var devices: [Device] = []
    for estimator in self where !devices.contains(estimator.device) { devices.append(estimator.device) }
    let compilers = devices.map { device in
      (device.compiler ?? device.name) + (device.validation == .notYetValidated ? " (not yet validated)" : "")
    }
    return "\(EvidenceKind.estimated.rawValue) by \(Estimator.source) \(Estimator.version), speaking for "
      + compilers.joined(separator: ", ")
  }
}

extension SearchedGrid {
  /// `figure8 on a tpu-v3 core: 8 images, 224 px, patch 14`, and what else the settings have in common that is not usual.
  var mapTitle: String {
    var devices: [String] = []
    for estimator in estimators where !devices.contains(estimator.device.name) { devices.append(estimator.device.name) }
    return "\(name ?? "shapes") on a \(devices.joined(separator: " or ")) core: "
      + (grid.axes.batch.fixedValues == [1] ? images(1) : "\(grid.axes.batch) images") + ", "
      + "\(grid.axes.imageSize) px, patch \(grid.axes.patch)"
      + grid.settings.map(\.template).deviations.map { ", " + $0 }.joined()
  }

  /// Checks that a map has room for the grid: its plane and panels are width, depth, MLP-width and heads.
  ///
  /// - Throws: `CommandError` that says what to choose.
  func checkDrawable() throws {
    let options: [(key: Grid.Key, option: String)] = [
      (.patch, "--patch"), (.batch, "--batch"), (.imageSize, "--image-size"),
    ]
    for (key, option) in options where grid.axes[key].fixedValues.count > 1 {
      let values = grid.axes[key].fixedValues
      throw CommandError.usage(
        "a map has one \(key.rawValue), this grid has \(grid.axes[key]): choose with \(option) \(values.first ?? 1)")
    }
    guard grid.settings.count <= FitMap.settingsLimit else {
      throw CommandError.usage("a map shows \(FitMap.settingsLimit) settings, this grid has \(grid.settings.count)")
    }
  }
}
