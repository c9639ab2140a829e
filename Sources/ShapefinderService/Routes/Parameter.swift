import VisionTransformer

/// A parameter of a query: its name, its possible values and its default.
struct Parameter: Sendable {
  enum Kind: Sendable {
    /// Text, such as a name.
    case text(example: String)
    /// One of a few words. Synonyms are accepted too, as on the command line.
    case choice([String])
    /// A whole number within bounds.
    case whole(ClosedRange<Int>)
    /// `true` or `false`.
    case flag
    /// Numbers of a grid's axis, as on the command line.
    case axis(example: String)
    /// A size of memory, in bytes unless it has a unit.
    case size(example: String)
  }

  /// The name, spelt like the contract's key.
  var name: String
  /// A description in a sentence.
  var summary: String
  /// The possible values.
  var kind: Kind
  /// The default; nil if it varies or there is none.
  var standard: String?

  init(_ name: String, _ summary: String, _ kind: Kind, standard: String? = nil) {
    self.name = name
    self.summary = summary
    self.kind = kind
    self.standard = standard
  }

  init(_ key: Configuration.Key, _ summary: String, _ kind: Kind, standard: String? = nil) {
    self.init(key.rawValue, summary, kind, standard: standard)
  }
}

/// The length limit of a parameter's value, in bytes of UTF-8.
let longestValue = 1024

/// The values in a query, checked against the parameters of its route.
struct Values: Sendable {
  private var texts: [String: String] = [:]

  /// Reads a query.
  ///
  /// - Throws: `Problem` for an unknown or repeated key, for text that is not percent-encoded UTF-8, and for an invalid
  ///   value.
  init(query: String?, _ parameters: [Parameter]) throws(Problem) {
    guard let query, !query.isEmpty else { return }
    for part in query.split(separator: "&", omittingEmptySubsequences: true) {
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let key = Self.decoded(halves[0]), let value = Self.decoded(halves.count == 2 ? halves[1] : "") else {
        throw Problem(
          .badRequest, key: nil, value: "\"\(excerpt(of: String(part)))\"", rule: "is not percent-encoded UTF-8")
      }
      guard let parameter = parameters.first(where: { $0.name == key }) else {
        let known = parameters.map(\.name), near = closeNames(to: key, among: known)
        let hint =
          near.isEmpty
          ? (known.isEmpty ? "; there are none" : "; there are " + known.joined(separator: ", ")) : didYouMean(near)
        throw Problem(.badRequest, key: excerpt(of: key), value: nil, rule: "is not a parameter of this address" + hint)
      }
      guard texts[key] == nil else { throw Problem(.badRequest, key: key, value: nil, rule: "is given twice") }
      guard value.utf8.count <= longestValue else {
        throw Problem(
          .badRequest, key: key, value: "\"\(excerpt(of: value))\"", rule: "must have at most \(longestValue) bytes")
      }
      guard !value.isEmpty else { throw Problem(.badRequest, key: key, value: "\"\"", rule: "must not be empty") }
      try Self.check(value, parameter)
      texts[key] = value
    }
  }

  /// The text of a parameter; nil if it was not given.
  subscript(name: String) -> String? { texts[name] }
  /// The text of a configuration's key; nil if it was not given.
  subscript(key: Configuration.Key) -> String? { texts[key.rawValue] }

  /// The number of an integer parameter; nil if it was not given.
  func whole(_ name: String) -> Int? { texts[name].flatMap { Int($0) } }
  /// Whether a flag is set.
  func flag(_ name: String) -> Bool { texts[name] == "true" }

  private static func check(_ value: String, _ parameter: Parameter) throws(Problem) {
    func fail(_ rule: String) -> Problem {
      Problem(.unprocessableContent, key: parameter.name, value: "\"\(excerpt(of: value))\"", rule: rule)
    }
    switch parameter.kind {
    case .text, .choice, .axis, .size: break
    case .flag: guard value == "true" || value == "false" else { throw fail("must be true or false") }
    case .whole(let bounds):
      let digits = value.hasPrefix("-") ? value.dropFirst() : value[...]
      guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        throw fail("must be a whole number")
      }
      guard let number = Int(value), bounds.contains(number) else {
        throw fail("must be between \(bounds.lowerBound) and \(bounds.upperBound)")
      }
    }
  }

  /// Decodes a part of a query: `%2F` is a slash, `+` a space.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    var rest = text.utf8.makeIterator()
    while let byte = rest.next() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(0x20)
      case UInt8(ascii: "%"):
        guard let high = rest.next().flatMap(hexadecimal), let low = rest.next().flatMap(hexadecimal) else {
          return nil
        }
        bytes.append(high << 4 | low)
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }
}
