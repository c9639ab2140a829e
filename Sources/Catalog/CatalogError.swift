import VisionTransformer

/// What is wrong with a file of the catalog, and where.
public struct CatalogError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file, as the user would name it.
  public var file: String
  /// Line from 1; nil if the whole file is at fault.
  public var line: Int?
  /// Column from 1.
  public var column: Int?
  /// The key, the value and the rule that it breaks.
  public var problem: String

  /// An error about a file.
  public init(file: String, line: Int? = nil, column: Int? = nil, problem: String) {
    self.file = file
    self.line = line
    self.column = column
    self.problem = problem
  }

  /// An error about an empty file.
  init(emptyFile file: CatalogFile) { self.init(file: file.display, line: 1, column: 1, problem: "is empty") }

  /// `shapes/grids/figure8.yaml:12:9: axes.depth: ...`.
  public var description: String {
    let place = [line, column].compactMap { $0.map { ":\($0)" } }.joined()
    return "\(file)\(place): \(problem)"
  }
}
