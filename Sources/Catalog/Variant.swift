import VisionTransformer

/// A named shape of `vit.yaml` without its patch, such as `G`; with a patch it is the shape `ViT-G/14`.
public struct Variant: Sendable, Hashable {
  /// Name, case-sensitive: `s` and `S`, `g` and `G` are different variants.
  public var name: String
  /// Other names, such as `SoViT-400m` for `So400m`.
  public var aliases: [String]
  /// Width of the residual stream.
  public var width: Int
  /// Encoder blocks.
  public var depth: Int
  /// Width of the MLP's hidden layer.
  public var mlpWidth: Int
  /// Attention heads.
  public var heads: Int
  /// Patches that it was published with, ascending; any other is accepted too.
  public var patches: [Int]
  /// Where the numbers come from.
  public var source: String
  /// What was published about it.
  public var published: [Published]

  /// What a paper prints about one shape.
  public struct Published: Sendable, Hashable {
    /// Side of a patch.
    public var patch: Int
    /// The head that is counted; nil for the body alone. The classifier is never counted.
    public var head: Head?
    /// Parameters in millions; nil if none are printed.
    public var millionParameters: PrintedNumber?
    /// Forward GFLOPs by the side of the image in pixels, a multiply-add counting 2.
    public var gigaFLOPs: [Int: PrintedNumber]
    /// Paper and table.
    public var source: String
  }

  /// The shape at a patch.
  public func shape(patch: Int) -> Shape {
    Shape(width: width, depth: depth, mlpWidth: mlpWidth, heads: heads, patch: patch)
  }

  /// `ViT-G/14`.
  public func shapeName(patch: Int) -> String { "ViT-\(name)/\(patch)" }
}

/// A number exactly as a paper prints it: `26.0` is accurate to the nearest tenth.
public struct PrintedNumber: Sendable, Hashable, CustomStringConvertible {
  /// The number.
  public let value: Double
  /// Half a unit of the last printed digit.
  public let halfLastDigit: Double
  /// As printed.
  public let description: String

  /// A positive decimal number; nil for any other text.
  public init?(_ text: String) {
    let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
    guard isDecimal, text.utf8.count <= 15, let value = Double(text), value > 0 else { return nil }
    self.value = value
    description = text
    let digits = text.split(separator: ".", omittingEmptySubsequences: false).dropFirst().first?.count ?? 0
    halfLastDigit = (0..<digits).reduce(0.5) { half, _ in half / 10 }
  }
}

extension Variant {
  private enum FileKey: String, CaseIterable { case variants }
  private enum Key: String, CaseIterable {
    case aliases, width, depth, mlpWidth, heads, patches, source, published
  }

  /// Reads `vit.yaml`.
  ///
  /// - Throws: `CatalogError`.
  static func variants(_ file: CatalogFile) throws(CatalogError) -> [Variant] {
    let root = try YAMLMapping<FileKey>(YAMLNode(parsing: file))
    let node = try root.required(.variants)
    guard case .mapping(let pairs) = node.content else {
      throw root.error(.variants, node, "must be a mapping of names to shapes")
    }
    var variants: [Variant] = []
    var names: Set<String> = []
    for (key, value) in pairs {
      let variant = try Variant(key, value)
      for name in [variant.name] + variant.aliases where !names.insert(name).inserted {
        throw key.error("variants.\(variant.name): the name \"\(name)\" stands twice")
      }
      variants.append(variant)
    }
    return variants
  }

  /// Variants with others added: where both have a name or alias, it means the other's.
  static func lay(_ others: [Variant], over variants: [Variant]) -> [Variant] {
    let taken = Set(others.flatMap { [$0.name] + $0.aliases })
    let kept = variants.filter { !taken.contains($0.name) }.map { variant in
      var variant = variant
      variant.aliases.removeAll(where: taken.contains)
      return variant
    }
    return kept + others
  }

  private init(_ key: YAMLNode, _ node: YAMLNode) throws(CatalogError) {
    let name = try Self.name(key)
    let fields = try YAMLMapping<Key>(node, path: "variants.\(name).")
    var aliases: [String] = []
    for alias in try Self.list(fields, .aliases) { aliases.append(try Self.name(alias)) }
    self.init(
      name: name, aliases: aliases,
      width: try fields.integer(.width, through: Configuration.Limits.width),
      depth: try fields.integer(.depth, through: Configuration.Limits.depth),
      mlpWidth: try fields.integer(.mlpWidth, through: Configuration.Limits.mlpWidth),
      heads: try fields.integer(.heads, through: Configuration.Limits.width),
      patches: [], source: try fields.text(.source), published: [])
    guard width % heads == 0 else {
      throw fields.error(.heads, try fields.required(.heads), "must divide the width \(width)")
    }
    for patch in try Self.list(fields, .patches) {
      guard case .integer(let side) = patch.looseValue, (1...Configuration.Limits.imageSize).contains(side) else {
        throw fields.error(.patches, patch, "must be a patch side in pixels")
      }
      patches.append(side)
    }
    for row in try Self.list(fields, .published) {
      published.append(try Published(row, path: "variants.\(name).published."))
    }
    patches = Set(patches + published.map(\.patch)).sorted()
  }

  private static func list(_ fields: YAMLMapping<Key>, _ key: Key) throws(CatalogError) -> [YAMLNode] {
    guard let node = fields[key] else { return [] }
    guard case .list(let nodes) = node.content else { throw fields.error(key, node, "must be a list") }
    return nodes
  }

  private static func name(_ node: YAMLNode) throws(CatalogError) -> String {
    let isName = node.text?.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "-._".utf8.contains(byte)
    }
    guard let text = node.text, isName == true, (1...32).contains(text.utf8.count), !text.hasPrefix("ViT-") else {
      throw node.error(
        notValid(
          "variants", "\(node.looseValue)",
          "must be up to 32 letters, digits, \"-\", \".\" or \"_\", without ViT-"))
    }
    return text
  }
}

extension Variant.Published {
  private enum Key: String, CaseIterable { case patch, head, millionParameters, gigaFLOPs, source }

  fileprivate init(_ node: YAMLNode, path: String) throws(CatalogError) {
    let fields = try YAMLMapping<Key>(node, path: path)
    func printed(_ key: Key, _ node: YAMLNode) throws(CatalogError) -> PrintedNumber {
      guard let text = node.text, let number = PrintedNumber(text) else {
        throw fields.error(key, node, "must be a positive number, with the digits that are printed")
      }
      return number
    }
    self.init(
      patch: try fields.integer(.patch, through: Configuration.Limits.imageSize), head: nil, millionParameters: nil,
      gigaFLOPs: [:], source: try fields.text(.source))
    if let node = fields[.head] { head = try fields.choice(.head, node) as Head }
    if let node = fields[.millionParameters] { millionParameters = try printed(.millionParameters, node) }
    guard let node = fields[.gigaFLOPs] else { return }
    guard case .mapping(let pairs) = node.content else {
      throw fields.error(.gigaFLOPs, node, "must be a mapping of image sides to GFLOPs")
    }
    for (side, value) in pairs {
      guard case .integer(let pixels) = side.looseValue, (1...Configuration.Limits.imageSize).contains(pixels) else {
        throw fields.error(.gigaFLOPs, side, "must be an image side in pixels")
      }
      gigaFLOPs[pixels] = try printed(.gigaFLOPs, value)
    }
  }
}
