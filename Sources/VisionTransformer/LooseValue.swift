/// Any value of a JSON or YAML document, decoded without judgement, so that errors can name the key and quote the value.
public indirect enum LooseValue: Sendable, Hashable, Decodable {
  /// `null`.
  case null
  /// `true` or `false`.
  case boolean(Bool)
  /// A whole number.
  case integer(Int)
  /// Any other number.
  case number(Double)
  /// Text.
  case string(String)
  /// A list.
  case array([LooseValue])
  /// Keys and values, in no order.
  case object([String: LooseValue])

  /// Decodes whatever stands there.
  public init(from decoder: any Decoder) throws {
    if let keyed = try? decoder.container(keyedBy: AnyKey.self) {
      var object: [String: LooseValue] = [:]
      for key in keyed.allKeys { object[key.stringValue] = try keyed.decode(LooseValue.self, forKey: key) }
      self = .object(object)
    } else if var list = try? decoder.unkeyedContainer() {
      var values: [LooseValue] = []
      while !list.isAtEnd { values.append(try list.decode(LooseValue.self)) }
      self = .array(values)
    } else {
      let single = try decoder.singleValueContainer()
      if single.decodeNil() {
        self = .null
      } else if let value = try? single.decode(Bool.self) {
        self = .boolean(value)
      } else if let value = try? single.decode(Int.self) {
        self = .integer(value)
      } else if let value = try? single.decode(Double.self) {
        self = .number(value)
      } else {
        self = .string(try single.decode(String.self))
      }
    }
  }

  private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

extension LooseValue: CustomStringConvertible {
  /// The value as a person would write it, on one line and cut to some 60 characters.
  public var description: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): "\"" + excerpt(of: value) + "\""
    case .array(let values): "a list of \(values.count)"
    case .object(let values): "an object of \(values.count) keys"
    }
  }
}

/// `text` for an error message: at most 60 of its characters, each of them visible.
///
/// Counts Unicode scalars, because a single `Character` of hostile input can be megabytes long.
public func excerpt(of text: String) -> String {
  var result = ""
  for (count, scalar) in text.unicodeScalars.enumerated() {
    if count == 60 { return result + "..." }
    result.append(visible: scalar)
  }
  return result
}
