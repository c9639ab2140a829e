import HTTPTypes
import Reporting
import Yams

/// The OpenAPI 3.1 document of the service, made from the table of routes.
///
/// Source: OpenAPI Specification 3.1.0.
struct OpenAPI: Sendable {
  /// The document.
  static let document = OpenAPI(Route.all)

  /// The document as JSON.
  let json: [UInt8]
  /// The document as YAML.
  let yaml: [UInt8]

  init(_ routes: [Route]) {
    let tree = Self.tree(routes)
    var writer = JSONWriter()
    tree.write(to: &writer)
    writer.lineBreak()
    json = writer.bytes
    yaml = Array(tree.yaml.utf8)
  }
}

/// A document as a tree that preserves the order of keys.
indirect enum Tree: Sendable {
  case object([(String, Tree)])
  case list([Tree])
  case text(String)
  case integer(Int)
  case boolean(Bool)

  func write(to writer: inout JSONWriter) {
    switch self {
    case .object(let members):
      writer.beginObject()
      for (key, value) in members {
        writer.key(key)
        value.write(to: &writer)
      }
      writer.endObject()
    case .list(let elements):
      writer.beginArray()
      for element in elements { element.write(to: &writer) }
      writer.endArray()
    case .text(let text): writer.string(text)
    case .integer(let number): writer.integer(number)
    case .boolean(let value): writer.boolean(value)
    }
  }

  /// The tree as YAML.
  var yaml: String { (try? Yams.serialize(node: node, width: 120)) ?? "" }

  private var node: Node {
    switch self {
    case .object(let members):
      .mapping(Node.Mapping(members.map { (Node($0.0), $0.1.node) }))
    case .list(let elements): .sequence(Node.Sequence(elements.map(\.node)))
    // Quoted, so that readers do not take a word such as `none` for a null, or a string of digits for a number.
    case .text(let text): .scalar(Node.Scalar(text, Tag(.str), .doubleQuoted))
    case .integer(let number): .scalar(Node.Scalar("\(number)", Tag(.int)))
    case .boolean(let value): .scalar(Node.Scalar("\(value)", Tag(.bool)))
    }
  }
}
