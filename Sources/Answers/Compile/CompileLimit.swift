import Catalog
import Evidence
import Reporting
import VisionTransformer

/// Limits on what one invocation compiles.
enum CompileLimit {
  /// Configurations of a grid or of a shard.
  static let configurations = 10_000
  /// Columns of a frontier, each of which takes two compiles.
  static let columns = 2_000

  static func check(_ count: Int, _ what: String, most: Int) throws(AnswerError) {
    guard count > most else { return }
    throw AnswerError(
      .invalid,
      "\(counted(count, what)) is over the limit of \(grouped(most)); narrow it with --depth, --width, --mlp-width or "
        + "--heads, or take a part with --shard")
  }
}

extension CompileSweep {
  /// The configurations of a grid or of a shard, unless they are too many.
  ///
  /// - Throws: `AnswerError` for too many; `ConfigurationError` as the initializer.
  package static func limited(
    _ grid: Grid, _ catalog: Catalog, shard: Shard?, mode: CompileMode
  ) throws -> CompileSweep {
    if shard == nil { try CompileLimit.check(grid.count, "configuration", most: CompileLimit.configurations) }
    let sweep = try CompileSweep(grid, catalog, shard: shard, mode: mode)
    try CompileLimit.check(sweep.count, "configuration", most: CompileLimit.configurations)
    return sweep
  }
}

extension CompileFrontier {
  /// Checks that the columns are not too many.
  ///
  /// - Throws: `AnswerError`.
  package func checkSize() throws(AnswerError) {
    try CompileLimit.check(size, "column", most: CompileLimit.columns)
  }
}
