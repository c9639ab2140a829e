/// A named value that goes to a plugin or comes from it.
public enum NamedValue: Sendable, Hashable, Codable {
  /// A text.
  case string(String)
  /// A whole number.
  case integer(Int)
  /// A list of whole numbers.
  case integers([Int])
  /// A number.
  case number(Double)
  /// True or false.
  case boolean(Bool)
}

extension NamedValue {
  /// The value as a person would write it.
  public var text: String {
    switch self {
    case .string(let value): value
    case .integer(let value): "\(value)"
    case .integers(let list): list.map { "\($0)" }.joined(separator: ",")
    case .number(let value): "\(value)"
    case .boolean(let value): "\(value)"
    }
  }

  /// A value from text that a person wrote: true or false, a number, otherwise text.
  public init(parsing text: String) {
    if let value = Bool(text) {
      self = .boolean(value)
    } else if let value = Int(text) {
      self = .integer(value)
    } else if let value = Double(text) {
      self = .number(value)
    } else {
      self = .string(text)
    }
  }
}
