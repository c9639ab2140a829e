import Reporting

/// The forms of answers, each a media type and the word that selects it in a link (`format=svg`).
enum Form: String, Sendable, Hashable, CaseIterable {
  case json, ndjson, csv, svg, text, yaml, prometheus, events, problem

  /// The media type, as in `Content-Type`.
  var mediaType: String {
    switch self {
    case .json: "application/json"
    case .ndjson: "application/x-ndjson"
    case .csv: "text/csv; charset=utf-8; header=present"
    case .svg: "image/svg+xml"
    case .text: "text/plain; charset=utf-8"
    case .yaml: "application/yaml"
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    case .events: "text/event-stream"
    case .problem: "application/problem+json"
    }
  }

  /// The corresponding format of the command line; a table if it has none of its own.
  var format: OutputFormat { OutputFormat(rawValue: rawValue) ?? .table }

  /// Whether the form is a picture, and whether it is a single JSON or YAML document: maps and timelines write both
  /// themselves.
  var isPicture: Bool { self == .svg }
  var isDocument: Bool { self == .json || self == .yaml }

  /// The media type without its parameters.
  var essence: String { String(mediaType.prefix { $0 != ";" }) }

  /// The form in `offered` that a client prefers; the first one if it has no preference.
  ///
  /// Source: RFC 9110, section 12.5.1.
  ///
  /// - Returns: nil if the client accepts none of them.
  static func wanted(_ accept: String?, among offered: [Form]) -> Form? {
    guard let accept, !accept.isEmpty else { return offered.first }
    let ranges = accept.split(separator: ",").prefix(64).map(MediaRange.init)
    var best: (form: Form, quality: Double)?
    for form in offered {
      // The most specific range that covers the form decides.
      guard let range = ranges.filter({ $0.covers(form.essence) }).max(by: { $0.rank < $1.rank }) else { continue }
      if range.quality > best?.quality ?? 0 { best = (form, range.quality) }
    }
    return best?.form
  }
}

/// One range of an `Accept` header.
private struct MediaRange {
  var type: Substring
  var subtype: Substring
  var quality: Double

  init(_ text: Substring) {
    let parts = text.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
    let names = (parts.first ?? "").split(separator: "/", maxSplits: 1)
    type = names.first ?? ""
    subtype = names.count == 2 ? names[1] : ""
    let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 }
    quality = min(max(weight ?? 1, 0), 1)
  }

  var rank: Int { type == "*" ? 0 : subtype == "*" ? 1 : 2 }

  func covers(_ essence: String) -> Bool {
    let names = essence.split(separator: "/")
    return (type == "*" && subtype == "*") || (type == names[0] && (subtype == "*" || subtype == names[1]))
  }
}
