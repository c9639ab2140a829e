import VisionTransformer

/// The names of shapes and devices: the part of the catalog that decoding needs.
struct ShapeNames: ShapeDirectory {
  let table: Deferred<VariantTable>
  let devices: DeviceNames
  /// Other libraries' names; nil if the catalog has none.
  let others: OtherNames?

  private var variants: [Variant] { table.value.variants }

  func shape(named name: String) throws(ConfigurationError) -> Shape { try reading(ofShape: name).shape }

  func checkDevice(named name: String) throws(ConfigurationError) {
    guard devices.names.contains(name) else { throw unknown("device", name, known: devices.names) }
  }

  func canonicalName(ofShape name: String) -> String { (try? reading(ofShape: name))?.name ?? name }

  func reading(ofDevice name: String) throws(ConfigurationError) -> DeviceReading { try devices.reading(of: name) }

  func reading(ofShape name: String) throws(ConfigurationError) -> ShapeReading {
    do throws(ConfigurationError) {
      let (variant, patch) = try resolve(name)
      return ShapeReading(shape: variant.shape(patch: patch), name: variant.shapeName(patch: patch))
    } catch {
      guard let reading = try foreign(name) else { throw error }
      return reading
    }
  }

  /// What a name from another library means; nil if it is not one.
  private func foreign(_ name: String) throws(ConfigurationError) -> ShapeReading? {
    let table = table.value
    guard let reading = try others?.reading(of: name, among: table), let variant = table[reading.variant] else {
      return nil
    }
    let own = variant.shapeName(patch: reading.patch)
    var note = "\(excerpt(of: name)) is understood as \(own)"
    // Values from the name itself come before its family in the note, values from the family after it.
    if let side = reading.imageSize, side.isOfName { note += " at \(side.value) px" }
    if let head = reading.head, head.isOfName { note += " with head \(head.value.rawValue)" }
    note += ", after \(reading.family)"
    var brought: [String] = []
    if let side = reading.imageSize, !side.isOfName { brought.append("\(side.value) px") }
    if let head = reading.head, !head.isOfName { brought.append("head \(head.value.rawValue)") }
    if !brought.isEmpty { note += " with its " + brought.joined(separator: " and ") }
    if let remark = reading.remark { note += ": " + remark }
    for tokens in reading.tokens.compactMap(ExtraTokens.init) {
      let (isFew, text) = tokens.judged(
        imageSize: reading.imageSize?.value ?? Configuration.Defaults.imageSize, patch: reading.patch,
        head: reading.head?.value)
      guard isFew else {
        throw ConfigurationError(
          key: "shape", value: "\(LooseValue.string(name))", rule: "has other tokens, which \(text); nearest is \(own)")
      }
      note += "; " + text
    }
    return ShapeReading(
      shape: variant.shape(patch: reading.patch), name: own, imageSize: reading.imageSize?.value,
      head: reading.head?.value, family: reading.family, note: note + "; options win over the name")
  }

  /// The variant and the patch that a name such as `ViT-G/14` means.
  func resolve(_ name: String) throws(ConfigurationError) -> (variant: Variant, patch: Int) {
    let prefix = "ViT-"
    let body = name.hasPrefix(prefix) ? name.dropFirst(prefix.count) : name[...]
    let parts = body.split(separator: "/", omittingEmptySubsequences: false)
    let isNumber =
      parts.count == 2 && (1...5).contains(parts[1].utf8.count)
      && parts[1].utf8.allSatisfy { (0x30...0x39).contains($0) } && parts[1].first != "0"
    let patch = isNumber ? Int(parts[1]) : nil
    guard let variant = table.value[String(parts.first ?? "")] else { throw unknownShape(name, patch: patch) }
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
    let table = table.value
    let close = closeNames(to: word, among: table.names).compactMap { name in
      table[name].map { $0.shapeName(patch: patch ?? $0.patches.first ?? 16) }
    }
    var names: [String] = []
    for name in close where !names.contains(name) { names.append(name) }
    return ConfigurationError(
      key: "shape", value: "\(LooseValue.string(name))",
      rule: "is not a known shape (upper and lower case differ)"
        + (names.isEmpty ? "; known: " + variants.map(\.name).joined(separator: ", ") : didYouMean(names)))
  }
}
