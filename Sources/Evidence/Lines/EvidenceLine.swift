import Foundation
import VisionTransformer

/// A line of an evidence file: a result of the contract, or a configuration that came to no answer.
///
/// What sorts lines is read off the text as this program writes it, so that millions of them are sorted without being
/// decoded. A line that another program wrote is decoded and written anew first.
package struct EvidenceLine: Sendable {
  /// A configuration that came to no answer.
  package struct Failure: Sendable, Hashable, Codable {
    /// The reason as one word, as in a store.
    package var reason: String
    /// The reason in full.
    package var explanation: String
    /// Whether the machine failed, not the question: the same again may succeed.
    package var mayPass: Bool

    /// A failure.
    package init(reason: String, explanation: String, mayPass: Bool) {
      self.reason = reason
      self.explanation = explanation
      self.mayPass = mayPass
    }
  }

  /// What a line is about: two lines with equal keys answer the same question in the same way.
  package struct Key: Sendable, Hashable {
    /// The identity of the configuration.
    package var configuration: UInt64
    /// The kind of evidence, a hash of `compiled` with its quotes.
    package var kind: UInt64
    /// Source, version and what it speaks for, as a hash; the host makes no difference.
    package var origin: UInt64
    /// Whether only the memory is known.
    package var isOfMemoryOnly: Bool
  }

  /// What it is about.
  package let key: Key
  /// Why there is no answer; nil if there is one.
  package let failure: Failure?

  /// What the line before had, which most lines have too, with its hash.
  package struct Memory: Sendable {
    fileprivate var setting: (text: [UInt8], hash: UInt64) = ([], 0)
    fileprivate var origin: (text: [UInt8], hash: UInt64) = ([], 0)
    /// Bytes from the provenance to the end.
    fileprivate var provenance = 0

    /// Nothing yet.
    package init() {}
  }

  /// Reads off a line without its line break; nil if this program did not write it so.
  package init?(_ line: UnsafeRawBufferPointer) {
    var memory = Memory()
    self.init(line, &memory)
  }

  /// The same for one line of many.
  ///
  /// - Parameter memory: what the line before had.
  package init?(_ line: UnsafeRawBufferPointer, _ memory: inout Memory) {
    guard line.first == UInt8(ascii: "{"), line.last == UInt8(ascii: "}"), let start = line.place(of: Marks.device)
    else {
      return nil
    }
    var scan = LineScan(bytes: line, place: start + 1)
    guard let setting = scan.text(until: Marks.width, guess: memory.setting.text) else { return nil }
    let numbers = scan.place
    guard scan.text(until: Marks.evidence, guess: []) != nil else { return nil }
    let end = scan.place
    _ = scan.pass(Marks.evidence)
    guard let kind = scan.text(until: ",", guess: []) else { return nil }
    let kindEnd = scan.place, guessed = line.count - memory.provenance
    guard
      let origin = guessed >= kindEnd && line.has(Marks.provenance, at: guessed)
        ? guessed : line.place(of: Marks.provenance, from: kindEnd)
    else { return nil }
    memory.provenance = line.count - origin
    scan.place = origin + Marks.provenance.utf8CodeUnitCount
    guard let source = scan.text(until: Marks.host, guess: memory.origin.text) else { return nil }
    key = Key(
      configuration: ConfigurationIdentity.of(line[numbers..<end], after: Self.hash(setting, &memory.setting)),
      kind: ConfigurationIdentity.hash(kind), origin: Self.hash(source, &memory.origin),
      isOfMemoryOnly: line.has(Marks.memoryOnly, at: origin - Marks.memoryOnly.utf8CodeUnitCount))
    guard line.has(Marks.failure, at: kindEnd) else {
      failure = nil
      return
    }
    let json = Data(line[(kindEnd + Marks.failure.utf8CodeUnitCount)..<origin])
    guard let failure = try? JSONDecoder().decode(Failure.self, from: json) else { return nil }
    self.failure = failure
  }

  /// Reads one line of many, in whatever form its JSON is; nil if it is neither a result nor a failure.
  ///
  /// - Parameters:
  ///   - memory: what the line before had.
  ///   - strict: reads a result in any form; nil if it is none.
  package static func read(
    _ line: UnsafeRawBufferPointer, _ memory: inout Memory, strict: (UnsafeRawBufferPointer) -> StepResult?
  ) -> EvidenceLine? {
    if let line = EvidenceLine(line, &memory) { return line }
    return strict(line).flatMap { result in text(result).withUnsafeBytes { EvidenceLine($0) } }
  }

  /// The hash of a kind of evidence in a key.
  package static func kind(_ kind: EvidenceKind) -> UInt64 { ConfigurationIdentity.hash(#""\#(kind.rawValue)""#.utf8) }

  /// The line of a result.
  package static func text(_ result: StepResult) -> [UInt8] {
    var writer = JSONWriter()
    writer.result(result)
    return writer.bytes
  }

  /// The line of a configuration that came to no answer.
  package static func text(
    _ configuration: Configuration, _ kind: EvidenceKind, _ failure: Failure, _ provenance: Provenance
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.fields(configuration)
    writer.numbers(configuration.shape)
    writer.key("evidence")
    writer.string(kind.rawValue)
    writer.key("failure")
    writer.beginObject()
    writer.key("reason")
    writer.string(failure.reason)
    writer.key("explanation")
    writer.string(failure.explanation)
    writer.key("mayPass")
    writer.boolean(failure.mayPass)
    writer.endObject()
    writer.key("provenance")
    writer.provenance(provenance)
    writer.endObject()
    return writer.bytes
  }

  /// Whether a line says that there is no answer. No text within a value looks so: its quotes are escaped.
  package static func isFailure(_ line: some Sequence<UInt8>) -> Bool {
    Array(line).withUnsafeBytes { $0.place(of: Marks.failure) != nil }
  }

  /// The hash of a text, which is remembered.
  private static func hash(_ text: UnsafeRawBufferPointer, _ last: inout (text: [UInt8], hash: UInt64)) -> UInt64 {
    if last.text.count != text.count || !text.has(last.text, at: 0) {
      last = (Array(text), ConfigurationIdentity.hash(text))
    }
    return last.hash
  }

  /// Texts that stand between the parts of a line.
  private enum Marks {
    static let device: StaticString = #","device":"#
    static let width: StaticString = #","width":"#
    static let evidence: StaticString = #","evidence":"#
    static let failure: StaticString = #","failure":"#
    static let memoryOnly: StaticString = #","memoryOnly":true"#
    static let provenance: StaticString = #","provenance":{"#
    static let host: StaticString = #","host":"#
  }
}
