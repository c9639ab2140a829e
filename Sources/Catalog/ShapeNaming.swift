import VisionTransformer

/// The names that other libraries give to shapes, from `shapes/names.yaml`.
struct ShapeNaming {
  /// What a name gives, and what its family adds.
  struct Reading: Sendable {
    var variant: String
    var patch: Int
    /// Side of the image, and whether the name itself gives it.
    var imageSize: Said<Int>?
    var head: Said<Head>?
    /// Tokens that the training step here leaves out, as written in the file: `4 register tokens`.
    var tokens: [String]
    var remark: String?
    var family: String
  }

  /// A value given by a name, or by its family for names without one.
  struct Said<Value: Sendable>: Sendable {
    var value: Value
    var isOfName: Bool
  }

  private let families: [ShapeNameFamily]

  private enum FileKey: String, CaseIterable { case families }

  /// Whether a text can be a name and is matched against patterns at all: short, and printable ASCII.
  static func mayBeName(_ name: String) -> Bool {
    name.utf8.count <= 96 && name.utf8.allSatisfy { (0x20...0x7E).contains($0) }
  }

  /// Reads `names.yaml`.
  ///
  /// - Throws: `CatalogError`.
  init(_ file: CatalogFile) throws(CatalogError) {
    let root = try YAMLMapping<FileKey>(YAMLNode(parsing: file))
    let node = try root.required(.families)
    guard case .list(let nodes) = node.content else { throw root.error(.families, node, "must be a list") }
    var families: [ShapeNameFamily] = []
    for node in nodes { families.append(try ShapeNameFamily(node)) }
    self.families = families
  }

  /// What a name means; nil if no library writes names like that.
  ///
  /// - Throws: `ConfigurationError` if a library does, but means something that the catalog does not have.
  func reading(of name: String, among variants: VariantTable) throws(ConfigurationError) -> Reading? {
    guard Self.mayBeName(name) else { return nil }
    // People write `CLIP ViT-L/14` with a blank.
    let written = name.replacing(" ", with: "-")
    for family in families {
      guard let match = try? family.pattern.wholeMatch(in: written) else { continue }
      // A group that the pattern does not have counts as one that did not match.
      func group(_ word: String) -> String? {
        match.output.first { $0.name == word }?.substring.map(String.init)
      }
      if let reason = family.reason { throw refusal(name, reason) }
      let size = group("size") ?? "", mark = (group("mark") ?? "").lowercased()
      for word in [size, size.lowercased(), mark] where !word.isEmpty && word != ShapeNameFamily.otherSizes {
        if let reason = family.refused[word] { throw refusal(name, reason, family) }
      }
      guard let variant = try family.variant(of: size, patch: group("patch"), in: variants, name) else {
        if let reason = family.refused[ShapeNameFamily.otherSizes] { throw refusal(name, reason, family) }
        continue
      }
      let side = group("patch")
      guard side != nil || family.patch != nil else {
        let own = variant.shapeName(patch: variant.patches.first ?? 16)
        throw refusal(name, "has no patch: ask for one, such as \(own)")
      }
      guard let patch = side.map({ $0.hasPrefix("0") ? 0 : Int($0) ?? 0 }) ?? family.patch,
        (1...Configuration.Limits.imageSize).contains(patch)
      else { continue }
      let nearest = variant.shapeName(patch: patch)
      if family.suggests { throw refusal(name, "is not a known shape" + didYouMean([nearest])) }
      var reading = Reading(
        variant: variant.name, patch: patch, imageSize: family.imageSize.map { Said(value: $0, isOfName: false) },
        head: family.head.map { Said(value: $0, isOfName: false) }, tokens: family.tokens[mark].map { [$0] } ?? [],
        remark: family.remark, family: family.name)
      try read(group("rest") ?? "", of: name, family, nearest: nearest, &reading)
      return reading
    }
    return nil
  }

  /// Reads the words after the patch: the side of the image, a head, extra tokens, or words that do not affect the
  /// cost.
  private func read(
    _ rest: String, of name: String, _ family: ShapeNameFamily, nearest: String, _ reading: inout Reading
  ) throws(ConfigurationError) {
    for part in rest.split(whereSeparator: { "_-@".contains($0) }) {
      let word = part.lowercased()
      if let side = Self.side(word), reading.imageSize?.isOfName != true {
        reading.imageSize = Said(value: side, isOfName: true)
      } else if let reason = family.refused[word] {
        throw refusal(name, reason, family)
      } else if let head = family.heads[word] {
        reading.head = Said(value: head, isOfName: true)
      } else if let tokens = family.tokens[word] {
        reading.tokens.append(tokens)
      } else if !family.words.contains(word) {
        throw refusal(name, "has a part that is not known, \"\(excerpt(of: word))\"; nearest is \(nearest)", family)
      }
    }
  }

  /// The side of an image: `384`, `336px`, `256x256`.
  private static func side(_ word: String) -> Int? {
    var digits = word.hasSuffix("px") ? word.dropLast(2) : word[...]
    let sides = digits.split(separator: "x", omittingEmptySubsequences: false)
    if sides.count == 2, sides[0] == sides[1] { digits = sides[0] }
    guard let side = Int(digits), (16...Configuration.Limits.imageSize).contains(side) else { return nil }
    return side
  }

  private func refusal(_ name: String, _ reason: String, _ family: ShapeNameFamily? = nil) -> ConfigurationError {
    ConfigurationError(
      key: "shape", value: "\(LooseValue.string(name))",
      // A reason that ends in a question gets nothing after it.
      rule: reason + (reason.hasSuffix("?") ? "" : family.map { " (read as a name of \($0.name))" } ?? ""))
  }
}

/// The variants that names can mean.
struct VariantTable: Sendable {
  let variants: [Variant]
  /// Index of a variant by its name or alias.
  private let index: [String: Int]

  init(_ variants: [Variant]) {
    self.variants = variants
    var index: [String: Int] = [:]
    for (position, variant) in variants.enumerated() {
      for name in [variant.name] + variant.aliases { index[name] = position }
    }
    self.index = index
  }

  /// Names and aliases, in alphabetical order.
  var names: [String] { index.keys.sorted() }

  /// The variant with exactly that name or alias.
  subscript(name: String) -> Variant? { index[name].map { variants[$0] } }

  /// The variants that have the name in any case, capitals first.
  func variants(inAnyCase name: String) -> [Variant] {
    let word = name.lowercased()
    let found = variants.filter { ([$0.name] + $0.aliases).contains { $0.lowercased() == word } }
    return found.sorted { $0.name < $1.name }
  }
}
