/// The forms in which every subcommand writes its answer.
public enum OutputFormat: String, Sendable, Hashable, CaseIterable {
  /// For people: tables, bars, maps.
  case table
  /// One JSON document: an array of the rows, or the one object where the answer is one.
  case json
  /// One JSON object a line.
  case ndjson
  /// RFC 4180 with a header row; nested keys are flattened as `memory.total`.
  case csv

  /// Whether rows are written as they come: a table stands for many of them, or waits for all.
  public var writesRowByRow: Bool { self != .table }

  /// Rows to write where `limit` are asked for; nil for all of them.
  ///
  /// - Parameter standard: rows of a table where nobody asked for a number.
  public func limit(_ limit: Int?, ofTable standard: Int) -> Int? { limit ?? (writesRowByRow ? nil : standard) }
}
