import VisionTransformer

/// A parameter of a query: its name, what it may be, and what it means where nobody gives it.
struct Parameter: Sendable {
  enum Kind: Sendable {
    /// Text, such as a name.
    case text(example: String)
    /// One of a few words. Other words for the same are understood too, as everywhere.
    case choice([String])
    /// A whole number within bounds.
    case whole(ClosedRange<Int>)
    /// `true` or `false`.
    case flag
    /// Numbers of a grid's axis, in the words of the command line.
    case axis(example: String)
    /// A size of memory, with its unit or in bytes.
    case size(example: String)
  }

  /// Name, as the contract spells the key.
  var name: String
  /// What it is, in a sentence.
  var summary: String
  /// What it may be.
  var kind: Kind
  /// What holds where nobody gives it; nil where that depends, or is nothing.
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

/// The longest value of a parameter, in bytes of UTF-8.
let longestValue = 1024

/// What a query says, checked against the parameters of its route.
struct Values: Sendable {
  private var texts: [String: String] = [:]

  /// Reads a query.
  ///
  /// - Throws: `Problem` for a key that the route does not have or that is there twice, for what is not percent-encoded UTF-8,
  ///   and for a value that its parameter cannot have.
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

  /// The text of a parameter; nil where it was not given.
  subscript(name: String) -> String? { texts[name] }
  /// The text of a key of the contract.
  subscript(key: Configuration.Key) -> String? { texts[key.rawValue] }

  /// The number of a parameter that is a whole one.
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

  /// A part of a query as it was meant: `%2F` is a slash, `+` a blank.
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
