import VisionTransformer

/// The error that takes the place of a result if a line of the input could not be answered.
public struct LineError: Error, Sendable, Hashable {
  /// Line of the input, from 1; nil if there are no lines.
  public var line: Int?
  /// Position in a list, from 1; nil if there is no list.
  public var item: Int?
  /// Key of the contract, such as `shape.heads`; nil if the whole line is at fault.
  public var key: String?
  /// The given value.
  public var value: String?
  /// The rule that it breaks, and what to do.
  public var rule: String

  /// An error in `line`.
  public init(line: Int?, item: Int? = nil, key: String? = nil, value: String? = nil, rule: String) {
    self.line = line
    self.item = item
    self.key = key
    self.value = value
    self.rule = rule
  }

  /// A configuration error in `line`.
  public init(line: Int?, item: Int? = nil, _ error: ConfigurationError) {
    self.init(
      line: line, item: item, key: error.key.isEmpty ? nil : error.key, value: error.value, rule: error.rule)
  }

  /// `line 3: shape.heads: 7 is not valid: must divide the width 768`.
  public var message: String {
    let places = [line.map { "line \($0)" }, item.map { "item \($0)" }].compactMap(\.self)
    let place = places.isEmpty ? "" : places.joined(separator: ", ") + ": "
    return switch (key, value) {
    case (let key?, let value?): place + notValid(key, value, rule)
    case (let key?, nil): place + "\(key): \(rule)"
    case (nil, let value?): place + notValid(nil, value, rule)
    case (nil, nil): place + rule
    }
  }

  /// Writes `{"error":{"line":3,"key":"shape.heads","value":"7","rule":"...","message":"..."}}`.
  public func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("error")
    writer.beginObject()
    writer.key("line")
    writer.value(.optional(line))
    // Only for lists, so that readers of answers to lines know every key.
    if let item {
      writer.key("item")
      writer.value(.integer(item))
    }
    writer.key("key")
    writer.value(.optional(key))
    writer.key("value")
    writer.value(.optional(value))
    writer.key("rule")
    writer.string(rule)
    writer.key("message")
    writer.string(message)
    writer.endObject()
    writer.endObject()
  }
}
