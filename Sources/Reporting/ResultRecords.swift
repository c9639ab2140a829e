import VisionTransformer

/// Reads results back from the CSV that `ResultWriter` writes.
public struct ResultRecords: Sendable {
  private let columns: [Column]
  private let directory: any ShapeDirectory

  private struct Column: Sendable {
    var key: String
    var kind: Kind
  }

  private enum Kind: Sendable { case text, number, flag, list, error, passedOver }

  /// Columns with literal text; `provenance.notes` holds a list, `flags` are booleans, all others are numbers.
  private static let texts: Set<String> = [
    "shape", "device", "head", "optimizer", "precision", "gradientClipping", "rematerialization", "layers", "evidence",
    "verdict", "provenance.source", "provenance.version", "provenance.speaksFor", "provenance.host", "provenance.time",
  ]
  private static let lists: Set<String> = ["provenance.notes"]
  private static let flags: Set<String> = ["disturbed", "memoryOnly"]
  /// The column for errors, as `check --configurations` writes it.
  private static let error = "error"

  /// Records under a header: `Listing.results.keys` in any order; missing columns are unknown.
  ///
  /// - Throws: `ConfigurationError` for a column that is not a key of a result, or occurs twice.
  public init(header: [String?], directory: any ShapeDirectory) throws(ConfigurationError) {
    self.directory = directory
    let known = Listing.results.keys + [Self.error] + Self.passedOver
    var columns: [Column] = []
    for (index, key) in header.map({ $0 ?? "" }).enumerated() {
      // Some spreadsheets write a byte order mark.
      let key = index == 0 && key.hasPrefix("\u{FEFF}") ? String(key.dropFirst()) : key
      guard known.contains(key) else {
        throw ConfigurationError(
          key: "", value: "the column \"\(excerpt(of: key))\"",
          rule: "is not a key of a result" + suggestion(for: key, among: known)
            + "; the first line names the columns, such as \(known.prefix(4).joined(separator: ","))")
      }
      guard !columns.contains(where: { $0.key == key }) else {
        throw ConfigurationError(key: "", value: "the column \"\(key)\"", rule: "stands twice")
      }
      columns.append(Column(key: key, kind: Self.kind(of: key)))
    }
    self.columns = columns
  }

  /// The columns that `check` adds to a result.
  private static let passedOver = CheckReport.listing(.one).keys.filter { !Listing.results.keys.contains($0) }

  private static func kind(of key: String) -> Kind {
    if passedOver.contains(key) { return .passedOver }
    if texts.contains(key) { return .text }
    if lists.contains(key) { return .list }
    if flags.contains(key) { return .flag }
    return key == error ? .error : .number
  }

  /// The result of a record.
  ///
  /// - Throws: `ConfigurationError`; also if a shape's name and its numbers disagree.
  public func result(_ fields: [String?]) throws(ConfigurationError) -> StepResult {
    guard fields.count == columns.count else {
      throw ConfigurationError(
        key: "", value: "this record", rule: "has \(fields.count) fields, the first line has \(columns.count)")
    }
    var object: [String: LooseValue] = [:]
    var nested: [String: [String: LooseValue]] = [:]
    for (column, field) in zip(columns, fields) {
      guard let field, column.kind != .passedOver else { continue }
      guard column.kind != .error else {
        throw ConfigurationError(
          key: "", value: "this record", rule: "is an error, not a result: \(excerpt(of: field))")
      }
      let value = Self.value(field, column.kind)
      if let point = column.key.firstIndex(of: ".") {
        nested[String(column.key[..<point]), default: [:]][String(column.key[column.key.index(after: point)...])] =
          value
      } else {
        object[column.key] = value
      }
    }
    // The numbers of a shape accompany its name, and are the shape if it has none.
    if let numbers = nested.removeValue(forKey: "shape") {
      if object["shape"] == nil { object["shape"] = .object(numbers) }
      object.merge(numbers) { $1 }
    }
    for (key, values) in nested { object[key] = .object(values) }
    return try StepResult(.object(object), directory: directory)
  }

  private static func value(_ field: String, _ kind: Kind) -> LooseValue {
    switch kind {
    case .text, .error, .passedOver: .string(field)
    case .list: .array(CSVList.elements(field).map { .string($0) })
    case .flag: field == "true" ? .boolean(true) : field == "false" ? .boolean(false) : .string(field)
    case .number: LooseValue(digits: field) ?? .string(field)
    }
  }
}
