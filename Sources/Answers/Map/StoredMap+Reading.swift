import EvidenceStore
import Reporting
import VisionTransformer

extension StoredMap {
  /// The map of a store's results.
  ///
  /// - Parameters:
  ///   - run: the run to draw; nil for the newest result of each configuration.
  ///   - evidence: the kind to draw; nil if the store has only one kind, or for estimates with compiles marked beside
  ///     them.
  ///   - host: the machine whose measurements are drawn, by its name or a part of its description; nil if all are of one
  ///     kind.
  ///   - searched: the grid to draw; nil for everything that the store has in `setting`.
  ///   - progress: receives the number of results that have been read.
  /// - Throws: `AnswerError`, `StoreError`.
  package static func read(
    _ store: EvidenceStore, run: Int?, evidence: EvidenceKind?, host: String?, _ searched: SearchedGrid?,
    setting: GivenSetting, _ context: AnswerContext, progress: (Int) -> Void
  ) throws -> FitMap {
    var query = EvidenceQuery()
    query.run = run
    query.latestOnly = run == nil
    if searched == nil { try setting.narrow(&query, context) }
    let drawn = try evidence ?? (host == nil ? kind(in: store, run: run) : .measured)
    if drawn == .measured { query.hosts = try store.alikeHosts(named: host, run: run) }
    query.kinds = [drawn]
    let known =
      evidence == nil && drawn == .estimated && run == nil ? try KnownCompiles(context.catalog, in: store) : nil
    var collection = StoredMap(searched, batches: setting.batch, imageSizes: setting.imageSize, known: known)
    var taken = 0
    try store.forEachResult(query) { result in
      try collection.take(result)
      taken += 1
      guard taken % 1024 == 0 else { return }
      if context.stop.isRequested() { throw AnswerError(.interrupted, "interrupted: nothing was changed") }
      progress(taken)
    }
    let place = run.map { "run \($0) of \(store.path)" } ?? store.path
    return try collection.map(place: place, catalog: context.catalog)
  }
}

extension GivenSetting {
  /// Restricts a query to results of these settings.
  ///
  /// - Throws: `AnswerError` for an unknown word.
  fileprivate func narrow(_ query: inout EvidenceQuery, _ context: AnswerContext) throws(AnswerError) {
    var asked = Configuration.Setting(), devices: [String] = []
    for given in try perDevice(context) {
      do { try given.apply(to: &asked, context.catalog, understood: context.remarkOnce) } catch {
        throw AnswerError(error)
      }
      devices.append(asked.device)
    }
    if device != nil { query.devices = Set(devices) }
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
    if memoryLimit != nil || compiler != nil {
      throw AnswerError(
        .invalid, "--\(memoryLimit != nil ? "memory-limit" : "compiler") does not choose among what is stored")
    }
  }
}

extension Grid.Axis {
  /// The smallest and the largest number; nil if there are none.
  fileprivate var bounds: ClosedRange<Int>? {
    guard let first = fixedValues.first, let last = fixedValues.last else { return nil }
    return first...last
  }
}
