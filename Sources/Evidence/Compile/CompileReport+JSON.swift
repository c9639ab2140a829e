extension CompileReport {
  /// The report as one JSON object.
  public var json: String { WireJSON.text(self) }

  /// Reads a stored report.
  ///
  /// - Throws: `DecodingError`.
  public init(json: String) throws { self = try WireJSON.value(CompileReport.self, json.utf8) }

  /// Whether the compiler finished: it compiled the program, or ran out of memory.
  public var isComplete: Bool { compiled != nil || outOfMemory != nil }
}

extension CompilerOptions {
  /// The options as one JSON object with sorted keys.
  public var json: String { WireJSON.text(self) }
}

extension CompileTopology {
  /// The topology as one JSON object with sorted keys.
  public var json: String { WireJSON.text(self) }
}
