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
}
