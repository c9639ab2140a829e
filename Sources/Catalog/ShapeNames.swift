import VisionTransformer

/// The names of shapes and devices: what a grid file needs of the catalog it is part of.
struct ShapeNames: ShapeDirectory {
  let variants: [Variant]
  /// Position of a variant by its name or alias.
  let index: [String: Int]
  let devices: [String]

  func shape(named name: String) throws(ConfigurationError) -> Shape {
    let (variant, patch) = try resolve(name)
    return variant.shape(patch: patch)
  }

  func checkDevice(named name: String) throws(ConfigurationError) {
    guard devices.contains(name) else { throw unknown("device", name, known: devices) }
  }

  func canonicalName(ofShape name: String) -> String {
    guard let (variant, patch) = try? resolve(name) else { return name }
    return variant.shapeName(patch: patch)
  }

  /// The variant and the patch of a name such as `ViT-G/14`.
  func resolve(_ name: String) throws(ConfigurationError) -> (variant: Variant, patch: Int) {
    let prefix = "ViT-"
    let body = name.hasPrefix(prefix) ? name.dropFirst(prefix.count) : name[...]
    let parts = body.split(separator: "/", omittingEmptySubsequences: false)
    let isNumber =
      parts.count == 2 && (1...5).contains(parts[1].utf8.count)
      && parts[1].utf8.allSatisfy { (0x30...0x39).contains($0) } && parts[1].first != "0"
    let patch = isNumber ? Int(parts[1]) : nil
    guard let position = index[String(parts.first ?? "")] else { throw unknownShape(name, patch: patch) }
    let variant = variants[position]
    guard let patch, patch <= Configuration.Limits.imageSize else {
      throw ConfigurationError(
        key: "shape", value: "\(LooseValue.string(name))",
        rule: "needs a patch side between 1 and \(Configuration.Limits.imageSize) pixels after a slash, such as "
          + variant.shapeName(patch: variant.patches.first ?? 16))
    }
    return (variant, patch)
  }

  private func unknownShape(_ name: String, patch: Int?) -> ConfigurationError {
    var body = name[...]
    if name.lowercased().hasPrefix("vit-") { body = name.dropFirst(4) }
    let word = String(body.split(separator: "/", omittingEmptySubsequences: false).first ?? "")
    let close = closeNames(to: word, among: index.keys.sorted()).compactMap { name in
      index[name].map { variants[$0].shapeName(patch: patch ?? variants[$0].patches.first ?? 16) }
    }
    var names: [String] = []
    for name in close where !names.contains(name) { names.append(name) }
    return ConfigurationError(
      key: "shape", value: "\(LooseValue.string(name))",
      rule: "is not a known shape (upper and lower case differ)"
        + (names.isEmpty ? "; known: " + variants.map(\.name).joined(separator: ", ") : didYouMean(names)))
  }
}
