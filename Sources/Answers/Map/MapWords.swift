import Estimation
import Reporting
import Selection
import VisionTransformer

extension FitMap {
  /// An empty map of a grid to be searched.
  package init(_ searched: SearchedGrid) {
    self.init(
      title: searched.mapTitle, settings: searched.grid.settings.map(\.title),
      marks: searched.grid.marks.map(FitMap.Mark.init), axes: searched.grid.axes,
      provenance: searched.estimators.provenance, speedUnit: searched.estimators.map(\.device).speedUnit)
  }

  /// Adds a finding, by a compiler's answer if there is one that settles it.
  package mutating func insert(_ finding: GridSearch.Finding) {
    insert(
      finding.configuration.shape, batch: finding.configuration.batch, imageSize: finding.configuration.imageSize,
      setting: finding.setting, verdict: finding.verdict,
      imagesPerSecond: EstimateQuantity.imagesPerSecond.value(finding.configuration, finding.estimate))
    guard let compiled = finding.dearer?.result else { return }
    insert(
      compiled, setting: finding.setting, estimated: finding.estimate.verdict, total: Bytes(finding.estimate.total))
  }
}

extension FitMap.Mark {
  /// `G` for `ViT-G/14`, `So` for `ViT-So400m/14`.
  package init(_ mark: Grid.Mark) {
    let body = (mark.name.split(separator: "/").first ?? "").replacing("ViT-", with: "")
    // At most two letters, the first of each part: `go` for `g-opt`.
    let parts = body.split(separator: "-").prefix(2)
    let label = parts.count == 2 ? parts.map { String($0.prefix(1)) }.joined() : String(body.prefix(2))
    self.init(label: label, name: mark.name, shape: mark.shape)
  }
}

extension [Estimator] {
  /// The origin of a map's answers.
  package var provenance: String {
    var devices: [Device] = []
    for estimator in self where !devices.contains(estimator.device) { devices.append(estimator.device) }
    let compilers = devices.map { device in
      (device.speaksFor ?? device.name) + (device.validation == .notYetValidated ? " (not yet validated)" : "")
    }
    return "\(EvidenceKind.estimated.rawValue) by \(Estimator.source) \(Estimator.version), speaking for "
      + compilers.joined(separator: ", ")
  }
}

extension [Device] {
  /// The places where programs run, each once: `a tpu-v3 core or a tpu-v5e chip`.
  package var places: String {
    var places: [String] = []
    for device in self where !places.contains(device.place) { places.append(device.place) }
    return places.joined(separator: " or ")
  }

  /// The unit of rates: `images/s a chip`, `images/s a core or a chip`, or `images/s` if there is a host among them.
  package var speedUnit: String {
    if let host = first(where: \.isHost) { return host.speedUnit }
    var units: [String] = []
    for device in self where !units.contains(device.perUnit) { units.append(device.perUnit) }
    return "images/s " + (units.isEmpty ? "a core" : units.joined(separator: " or "))
  }
}

extension SearchedGrid {
  /// `figure8 on a tpu-v3 core: 8 images, 224 px, patch 14`, and whatever else the settings share that is not a
  /// default; what differs between panels is written above each.
  package var mapTitle: String {
    let plane = planeTitle(
      batch: grid.axes.batch.fixedValues, imageSize: grid.axes.imageSize.fixedValues,
      patch: grid.axes.patch.fixedValues)
    return
      (["\(name ?? "shapes") on \(estimators.map(\.device).places)\(plane.isEmpty ? "" : ": ")\(plane)"]
      + grid.settings.map(\.template).deviations).joined(separator: ", ")
  }
}

/// `8 images, 224 px, patch 14`, omitting what has several values.
func planeTitle(batch: [Int], imageSize: [Int], patch: [Int]) -> String {
  var parts: [String] = []
  if batch.count == 1 { parts.append(images(batch[0])) }
  if imageSize.count == 1 { parts.append("\(imageSize[0]) px") }
  if patch.count == 1 { parts.append("patch \(patch[0])") }
  return parts.joined(separator: ", ")
}

extension [Configuration.Setting] {
  /// What all configurations share that is not a default, apart from device, batch, image size, head and optimizer,
  /// which a map shows anyway: `float32 activations`, `limit 8.00 GiB`.
  var deviations: [String] {
    func shared<Value: Equatable>(_ value: (Configuration.Setting) -> Value, not usual: Value) -> Value? {
      guard let first = first.map(value), first != usual, allSatisfy({ value($0) == first }) else { return nil }
      return first
    }
    typealias Defaults = Configuration.Defaults
    var words: [String] = []
    if let classes = shared(\.classes, not: Defaults.classes) {
      words.append(counted(classes, "class", many: "classes"))
    }
    if let precision = shared(\.precision, not: Defaults.precision) {
      words.append("\(precision.rawValue) activations")
    }
    if let clipping = shared(\.gradientClipping, not: Defaults.gradientClipping) {
      words.append("gradient clipping \(clipping.rawValue)")
    }
    if let rematerialization = shared(\.rematerialization, not: Defaults.rematerialization) {
      words.append("rematerialization \(rematerialization.rawValue)")
    }
    if let layers = shared(\.layers, not: Defaults.layers) { words.append("\(layers.rawValue) layers") }
    if let cores = shared(\.dataParallel, not: Defaults.dataParallel) {
      words.append("data parallel over \(grouped(cores))")
    }
    if let limit = shared(\.memoryLimit, not: nil), let limit { words.append("limit \(limit)") }
    return words
  }
}
