import Answers
import ArgumentParser
import Evidence
import EvidenceStore
import Reporting
import VisionTransformer

/// `shapefinder map`.
struct MapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "map",
    abstract: "Draws which shapes fit, in which setting and how fast: Figure 8 of Scaling Vision Transformers.",
    discussion: """
      Panels of width across and depth down, one for each MLP-width, head count, batch, patch and image size; a ratio \
      (--mlp-width 4x) is one panel. A cell has the colour or letter of the first setting it fits in. What compilers said, \
      if the store has it, comes first. Exit code 3 where nothing fits.

      Examples:

        shapefinder map figure8
        shapefinder map figure8 --mlp-width 4x --batch 8,32 --scale fixed
        shapefinder map figure8 --svg figure8.svg
        shapefinder map figure8 --from-store --store shapes.sqlite
        shapefinder map --from-store --run 1
        shapefinder map cpu --from-store --host "EPYC 9B14, 4 threads"
      """)

  @OptionGroup(title: "Grid") var grid: GridOptions
  @Flag(help: "Draw what the store holds: of a named grid, or all.") var fromStore = false
  @Option(
    name: .customLong("run"), parsing: .unconditional,
    help: ArgumentHelp("With --from-store: only this run.", valueName: "id", visibility: .hidden),
    transform: wholeNumber)
  var runID: Int?
  @Option(help: ArgumentHelp("With --from-store: only this kind of evidence.", visibility: .hidden))
  var evidence: EvidenceKind?
  @Option(help: ArgumentHelp("With --from-store: what was measured on this host.", visibility: .hidden))
  var host: String?
  @Option("Most panels, or all. (default: what fits two lines)", "n", transform: panelCount)
  var panels: Int?
  @Option("Most lines of a panel. (default: what fits a screen)", "n", transform: atLeastOne)
  var rows: Int?
  @Flag(help: "Letters instead of colours.") var plain = false
  @Flag(help: ArgumentHelp("Without colours: the speed in nine levels beside each letter.", visibility: .hidden))
  var levels = false
  @Option(
    help: ArgumentHelp(
      "Shades: ranked; fixed, the same in every map; or LOW..HIGH in images/s. (default: ranked)", valueName: "scale"),
    transform: shadeScale)
  var scale = ShadeScale.ranked
  @Option(
    help: ArgumentHelp("Write the map as SVG; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["svg"]), transform: svgPath)
  var svg: String?
  @OptionGroup var output: OutputOptions
  @OptionGroup var storage: StoreOptions
  @Flag(help: "Store what is estimated; so does --store.") var save = false
  @Flag(help: "Do not look in the store.") var noStore = false
  @OptionGroup var catalog: CatalogOptions

  func validate() throws {
    if save, fromStore {
      throw ValidationError("--save and --from-store: what is drawn from a store is stored already")
    }
    if noStore, save || fromStore || storage.given != nil {
      throw ValidationError("--no-store excludes --store, --save and --from-store")
    }
    if !fromStore, runID != nil || evidence != nil || host != nil {
      throw ValidationError("--run, --evidence and --host need --from-store")
    }
    if host != nil, evidence ?? .measured != .measured { throw ValidationError("--host is of what was measured") }
    if svg == "-", output.given != nil { throw ValidationError("--svg - and --format both take standard output") }
  }

  func run() throws {
    let context = AnswerContext.command(try catalog.load())
    let map = try fromStore ? stored(context) : estimated(context)
    if let svg { try writeText(map.svg(options: .init(panels: selection, shades: scale)), to: svg) }
    if svg == nil || output.given != nil {
      let options = FitMap.TextOptions(
        panels: selection, maxRows: rows, plainCell: levels ? .letterAndLevel : .letter, shades: scale,
        choices: [
          .mlpWidth: "--mlp-width", .heads: "--heads", .batch: "--batch", .patch: "--patch", .imageSize: "--image-size",
        ], everyPanel: "--panels all")
      try output.write(map.rows, FitMap.listing) { terminal in
        var terminal = terminal
        if plain { terminal.colorDepth = .none }
        return map.compiled.text(terminal: terminal) + map.text(options: options, terminal: terminal)
      }
    }
    if map.counts.fitting.allSatisfy({ $0 == 0 }) { throw CommandError.nothingFits }
  }

  private var selection: FitMap.PanelSelection {
    let given: [FitMap.PanelAxis: Bool] = [
      .mlpWidth: grid.mlpWidth != nil, .heads: grid.heads != nil, .patch: grid.patch != nil,
      .batch: grid.setting.batch != nil, .imageSize: grid.setting.imageSize != nil,
    ]
    return FitMap.PanelSelection(asked: Set(given.filter(\.value).keys), most: panels)
  }
}

extension EvidenceKind: ExpressibleByArgument {}

/// Reads a number of panels, or `all`.
@Sendable func panelCount(_ text: String) throws -> Int { text == "all" ? .max : try atLeastOne(text) }

/// Reads the meaning of shades.
@Sendable func shadeScale(_ text: String) throws -> ShadeScale {
  guard let scale = ShadeScale(parsing: text) else { throw ValidationError("must be \(ShadeScale.syntax)") }
  return scale
}

// MARK: - Estimated, stored

extension MapCommand {
  private func estimated(_ context: AnswerContext) throws -> FitMap {
    let searched = try grid.question.searched(context)
    try searched.checkSettings()
    let known = noStore ? nil : try storage.glance { try KnownCompiles(context.catalog, in: $0) }
    var progress = Console.progress("configurations", total: searched.grid.count)
    let walk = GridWalk(
      searched: searched, filter: .init(), known: known, stop: context.stop,
      progress: { progress.update($0) })
    let store = try save || storage.given != nil ? storage.open(.create) : nil
    remark(walk.announcement)
    try store?.checkRoom(forResults: searched.grid.count)
    let recording = Recording(
      store: store, description: .estimates(commandLine, grid: searched.name), remark: context.remark)
    var map = FitMap(searched)
    let start = ContinuousClock.now
    defer { progress.finish() }
    let (_, stored) = try recording.record { store in
      try walk.run { finding in
        map.insert(finding)
        if recording.store != nil { try store(walk.result(finding)) }
        return true
      }
    }
    progress.finish()
    try store?.close()
    let seconds = Seconds((ContinuousClock.now - start) / .seconds(1))
    remark("\(grouped(searched.grid.count)) estimated; \(seconds)" + (stored.map { "; \($0.summary)" } ?? ""))
    return map
  }

  /// The map of the store's results.
  func stored(_ context: AnswerContext) throws -> FitMap {
    let searched = try grid.isNamed ? grid.question.searched(context) : nil
    if searched == nil, grid.hasAxes {
      throw CommandError.usage("axes narrow a named grid: name it, such as `map figure8 --from-store --heads 16`")
    }
    try searched?.checkSettings()
    let store = try storage.open(.readOnly)
    var progress = Console.progress("results", total: nil)
    defer { progress.finish() }
    return try StoredMap.read(
      store, run: runID, evidence: evidence, host: host, searched, setting: grid.setting, context
    ) { progress.update($0) }
  }
}
