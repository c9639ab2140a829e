import Foundation
import VisionTransformer

/// The JSON of reports, between a worker and its parent and in the store.
public enum WireJSON {
  /// `value` on one line; NaN and infinities become the texts `nan` and `inf`.
  public static func text(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  /// The value on a line, read as strictly as all other JSON: no duplicate keys, whole numbers exact.
  ///
  /// - Throws: `JSONSyntaxError`, `DecodingError`.
  public static func value<Value: Decodable>(_ type: Value.Type, _ line: some Collection<UInt8>) throws -> Value {
    try LooseDecoder.decode(type, LooseValue(json: line, atMost: longest))
  }

  /// Longest line that is accepted.
  public static let longest = 16 << 20
}
