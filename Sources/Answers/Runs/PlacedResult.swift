import VisionTransformer

/// A result of a file, with its place.
struct PlacedResult {
  /// The file's name without its ending, and the line, such as `tpu-v3-frontier:12`.
  var place: String
  /// The result.
  var result: StepResult

  /// The results of NDJSON or CSV.
  ///
  /// - Throws: `AnswerError` for a source that cannot be read or a line that is not a result.
  static func read(_ source: ResultSource, directory: some ShapeDirectory) throws -> [PlacedResult] {
    var lines = try ResultLines(source, directory: directory, stop: .never), results: [PlacedResult] = []
    let file = source.name.split(separator: "/").last ?? "", name = file.prefix { $0 != "." }
    while let line = try lines.next() {
      switch line {
      case .success(let result): results.append(PlacedResult(place: "\(name):\(lines.answered)", result: result))
      case .failure(let error): throw AnswerError(.badData, "\(source.name): \(error.message)")
      }
    }
    return results
  }
}
