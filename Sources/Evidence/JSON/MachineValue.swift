import VisionTransformer

/// One value of a machine-readable row.
public enum MachineValue: Sendable, Hashable {
  /// Unknown.
  case null
  /// Yes or no.
  case boolean(Bool)
  /// A whole number.
  case integer(Int)
  /// Any other number.
  case number(Double)
  /// Text.
  case text(String)
  /// Several values; in CSV they are joined with `; ` (`CSVList`).
  case list([MachineValue])

  /// A size in bytes, or unknown.
  public static func bytes(_ value: Bytes?) -> MachineValue { value.map { .integer($0.count) } ?? .null }
  /// A duration in seconds, or unknown.
  public static func seconds(_ value: Seconds?) -> MachineValue { value.map { .number($0.value) } ?? .null }
  /// Yes, no, or unknown.
  public static func optional(_ value: Bool?) -> MachineValue { value.map { .boolean($0) } ?? .null }
  /// A whole number, or unknown.
  public static func optional(_ value: Int?) -> MachineValue { value.map { .integer($0) } ?? .null }
  /// A number, or unknown.
  public static func optional(_ value: Double?) -> MachineValue { value.map { .number($0) } ?? .null }
  /// Text, or unknown.
  public static func optional(_ value: String?) -> MachineValue { value.map { .text($0) } ?? .null }
}

extension JSONWriter {
  /// Any value.
  public mutating func value(_ value: MachineValue) {
    switch value {
    case .null: null()
    case .boolean(let value): boolean(value)
    case .integer(let value): integer(value)
    case .number(let value): number(value)
    case .text(let value): string(value)
    case .list(let values):
      beginArray()
      for element in values { self.value(element) }
      endArray()
    }
  }
}
