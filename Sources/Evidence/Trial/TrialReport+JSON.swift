extension TrialReport {
  /// The report as one JSON object.
  public var json: String { WireJSON.text(self) }

  /// Reads a stored report.
  ///
  /// - Throws: `DecodingError`.
  public init(json: String) throws { self = try WireJSON.value(TrialReport.self, json.utf8) }
}
