import Foundation
import VisionTransformer

/// Reads results by the million: those that this program wrote, of shapes without a name.
///
/// Setting and provenance, which many lines share, are decoded once by a strict reader; between them every key is expected
/// where this program writes it, and every number is read. Any other line is the strict reader's.
package struct ResultScanner: Sendable {
  /// The part of a line that others share, and what it says.
  private struct Shared<Value: Sendable>: Sendable {
    private var known: [UInt64: (text: [UInt8], value: Value)] = [:]
    private var last: (text: [UInt8], value: Value)?
    /// Limit on what is remembered; every line of a file may have its own.
    private static var most: Int { 4096 }

    /// The text that was asked for last.
    var guess: [UInt8] { last?.text ?? [] }

    /// The value of a text; nil if it is not known.
    mutating func value(_ text: UnsafeRawBufferPointer) -> Value? {
      if let last, last.text.count == text.count, text.has(last.text, at: 0) { return last.value }
      guard let found = known[ConfigurationIdentity.hash(text)], found.text.count == text.count,
        text.has(found.text, at: 0)
      else { return nil }
      last = found
      return found.value
    }

    mutating func insert(_ text: UnsafeRawBufferPointer, _ value: Value) {
      if known.count >= Self.most { known.removeAll(keepingCapacity: true) }
      known[ConfigurationIdentity.hash(text)] = (Array(text), value)
    }
  }

  private var settings = Shared<Configuration.Setting>()
  private var origins = Shared<Provenance>()
  private var writer = JSONWriter()

  /// A scanner that knows nothing yet.
  package init() {}

  /// The result of a line without its line break.
  ///
  /// - Parameter strict: reads a line in any form.
  /// - Throws: errors from `strict`.
  package mutating func result<Failure: Error>(
    _ line: UnsafeRawBufferPointer, strict: (UnsafeRawBufferPointer) throws(Failure) -> StepResult
  ) throws(Failure) -> StepResult {
    guard let parts = ScannedResult(line, guess: settings.guess) else { return try strict(line) }
    if let setting = settings.value(parts.setting), let origin = origins.value(parts.origin),
      let result = parts.result(setting, origin), (try? result.configuration.validated()) != nil
    {
      return result
    }
    let result = try strict(line)
    // What is written as it was read says nothing but what was understood.
    if writes(result, line) {
      settings.insert(parts.setting, result.configuration.setting)
      origins.insert(parts.origin, result.provenance)
    }
    return result
  }

  /// Whether a result is written as that line.
  private mutating func writes(_ result: StepResult, _ line: UnsafeRawBufferPointer) -> Bool {
    writer.removeAll()
    writer.result(result)
    return writer.bytes.count == line.count && line.has(writer.bytes, at: 0)
  }
}
