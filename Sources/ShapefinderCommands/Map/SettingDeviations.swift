import Reporting
import VisionTransformer

extension [Configuration] {
  /// What all of them have in common that is not a default, but for shape, device, batch, image size, head and optimizer, which
  /// a map says anyway: `float32 activations`, `limit 8.00 GiB`.
  var deviations: [String] {
    func shared<Value: Equatable>(_ value: (Configuration) -> Value, not usual: Value) -> Value? {
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
    if let cores = shared(\.dataParallel, not: Defaults.dataParallel) { words.append("\(cores) data-parallel cores") }
    if let limit = shared(\.memoryLimit, not: nil), let limit { words.append("limit \(limit)") }
    return words
  }
}
