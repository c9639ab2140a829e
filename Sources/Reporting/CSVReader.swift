/// Parses CSV records: the counterpart of `CSVWriter`.
///
/// Source: RFC 4180; lines may also end in a line feed alone.
public enum CSVReader {
  /// Why a record cannot be parsed.
  public struct SyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The offending field, from 1.
    public var field: Int
    /// What is wrong.
    public var problem: String

    /// `field 3: a quote within a field that is not quoted`.
    public var description: String { "field \(field): \(problem)" }
  }

  /// Whether a record continues on the next line, because a quoted field contains a line break.
  public static func continues(_ line: some Sequence<UInt8>) -> Bool {
    line.reduce(false) { $1 == UInt8(ascii: "\"") ? !$0 : $0 }
  }

  /// The fields of one record, without its line break; nil for a field that is empty and unquoted.
  ///
  /// - Throws: `SyntaxError`.
  public static func fields(_ record: [UInt8]) throws(SyntaxError) -> [String?] {
    let quote = UInt8(ascii: "\""), comma = UInt8(ascii: ",")
    let end = record.last == 0x0D ? record.count - 1 : record.count
    var fields: [String?] = []
    var position = 0
    while true {
      var field: [UInt8] = [], isQuoted = false
      if position < end, record[position] == quote {
        isQuoted = true
        position += 1
        while true {
          guard position < end else {
            throw SyntaxError(field: fields.count + 1, problem: "a quote is opened and never closed")
          }
          if record[position] != quote {
            field.append(record[position])
          } else if position + 1 < end, record[position + 1] == quote {
            field.append(quote)
            position += 1
          } else {
            break
          }
          position += 1
        }
        position += 1
        guard position == end || record[position] == comma else {
          throw SyntaxError(field: fields.count + 1, problem: "text after the closing quote")
        }
      } else {
        while position < end, record[position] != comma {
          guard record[position] != quote else {
            throw SyntaxError(field: fields.count + 1, problem: "a quote within a field that is not quoted")
          }
          field.append(record[position])
          position += 1
        }
      }
      guard let text = String(validating: field, as: UTF8.self) else {
        throw SyntaxError(field: fields.count + 1, problem: "not UTF-8")
      }
      fields.append(field.isEmpty && !isQuoted ? nil : text)
      guard position < end else { return fields }
      position += 1
    }
  }
}
