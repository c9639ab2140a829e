import Foundation
import Logging
import Reporting

/// Writes the log as text or as JSON, one line for each event.
package struct LineLog: LogHandler {
  /// The formats of a line.
  package enum Format: String, Sendable, CaseIterable { case text, json }

  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?
  package var logLevel: Logger.Level
  private let label: String
  private let format: Format
  /// The secret that is never shown, whoever logs it.
  private let token: AccessToken?
  private let write: @Sendable ([UInt8]) -> Void

  /// A log.
  ///
  /// - Parameter write: receives a line with its line break.
  package init(
    label: String, _ format: Format, level: Logger.Level, token: AccessToken?,
    write: @escaping @Sendable ([UInt8]) -> Void
  ) {
    self.label = label
    self.format = format
    logLevel = level
    self.token = token
    self.write = write
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var all = metadata
    if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
    if let own = event.metadata { all.merge(own) { $1 } }
    let time = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    let line = Self.line(
      format,
      [("time", "\(time)"), ("level", "\(event.level)"), ("logger", "\(label)"), ("message", "\(event.message)")],
      all)
    write(Array((token?.hidden(in: line) ?? line).utf8))
  }

  /// Formats a line; metadata keys with a defined order come in that order.
  private static func line(
    _ format: Format, _ head: [(String, String)], _ metadata: Logger.Metadata
  ) -> String {
    func rank(_ key: String) -> Int { order.firstIndex(of: key) ?? order.count }
    let details = metadata.sorted { (rank($0.key), $0.key) < (rank($1.key), $1.key) }
    guard format == Format.json else {
      let words = head.enumerated().map { $0.offset == 3 ? shown($0.element.1, quotes: false) : $0.element.1 }
      return (words + details.map { shown($0.key) + "=" + shown("\($0.value)") }).joined(separator: " ") + "\n"
    }
    var writer = JSONWriter()
    writer.beginObject()
    for (key, value) in head {
      writer.key(key)
      writer.string(value)
    }
    for (key, value) in details {
      writer.key(head.contains { $0.0 == key } ? key + "_" : key)
      Self.write(value, to: &writer)
    }
    writer.endObject()
    writer.lineBreak()
    return writer.text
  }

  private static let order = ["request", "method", "route", "status", "milliseconds", "bytes"]

  private static func write(_ value: Logger.Metadata.Value, to writer: inout JSONWriter) {
    switch value {
    case .string(let text): writer.string(text)
    case .stringConvertible(let number as Int): writer.integer(number)
    case .stringConvertible(let number as Double): writer.value(.number(number))
    case .stringConvertible(let value): writer.string("\(value)")
    case .array(let values):
      writer.beginArray()
      for value in values { write(value, to: &writer) }
      writer.endArray()
    case .dictionary(let members):
      writer.beginObject()
      for (key, value) in members.sorted(by: { $0.key < $1.key }) {
        writer.key(key)
        write(value, to: &writer)
      }
      writer.endObject()
    }
  }

  /// A text that stays on its line and in its field: written as a JSON string unless it is a plain word.
  private static func shown(_ text: String, quotes: Bool = true) -> String {
    let isPlain = text.unicodeScalars.allSatisfy {
      ("!"..."~").contains($0) && $0 != "\"" && $0 != "=" && $0 != "\\" || (!quotes && $0 == " ")
    }
    guard !isPlain || (quotes && text.isEmpty) else { return text }
    var writer = JSONWriter()
    writer.string(text)
    return writer.text
  }
}
