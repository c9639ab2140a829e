import VisionTransformer

/// How other libraries name shapes: `shapes/names.yaml`.
struct ShapeNaming {
  /// One library's way to write a name.
  struct Family {
    var name: String
    var pattern: Regex<AnyRegexOutput>
    /// The patch of all names of the family, where it is not written.
    var patch: Int?
    /// Whether a variant's own name is a size too.
    var hasVariants: Bool
    /// Variants by the library's word for a size.
    var sizes: [String: String]
    /// Words that change nothing that costs, in lower case.
    var words: Set<String>
    /// Why a size or a word names no shape of the catalog.
    var refused: [String: String]
  }

  /// A name taken apart.
  struct Reading: Sendable {
    var variant: String
    var patch: Int
    var imageSize: Int?
    var family: String
  }

  private let families: [Family]

  private enum FileKey: String, CaseIterable { case families }
  private enum Key: String, CaseIterable { case name, pattern, patch, variants, sizes, words, refused, source }

  /// Whether a name is held against patterns at all: short, and of printable ASCII.
  static func mayBeName(_ name: String) -> Bool {
    name.utf8.count <= 96 && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }

  /// Reads `names.yaml`.
  ///
  /// - Throws: `CatalogError`.
  init(_ file: CatalogFile) throws(CatalogError) {
    let root = try YAMLMapping<FileKey>(YAMLNode(parsing: file))
    let node = try root.required(.families)
    guard case .list(let nodes) = node.content else { throw root.error(.families, node, "must be a list") }
    var families: [Family] = []
    for node in nodes {
      let fields = try YAMLMapping<Key>(node, path: "families.")
      _ = try fields.text(.source)
      guard let pattern = try? Regex(try fields.text(.pattern)) else {
        throw fields.error(.pattern, try fields.required(.pattern), "must be a regular expression")
      }
      var words: Set<String> = []
      if let list = fields[.words] {
        guard case .list(let nodes) = list.content else { throw fields.error(.words, list, "must be a list") }
        words = Set(nodes.compactMap(\.text))
      }
      families.append(
        Family(
          name: try fields.text(.name), pattern: pattern,
          patch: fields[.patch] == nil
            ? nil : try fields.integer(.patch, through: Configuration.Limits.imageSize),
          hasVariants: fields[.variants]?.text == "true", sizes: try Self.texts(fields, .sizes), words: words,
          refused: try Self.texts(fields, .refused)))
    }
    self.families = families
  }

  private static func texts(_ fields: YAMLMapping<Key>, _ key: Key) throws(CatalogError) -> [String: String] {
    guard let node = fields[key] else { return [:] }
    guard case .mapping(let pairs) = node.content else { throw fields.error(key, node, "must be a mapping of texts") }
    var texts: [String: String] = [:]
    for (key, value) in pairs { texts[key.text ?? ""] = value.text ?? "" }
    return texts
  }

  /// What a name says, nil where no library names shapes like that.
  ///
  /// - Throws: `ConfigurationError` where a library does, but means something that the catalog does not have.
  func reading(of name: String, variants: [String: Int]) throws(ConfigurationError) -> Reading? {
    guard Self.mayBeName(name) else { return nil }
    for family in families {
      guard let match = try? family.pattern.wholeMatch(in: name) else { continue }
      // Not every pattern has every group, and asking for one that it lacks is no error worth the name.
      func group(_ word: String) -> String? {
        match.output.first { $0.name == word }?.substring.map(String.init)
      }
      let size = group("size") ?? ""
      for word in [size, group("mark") ?? ""] where !word.isEmpty {
        if let reason = family.refused[word] { throw refusal(name, family, reason) }
      }
      guard let variant = family.sizes[size] ?? (family.hasVariants && variants[size] != nil ? size : nil),
        variants[variant] != nil
      else { continue }
      guard let patch = family.patch ?? group("patch").flatMap({ $0.hasPrefix("0") ? nil : Int($0) }),
        (1...Configuration.Limits.imageSize).contains(patch)
      else { continue }
      let imageSize = try imageSize(group("rest") ?? "", of: name, family, nearest: "ViT-\(variant)/\(patch)")
      return Reading(variant: variant, patch: patch, imageSize: imageSize, family: family.name)
    }
    return nil
  }

  /// The side of the image among the words behind the patch.
  private func imageSize(
    _ rest: String, of name: String, _ family: Family, nearest: String
  ) throws(ConfigurationError) -> Int? {
    var imageSize: Int?
    for part in rest.split(whereSeparator: { "_-@".contains($0) }) {
      let word = part.lowercased()
      let digits = word.hasSuffix("px") ? String(word.dropLast(2)) : word
      if let side = Int(digits), imageSize == nil, (16...Configuration.Limits.imageSize).contains(side) {
        imageSize = side
      } else if let reason = family.refused[word] {
        throw refusal(name, family, reason)
      } else if !family.words.contains(word) {
        throw refusal(name, family, "has a part that is not known, \"\(excerpt(of: word))\"; nearest is \(nearest)")
      }
    }
    return imageSize
  }

  private func refusal(_ name: String, _ family: Family, _ reason: String) -> ConfigurationError {
    ConfigurationError(
      key: "shape", value: "\(LooseValue.string(name))", rule: reason + " (read as a name of \(family.name))")
  }
}
