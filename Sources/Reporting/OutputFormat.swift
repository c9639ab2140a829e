/// The output formats of every subcommand.
public enum OutputFormat: String, Sendable, Hashable, CaseIterable {
  /// For people: tables, bars, maps.
  case table
  /// One JSON document: an array of the rows, or a single object if the answer is one.
  case json
  /// One JSON object on each line.
  case ndjson
  /// RFC 4180 with a header row; nested keys are flattened as `memory.total`.
  case csv

  /// Whether rows are written as they come, rather than summarized or delayed in a table.
  public var writesRowByRow: Bool { self != .table }

  /// The number of rows to write if `limit` is given or not; nil for all of them.
  ///
  /// - Parameter standard: default number of rows in a table.
  public func limit(_ limit: Int?, ofTable standard: Int) -> Int? { limit ?? (writesRowByRow ? nil : standard) }
}
