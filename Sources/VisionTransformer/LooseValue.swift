/// Any value of a JSON or YAML document, decoded without interpretation, so that errors can name the key and quote the
/// value.
public indirect enum LooseValue: Sendable, Hashable {
  /// `null`.
  case null
  /// `true` or `false`.
  case boolean(Bool)
  /// A whole number, exactly: `8`, `8.0` or `8e0`.
  case integer(Int)
  /// Any other number: not whole, or too large for an `Int`. `written` is the original text where the nearest double
  /// would print differently: 8.000000000000000001.
  case number(Double, written: String? = nil)
  /// Text.
  case string(String)
  /// A list.
  case array([LooseValue])
  /// Keys and values, unordered.
  case object([String: LooseValue])
}

extension LooseValue: CustomStringConvertible {
  /// The value as a person would write it, on one line and cut to about 60 characters.
  public var description: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value, let written): written.map(excerpt(of:)) ?? "\(value)"
    case .string(let value): "\"" + excerpt(of: value) + "\""
    case .array(let values): "a list of \(values.count)"
    case .object(let values): "an object of \(counted(values.count, "key"))"
    }
  }
}

/// `text` for an error message: at most 60 characters, all made visible.
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
