import EvidenceStore
import Foundation

/// The start of the next page of results, encoded as opaque text.
///
/// It belongs to one question and holds no secret: it names a row of the store, and is checked when it comes back.
struct PageToken {
  let place: ResultPlace
  /// The question that the token belongs to: with the token of another question, results would be skipped.
  let question: String

  init(_ place: ResultPlace, question: String) {
    self.place = place
    self.question = question
  }

  /// Decodes `text`; nil if it is not a token of this question.
  init?(_ text: String, question: String) {
    let plain = text.replacing("-", with: "+").replacing("_", with: "/")
    let padding = String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
    guard let data = Data(base64Encoded: plain + padding), data.count % 8 == 0 else { return nil }
    let words = stride(from: 0, to: data.count, by: 8).map { start in
      data[(data.startIndex + start)..<(data.startIndex + start + 8)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    guard words.count > 1, let place = ResultPlace(numbers: words.dropLast().map { Int(truncatingIfNeeded: $0) }) else {
      return nil
    }
    self.init(place, question: question)
    guard self.text == text else { return nil }
  }

  /// URL-safe Base64 of the place's numbers, with a digest of the numbers and the question.
  ///
  /// Source: RFC 4648, section 5.
  var text: String {
    let numbers = place.numbers.map { UInt64(bitPattern: Int64($0)) }
    let digest = hexadecimal(Array("shapefinder page \(numbers) of \(question)".utf8))
    let words = numbers + [UInt64(digest, radix: 16) ?? 0]
    let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
    return Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
      "=", with: "")
  }
}
