import VisionTransformer

/// A mapping of a YAML file with a closed list of keys, read strictly.
struct YAMLMapping<Key: RawRepresentable & CaseIterable & Hashable & Sendable>: Sendable where Key.RawValue == String {
  /// The mapping itself.
  let node: YAMLNode
  /// Path within the file, for errors: `axes.`.
  let path: String
  /// A list rather than a dictionary, whose generic type would be instantiated for each kind of file at every launch.
  private let values: [(key: String, value: YAMLNode)]

  /// Reads a mapping.
  ///
  /// - Throws: `CatalogError` for anything other than a mapping, and for unknown keys.
  init(_ node: YAMLNode, path: String = "") throws(CatalogError) {
    guard case .mapping(let pairs) = node.content else {
      let name = path.isEmpty ? "the file" : String(path.dropLast())
      throw node.error(notValid(name, "\(node.looseValue)", "must be a mapping of keys to values"))
    }
    var values: [(key: String, value: YAMLNode)] = []
    for (name, value) in pairs {
      guard let text = name.text, Key(rawValue: text) != nil else {
        throw name.unknownKey(path: path, among: Key.allCases.map(\.rawValue))
      }
      values.append((text, value))
    }
    self.node = node
    self.path = path
    self.values = values
  }

  /// The value of a key; nil if it is left out.
  subscript(key: Key) -> YAMLNode? { values.first { $0.key == key.rawValue }?.value }

  /// The path of a key, for errors.
  func name(_ key: Key) -> String { path + key.rawValue }

  /// The value of a key.
  ///
  /// - Throws: `CatalogError` if it is left out.
  func required(_ key: Key) throws(CatalogError) -> YAMLNode {
    guard let value = self[key] else { throw node.error("\(name(key)): is missing") }
    return value
  }

  /// An error about a key's value.
  func error(_ key: Key, _ node: YAMLNode, _ rule: String) -> CatalogError {
    node.error(notValid(name(key), "\(node.looseValue)", rule))
  }

  /// Text that is not empty.
  func text(_ key: Key) throws(CatalogError) -> String {
    let node = try required(key)
    guard let text = node.text, !text.allSatisfy(\.isWhitespace) else { throw error(key, node, "must be text") }
    return text
  }

  /// Text that is not empty; nil if it is left out.
  func optionalText(_ key: Key) throws(CatalogError) -> String? { self[key] == nil ? nil : try text(key) }

  /// A list of strings; empty if it is left out.
  func texts(_ key: Key) throws(CatalogError) -> [String] {
    guard let node = self[key] else { return [] }
    guard case .list(let nodes) = node.content else { throw error(key, node, "must be a list of texts") }
    var texts: [String] = []
    for node in nodes {
      guard let text = node.text, !text.isEmpty else { throw error(key, node, "must be text") }
      texts.append(text)
    }
    return texts
  }

  /// A whole number from 1 to `limit`.
  func integer(_ key: Key, through limit: Int) throws(CatalogError) -> Int {
    let node = try required(key)
    guard case .integer(let value) = node.looseValue, value >= 1, value <= limit else {
      throw error(key, node, "must be a whole number between 1 and \(limit)")
    }
    return value
  }

  /// A case of an enumeration.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: Key, _ node: YAMLNode
  ) throws(CatalogError) -> Choice where Choice.RawValue == String {
    let known = Choice.allCases.map(\.rawValue)
    guard let text = node.text, let choice = Choice(rawValue: text) else {
      throw error(
        key, node, "must be one of " + known.joined(separator: ", ") + suggestion(for: node.text ?? "", among: known))
    }
    return choice
  }
}

/// The two keys of a value with its source.
private enum SourcedKey: String, CaseIterable {
  case value, source
}

/// A value with its source: `{value: 940 MHz, source: ...}`.
struct SourcedNode {
  /// The value.
  var value: YAMLNode
  /// Where it comes from.
  var source: String

  /// Reads a value with its source.
  ///
  /// - Throws: `CatalogError` if either is missing.
  init(_ node: YAMLNode, name: String) throws(CatalogError) {
    guard case .mapping = node.content else {
      throw node.error(notValid(name, "\(node.looseValue)", "must be {value: ..., source: ...}"))
    }
    let mapping = try YAMLMapping<SourcedKey>(node, path: name + ".")
    value = try mapping.required(.value)
    source = try mapping.text(.source)
  }
}
