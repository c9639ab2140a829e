import Answers
import Catalog
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

extension MapCommand {
  /// The map of what the store holds.
  func stored(_ context: AnswerContext) throws -> FitMap {
    let catalog = context.catalog
    let searched = try grid.isNamed ? grid.load(catalog) : nil
    if searched == nil, grid.hasAxes {
      throw CommandError.usage("axes narrow a named grid: name it, such as `map figure8 --from-store --heads 16`")
    }
    try searched?.checkSettings()
    let store = try storage.open(.readOnly)
    var query = EvidenceQuery()
    query.run = runID
    query.latestOnly = runID == nil
    if searched == nil { try grid.setting.narrow(&query, catalog) }
    query.kinds = [try evidence ?? StoredMap.kind(in: store, run: runID)]
    var collection = StoredMap(searched, batches: grid.setting.batch, imageSizes: grid.setting.imageSize)
    var taken = 0, progress = Console.progress("results", total: nil)
    defer { progress.finish() }
    try store.forEachResult(query) { result in
      try collection.take(result)
      taken += 1
      guard taken % 1024 == 0 else { return }
      if context.stop.isRequested() { throw CommandError.interrupted(kept: "nothing was changed") }
      progress.update(taken)
    }
    let place = runID.map { "run \($0) of \(store.path)" } ?? store.path
    return try collection.map(place: place, catalog: catalog)
  }
}

extension GivenSetting {
  /// Only results of these settings.
  ///
  /// - Throws: `CommandError` for a word that means nothing.
  func narrow(_ query: inout EvidenceQuery, _ directory: some ShapeDirectory) throws {
    var asked = Configuration(shape: Shape(width: 1, depth: 1, mlpWidth: 1, heads: 1, patch: 1))
    do { try apply(to: &asked, directory) } catch { throw CommandError.usage(error) }
    if device != nil { query.devices = [asked.device] }
    if head != nil { query.heads = [asked.head] }
    if optimizer != nil { query.optimizers = [asked.optimizer] }
    if precision != nil { query.precisions = [asked.precision] }
    if gradientClipping != nil { query.gradientClipping = [asked.gradientClipping] }
    if rematerialization != nil { query.rematerialization = [asked.rematerialization] }
    if layers != nil { query.layers = [asked.layers] }
    if let bounds = batch?.bounds { query.bounds[.batch] = bounds }
    if let bounds = imageSize?.bounds { query.bounds[.imageSize] = bounds }
    if let classes { query.bounds[.classes] = classes...classes }
    if let dataParallel { query.bounds[.dataParallel] = dataParallel...dataParallel }
    if memoryLimit != nil {
      throw CommandError.usage("--memory-limit does not choose among what is stored")
    }
  }
}

extension Grid.Axis {
  /// The smallest and the largest number; nil where there is none.
  fileprivate var bounds: ClosedRange<Int>? {
    guard let first = fixedValues.first, let last = fixedValues.last else { return nil }
    return first...last
  }
}
