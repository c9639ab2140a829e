import VisionTransformer
import Yams

/// A value of a YAML file with its position, so that every error can point there.
///
/// Yams parses the syntax. The meaning of a plain word is decided here, by the rules of the JSON contract rather than
/// YAML 1.1's (`no` is a word, `0x10` is not a number).
struct YAMLNode: Sendable {
  enum Content: Sendable {
    case scalar(String, isPlain: Bool)
    case list([YAMLNode])
    case mapping([(key: YAMLNode, value: YAMLNode)])
  }

  var file: String
  var line: Int
  var column: Int
  var content: Content

  /// Deepest nesting of lists and mappings.
  static let deepest = 16

  /// An error at the node's position.
  func error(_ problem: String) -> CatalogError {
    CatalogError(file: file, line: line, column: column, problem: problem)
  }

  /// An error about this key of a mapping, which is none of `known`.
  ///
  /// - Parameter path: The mapping's path within the file, such as `axes.`.
  func unknownKey(path: String = "", among known: [String]) -> CatalogError {
    error(
      "\(path)\(text.map { excerpt(of: $0) } ?? "\(looseValue)") is not a known key"
        + suggestion(for: text ?? "", among: known) + "; known: " + known.joined(separator: ", "))
  }

  /// The number that a scalar is.
  ///
  /// - Throws: `CatalogError` for anything else.
  func number(named name: String) throws(CatalogError) -> Double {
    switch looseValue {
    case .integer(let value): return Double(value)
    case .number(let value, _): return value
    case let other: throw error(notValid(name, "\(other)", "must be a number"))
    }
  }

  /// The number that a scalar is, if it is at least 0 and at most 1.
  ///
  /// - Throws: `CatalogError` for anything else.
  func fraction(named name: String) throws(CatalogError) -> Double {
    let value = try number(named: name)
    guard (0...1).contains(value) else {
      throw error(notValid(name, "\(looseValue)", "must be a fraction, from 0 to 1"))
    }
    return value
  }

  /// The text of a scalar.
  var text: String? { if case .scalar(let text, _) = content { text } else { nil } }

  /// The value without its position.
  var looseValue: LooseValue {
    switch content {
    case .scalar(let text, isPlain: true): LooseValue(plain: text)
    case .scalar(let text, isPlain: false): .string(text)
    case .list(let nodes): .array(nodes.map(\.looseValue))
    case .mapping(let pairs):
      .object(Dictionary(pairs.map { ($0.key.text ?? "", $0.value.looseValue) }) { first, _ in first })
    }
  }
}

extension YAMLNode {
  /// Parses a file of one document.
  ///
  /// Anchors and aliases are refused before anything is composed, because nested aliases can stand for more nodes than
  /// fit in memory. The check is textual, so that text must not contain a word that begins with `&`.
  ///
  /// - Throws: `CatalogError` for anything that is not one plain YAML document.
  init(parsing file: CatalogFile) throws(CatalogError) {
    guard file.text.utf8.count <= CatalogFile.largest.count else {
      throw CatalogError(file: file.display, problem: "is larger than the \(CatalogFile.largest) that are read")
    }
    try Self.refuseAnchors(file)
    let node: Node?
    do {
      // Passed explicitly, because the default is looked up in the environment on every call.
      node = try compose(yaml: file.text, .basic, .default, .utf8)
    } catch let error as YamlError {
      throw CatalogError(error, file: file.display)
    } catch {
      throw CatalogError(file: file.display, problem: "\(error)")
    }
    guard let node else { throw CatalogError(emptyFile: file) }
    try self.init(node, file: file.display, depth: 0)
    if case .scalar("", isPlain: true) = content { throw CatalogError(emptyFile: file) }
  }

  private init(_ node: Node, file: String, depth: Int) throws(CatalogError) {
    let mark = node.mark
    self.init(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1, content: .list([]))
    guard depth <= Self.deepest else { throw error("nested deeper than \(Self.deepest)") }
    switch node {
    case .scalar(let scalar): content = .scalar(scalar.string, isPlain: scalar.style == .plain)
    case .sequence(let sequence):
      var nodes: [YAMLNode] = []
      for node in sequence { nodes.append(try YAMLNode(node, file: file, depth: depth + 1)) }
      content = .list(nodes)
    case .mapping(let mapping):
      var pairs: [(key: YAMLNode, value: YAMLNode)] = []
      for (key, value) in mapping {
        pairs.append(
          (try YAMLNode(key, file: file, depth: depth + 1), try YAMLNode(value, file: file, depth: depth + 1)))
      }
      content = .mapping(pairs)
    case .alias: throw error("anchors and aliases are not accepted")
    }
  }

  private static func refuseAnchors(_ file: CatalogFile) throws(CatalogError) {
    guard file.text.utf8.contains(UInt8(ascii: "&")) else { return }
    var line = 1, column = 0
    var previous = UInt8(ascii: " ")
    var isComment = false
    let bytes = Array(file.text.utf8)
    for (index, byte) in bytes.enumerated() {
      if byte & 0xC0 != 0x80 { column += 1 }
      let startsWord = previous <= 0x20 || "[{,:-?".utf8.contains(previous)
      if byte == UInt8(ascii: "#"), previous <= 0x20 { isComment = true }
      if byte == UInt8(ascii: "&"), startsWord, !isComment, index + 1 < bytes.count, bytes[index + 1] > 0x20 {
        throw CatalogError(
          file: file.display, line: line, column: column,
          problem: "anchors and aliases are not accepted, nor is text with a word that begins with \"&\"")
      }
      if byte == 0x0A {
        line += 1
        column = 0
        isComment = false
      }
      previous = byte
    }
  }
}

extension CatalogError {
  /// The YAML parser's error, with its position.
  init(_ error: YamlError, file: String) {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let text = context.map { $0.text + ": " } ?? ""
      self.init(file: file, line: mark.line, column: mark.column, problem: "is not YAML: " + text + problem)
    case .reader(let problem, let offset, _, let yaml):
      let before = yaml.prefix(offset ?? 0)
      let line = 1 + before.count { $0.isNewline }
      let column = 1 + (before.lastIndex { $0.isNewline }.map { before[$0...].count - 1 } ?? before.count)
      self.init(
        file: file, line: offset == nil ? nil : line, column: offset == nil ? nil : column,
        problem: "is not YAML: " + problem)
    case .duplicatedKeysInMapping(let duplicates, let context):
      self.init(
        file: file, line: context.mark.line, column: context.mark.column,
        problem: "the key \"\(excerpt(of: duplicates.first ?? ""))\" stands more than once")
    default:
      self.init(file: file, problem: "is not YAML: \(error)")
    }
  }
}

extension LooseValue {
  /// The meaning of a plain word in a YAML file: null, a boolean, a number in JSON notation, or text.
  init(plain text: String) {
    switch text {
    case "", "~", "null": self = .null
    case "true": self = .boolean(true)
    case "false": self = .boolean(false)
    default:
      self = LooseValue(digits: text) ?? .string(text)
    }
  }
}
