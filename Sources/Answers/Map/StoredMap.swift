import Catalog
import EvidenceStore
import Reporting
import VisionTransformer

/// A map built from stored results, of a grid or of whatever there is.
package struct StoredMap {
  private let searched: SearchedGrid?
  private let batches: Set<Int>?
  private let imageSizes: Set<Int>?
  /// Index of each setting, ignoring its batch and image size.
  private var settings: [Configuration.Setting: Int] = [:]
  private var inOrder: [Configuration.Setting] = []
  private var sources: [String] = []
  private var lastSource: Provenance?
  private var found: [Found] = []
  private var column: (shape: Shape, isOnGrid: Bool)?

  private struct Found {
    var shape: Shape
    var batch: Int
    var imageSize: Int
    var setting: Int
    var verdict: Verdict
    var imagesPerSecond: Double?
    var isDisturbed: Bool
    var estimate: (compiled: StepResult, verdict: Verdict, total: Bytes)?
  }

  /// Compilers' answers, which take precedence over estimates.
  private let known: KnownCompiles?

  /// - Parameters:
  ///   - searched: the grid; nil for everything in the store.
  ///   - batches: the requested batches; nil for all.
  ///   - imageSizes: the requested image sizes; nil for all.
  ///   - known: compilers' answers, which take precedence over estimates; nil to draw other evidence, or estimates alone.
  init(_ searched: SearchedGrid?, batches: Grid.Axis?, imageSizes: Grid.Axis?, known: KnownCompiles? = nil) {
    self.searched = searched
    self.known = known
    self.batches = (searched?.grid.axes.batch ?? batches).map { Set($0.fixedValues) }
    self.imageSizes = (searched?.grid.axes.imageSize ?? imageSizes).map { Set($0.fixedValues) }
    for setting in searched?.grid.settings ?? [] {
      let key = setting.template.apartFromAxes
      settings[key] = inOrder.count
      inOrder.append(key)
    }
  }

  mutating func take(_ result: StepResult) throws {
    let configuration = result.configuration
    guard batches?.contains(configuration.batch) ?? true, imageSizes?.contains(configuration.imageSize) ?? true else {
      return
    }
    let key = configuration.setting.apartFromAxes
    var index = settings[key]
    if let searched {
      guard index != nil, isOnGrid(configuration.shape, searched.grid) else { return }
    } else if index == nil {
      index = inOrder.count
      settings[key] = index
      inOrder.append(key)
      guard inOrder.count <= FitMap.settingsLimit else {
        throw AnswerError(
          .invalid,
          "the store has more than the \(FitMap.settingsLimit) settings that a map shows: name a grid, or choose with "
            + "--run, --head, --optimizer, --precision, ...")
      }
    }
    if let index {
      let dearer = known?.answer(to: configuration)
      var answer = Found(
        shape: configuration.shape, batch: configuration.batch, imageSize: configuration.imageSize, setting: index,
        verdict: dearer?.settled ?? result.verdict, imagesPerSecond: result.imagesPerSecond,
        isDisturbed: result.isDisturbed ?? false)
      answer.estimate = dearer.map { ($0.result, result.verdict, result.memory.total) }
      found.append(answer)
    }
    note(result)
  }

  func map(place: String, catalog: Catalog) throws -> FitMap {
    guard !found.isEmpty else {
      throw AnswerError(
        .badData,
        "\(place) holds no evidence of \(searched?.title ?? "these settings"); store some with `shapefinder enumerate`")
    }
    let devices = Set(inOrder.map(\.device)).sorted()
    let known = devices.compactMap { try? catalog.device(named: $0) }
    let areKnown = known.count == devices.count
    let places = areKnown ? known.places : devices.joined(separator: " or ")
    func shared(_ value: (Found) -> Int) -> [Int] {
      found.allSatisfy { value($0) == value(found[0]) } ? [value(found[0])] : []
    }
    let plane = planeTitle(batch: shared(\.batch), imageSize: shared(\.imageSize), patch: shared(\.shape.patch))
    var map = FitMap(
      title: searched?.mapTitle
        ?? (["\(place) on \(places)\(plane.isEmpty ? "" : ": ")\(plane)"] + inOrder.deviations)
        .joined(separator: ", "),
      settings: searched?.grid.settings.map(\.title) ?? Self.titles(inOrder), axes: searched?.grid.axes,
      provenance: sources.joined(separator: "; ") + "; from \(place)",
      speedUnit: (areKnown ? known : []).speedUnit)
    for answer in found {
      map.insert(
        answer.shape, batch: answer.batch, imageSize: answer.imageSize, setting: answer.setting,
        verdict: answer.verdict, imagesPerSecond: answer.imagesPerSecond, isDisturbed: answer.isDisturbed)
      if let estimate = answer.estimate {
        map.insert(estimate.compiled, setting: answer.setting, estimated: estimate.verdict, total: estimate.total)
      }
    }
    let shapes = Set(found.map(\.shape))
    let named = catalog.namedShapes.filter { shapes.contains($0.shape) }
      .map { Grid.Mark(name: $0.name, shape: $0.shape) }
    map.marks = (searched?.grid.marks ?? named).map(FitMap.Mark.init)
    return map
  }

  private mutating func isOnGrid(_ shape: Shape, _ grid: Grid) -> Bool {
    var block = shape
    block.depth = grid.axes.depth.fixedValues.first ?? 1
    // Depth varies fastest: the rest of the shape is looked up once a column.
    if column?.shape != block { column = (block, grid.contains(block)) }
    return column?.isOnGrid == true && grid.axes.depth.fixedValues.contains(shape.depth)
  }

  private mutating func note(_ result: StepResult) {
    if let lastSource, lastSource.source == result.provenance.source, lastSource.version == result.provenance.version,
      lastSource.speaksFor == result.provenance.speaksFor
    {
      return
    }
    lastSource = result.provenance
    let text =
      "\(result.evidence.rawValue) by \(result.provenance.source) \(result.provenance.version)"
      + (result.provenance.speaksFor.map { ", speaking for \($0)" } ?? "")
    if !sources.contains(text), sources.count < 4 { sources.append(text) }
  }

  /// What distinguishes the settings, after head and optimizer.
  private static func titles(_ settings: [Configuration.Setting]) -> [String] {
    func differs<Value: Hashable>(_ value: (Configuration.Setting) -> Value) -> Bool {
      Set(settings.map(value)).count > 1
    }
    return settings.map { setting in
      var parts = [setting.head.title, setting.optimizer.title]
      if differs(\.precision) { parts.append(setting.precision.rawValue) }
      if differs(\.gradientClipping) { parts.append("clipping \(setting.gradientClipping.rawValue)") }
      if differs(\.rematerialization) { parts.append("rematerialization \(setting.rematerialization.rawValue)") }
      if differs(\.layers) { parts.append(setting.layers.rawValue) }
      if differs(\.device) { parts.append(setting.device) }
      if differs(\.classes) { parts.append("\(setting.classes) classes") }
      if differs(\.dataParallel) { parts.append("\(setting.dataParallel) cores") }
      if differs(\.memoryLimit) { parts.append(setting.memoryLimit?.description ?? "the device's memory") }
      return parts.joined(separator: ", ")
    }
  }

  /// The one kind of evidence to draw, because kinds are never blended. Compiles are marked separately beside
  /// estimates.
  static func kind(in store: EvidenceStore, run: Int?) throws -> EvidenceKind {
    var kinds: [EvidenceKind] = []
    for kind in EvidenceKind.allCases {
      var query = EvidenceQuery()
      query.run = run
      query.kinds = [kind]
      query.limit = 1
      if try store.results(query).next() != nil { kinds.append(kind) }
    }
    guard let first = kinds.first else { throw AnswerError(.badData, "\(store.path) holds no evidence to draw") }
    guard kinds.count == 1 || kinds == [.estimated, .compiled] else {
      throw AnswerError(
        .invalid,
        "\(store.path) holds evidence of several kinds, which are not blended: choose with --evidence "
          + kinds.map(\.rawValue).joined(separator: "|"))
    }
    return first
  }
}
