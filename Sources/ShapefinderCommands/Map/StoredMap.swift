import Catalog
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

extension MapCommand {
  /// The map of what the store holds.
  func stored() throws -> FitMap {
    let catalog = try catalog.load()
    let searched = try grid.isNamed ? grid.load(catalog) : nil
    if searched == nil, grid.hasAxes {
      throw CommandError.usage("axes narrow a named grid: name it, such as `map figure8 --from-store --heads 16`")
    }
    try searched?.checkDrawable()
    let store = try storage.open(.readOnly)
    var query = EvidenceQuery()
    query.run = runID
    query.latestOnly = runID == nil
    if searched == nil { try grid.setting.narrow(&query) }
    query.kinds = [try kind(in: store)]
    var collection = StoredMap(searched)
    var taken = 0, progress = ProgressReporter("results", total: nil, terminal: OutputOptions.errorTerminal)
    defer { progress.finish() }
    try store.forEachResult(query) { result in
      try collection.take(result)
      taken += 1
      guard taken % 1024 == 0 else { return }
      if Interruption.isRequested { throw CommandError.interrupted(kept: "nothing was changed") }
      progress.update(taken)
    }
    let place = runID.map { "run \($0) of \(store.path)" } ?? store.path
    return try collection.map(place: place, catalog: catalog)
  }

  /// The one kind of evidence that is drawn: kinds are never blended.
  private func kind(in store: EvidenceStore) throws -> EvidenceKind {
    if let evidence { return evidence }
    var kinds: [EvidenceKind] = []
    for kind in EvidenceKind.allCases {
      var query = EvidenceQuery()
      query.run = runID
      query.kinds = [kind]
      query.limit = 1
      if try store.results(query).next() != nil { kinds.append(kind) }
    }
    guard let first = kinds.first else { throw CommandError.badData("\(store.path) holds no evidence to draw") }
    guard kinds.count == 1 else {
      throw CommandError.usage(
        "\(store.path) holds evidence of several kinds, which are not blended: choose with --evidence "
          + kinds.map(\.rawValue).joined(separator: "|"))
    }
    return first
  }
}

/// A map that grows out of stored results, of a grid or of whatever comes.
private struct StoredMap {
  private let searched: SearchedGrid?
  /// Index of each setting, its shape, batch and image size set aside.
  private var settings: [Configuration: Int] = [:]
  private var inOrder: [Configuration] = []
  /// What a map has one of, as the first result has it.
  private var plane: Plane?
  private var sources: [String] = []
  private var lastSource: Provenance?
  private var found: [(shape: Shape, setting: Int, verdict: Verdict, imagesPerSecond: Double?)] = []
  private var column: (shape: Shape, isOnGrid: Bool)?

  private struct Plane: Equatable {
    var patch: Int
    var batch: Int
    var imageSize: Int

    init(_ configuration: Configuration) {
      (patch, batch, imageSize) = (configuration.shape.patch, configuration.batch, configuration.imageSize)
    }
  }

  init(_ searched: SearchedGrid?) {
    self.searched = searched
    for setting in searched?.grid.settings ?? [] {
      let key = Self.key(setting.template)
      settings[key] = inOrder.count
      inOrder.append(key)
    }
  }

  mutating func take(_ result: StepResult) throws {
    let configuration = result.configuration
    let key = Self.key(configuration)
    var index = settings[key]
    if let searched {
      guard index != nil, searched.grid.axes.batch.fixedValues.contains(configuration.batch),
        searched.grid.axes.imageSize.fixedValues.contains(configuration.imageSize),
        isOnGrid(configuration.shape, searched.grid)
      else { return }
    } else if index == nil {
      index = inOrder.count
      settings[key] = index
      inOrder.append(key)
      guard inOrder.count <= FitMap.settingsLimit else {
        throw CommandError.usage(
          "the store has more than the \(FitMap.settingsLimit) settings that a map shows: name a grid, or choose with "
            + "--run, --head, --optimizer, --precision, ...")
      }
    }
    let own = Plane(configuration)
    if plane == nil { plane = own }
    guard plane == own else {
      throw CommandError.usage(
        "the store has shapes of several patches, batches or image sizes, and a map has one of each: name a grid, or "
          + "choose with --run, --batch or --image-size")
    }
    if let index { found.append((configuration.shape, index, result.verdict, result.imagesPerSecond)) }
    note(result)
  }

  func map(place: String, catalog: Catalog) throws -> FitMap {
    guard let plane else {
      throw CommandError.badData(
        "\(place) holds no evidence of \(searched?.title ?? "these settings"); store some with `shapefinder enumerate`")
    }
    let devices = Set(inOrder.map(\.device)).sorted().joined(separator: " or ")
    var map = FitMap(
      title: searched?.mapTitle
        ?? "\(place) on a \(devices) core: \(images(plane.batch)), \(plane.imageSize) px, patch \(plane.patch)"
        + inOrder.deviations.map { ", " + $0 }.joined(),
      settings: searched?.grid.settings.map(\.title) ?? Self.titles(inOrder),
      provenance: sources.joined(separator: "; ") + "; from \(place)")
    for (shape, setting, verdict, speed) in found {
      map.insert(shape, setting: setting, verdict: verdict, imagesPerSecond: speed)
    }
    let named = catalog.namedShapes.map { Grid.Mark(name: $0.name, shape: $0.shape) }.filter { mark in
      mark.shape.patch == plane.patch
        && map.cell(
          .init(heads: mark.shape.heads, mlpWidth: mark.shape.mlpWidth), width: mark.shape.width,
          depth: mark.shape.depth)
          != nil
    }
    map.marks = (searched?.grid.marks ?? named).map(FitMap.Mark.init)
    return map
  }

  private mutating func isOnGrid(_ shape: Shape, _ grid: Grid) -> Bool {
    var block = shape
    block.depth = grid.axes.depth.fixedValues.first ?? 1
    // Depth comes innermost: the rest of the shape is looked up once a column.
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

  private static func key(_ configuration: Configuration) -> Configuration {
    var key = configuration
    key.shape = Shape(width: 1, depth: 1, mlpWidth: 1, heads: 1, patch: 1)
    key.shapeName = nil
    key.batch = 1
    key.imageSize = 1
    return key
  }

  /// What tells the settings apart, after the head and the optimizer that everybody asks for.
  private static func titles(_ settings: [Configuration]) -> [String] {
    func differs<Value: Hashable>(_ value: (Configuration) -> Value) -> Bool { Set(settings.map(value)).count > 1 }
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
}

extension SettingOptions {
  /// Only results of these settings.
  func narrow(_ query: inout EvidenceQuery) throws {
    if let device { query.devices = [device] }
    if let head { query.heads = [head] }
    if let optimizer { query.optimizers = [optimizer] }
    if let precision { query.precisions = [precision] }
    if let gradientClipping { query.gradientClipping = [gradientClipping] }
    if let rematerialization { query.rematerialization = [rematerialization] }
    if let layers { query.layers = [layers] }
    if let batch { query.bounds[.batch] = batch...batch }
    if let imageSize { query.bounds[.imageSize] = imageSize...imageSize }
    if let classes { query.bounds[.classes] = classes...classes }
    if let dataParallel { query.bounds[.dataParallel] = dataParallel...dataParallel }
    if memoryLimit != nil {
      throw CommandError.usage("--memory-limit does not choose among what is stored")
    }
  }
}
