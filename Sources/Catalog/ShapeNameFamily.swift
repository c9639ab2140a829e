import VisionTransformer

/// One library's way of writing names of shapes, as described by `shapes/names.yaml`.
struct ShapeNameFamily {
  var name: String
  var pattern: Regex<AnyRegexOutput>
  /// The patch of every name in the family that does not give one.
  var patch: Int?
  /// Side of the image if the name gives none.
  var imageSize: Int?
  /// Pooling if the name gives none.
  var head: Head?
  /// Pooling by the word for it, in lower case.
  var heads: [String: Head]
  /// Whether a variant's own name is also a size.
  var hasVariants: Bool
  /// Whether the case of a size matters only where it distinguishes variants.
  var isAnyCase: Bool
  /// Variants by the library's word for a size.
  var sizes: [String: String]
  /// Words that do not affect the cost, in lower case.
  var words: Set<String>
  /// Tokens other than patches and class token, by word: `4 register tokens`.
  var tokens: [String: String]
  /// Why a size or a word does not name a shape of the catalog.
  var refused: [String: String]
  /// Why no name of the family names a shape of the catalog.
  var reason: String?
  /// A note on every name of the family.
  var remark: String?
  /// Whether a name only comes close to a shape.
  var suggests: Bool

  /// The key in `refused` for every size that is not listed.
  static let otherSizes = "*"

  private enum Key: String, CaseIterable {
    case name, pattern, patch, imageSize, head, heads, variants, anyCase, sizes, words, tokens, refused, reason, remark
    case suggests, source
  }

  /// Reads one entry of `names.yaml`.
  ///
  /// - Throws: `CatalogError`.
  init(_ node: YAMLNode) throws(CatalogError) {
    let fields = try YAMLMapping<Key>(node, path: "families.")
    _ = try fields.text(.source)
    func isTrue(_ key: Key) throws(CatalogError) -> Bool {
      guard let node = fields[key] else { return false }
      guard case .boolean(let value) = node.looseValue else { throw fields.error(key, node, "must be true or false") }
      return value
    }
    func texts(_ key: Key) throws(CatalogError) -> [String: String] {
      guard let node = fields[key] else { return [:] }
      guard case .mapping(let pairs) = node.content else { throw fields.error(key, node, "must be a mapping of texts") }
      return Dictionary(pairs.map { ($0.key.text ?? "", $0.value.text ?? "") }) { first, _ in first }
    }
    func side(_ key: Key) throws(CatalogError) -> Int? {
      fields[key] == nil ? nil : try fields.integer(key, through: Configuration.Limits.imageSize)
    }
    guard let pattern = try? Regex(try fields.text(.pattern)) else {
      throw fields.error(.pattern, try fields.required(.pattern), "must be a regular expression")
    }
    self.pattern = pattern
    name = try fields.text(.name)
    patch = try side(.patch)
    imageSize = try side(.imageSize)
    head = try fields[.head].map { node throws(CatalogError) in try fields.choice(.head, node) as Head }
    heads = [:]
    for (word, value) in try texts(.heads) {
      guard let head = Head(rawValue: value) else {
        throw fields.error(
          .heads, try fields.required(.heads),
          "must be words with one of " + Head.allCases.map(\.rawValue).joined(separator: ", "))
      }
      heads[word] = head
    }
    hasVariants = try isTrue(.variants)
    isAnyCase = try isTrue(.anyCase)
    suggests = try isTrue(.suggests)
    sizes = try texts(.sizes)
    words = Set(try fields.texts(.words))
    tokens = try texts(.tokens)
    guard tokens.values.allSatisfy({ ExtraTokens($0) != nil }) else {
      throw fields.error(.tokens, try fields.required(.tokens), "must be words with such as \"4 register tokens\"")
    }
    refused = try texts(.refused)
    reason = try fields.optionalText(.reason)
    remark = try fields.optionalText(.remark)
  }

  /// The variant that a word for a size means; nil if there is none.
  ///
  /// - Throws: `ConfigurationError` if it means several, which only their case distinguishes.
  func variant(
    of size: String, patch: String?, in table: VariantTable, _ name: String
  ) throws(ConfigurationError) -> Variant? {
    if let own = sizes[size] ?? (isAnyCase ? sizes[size.lowercased()] : nil) { return table[own] }
    guard hasVariants else { return nil }
    guard isAnyCase else { return table[size] }
    let found = table.variants(inAnyCase: size)
    // In a name of one case throughout, the case carries no information: `vit-g/14`, `VIT-G/14`.
    let isMixed = name != name.lowercased() && name != name.uppercased()
    if found.count > 1, isMixed, let exact = table[size] { return exact }
    guard found.count > 1 else { return found.first }
    let side = patch.flatMap { Int($0) }
    throw ConfigurationError(
      key: "shape", value: "\(LooseValue.string(name))",
      rule: "is not a known shape (upper and lower case differ)"
        + didYouMean(found.map { $0.shapeName(patch: side ?? $0.patches.first ?? 16) }))
  }
}
