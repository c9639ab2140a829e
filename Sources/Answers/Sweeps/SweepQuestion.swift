import Evidence
import VisionTransformer

/// A grid to be enumerated, measured or compiled as a sweep, checked before anything starts.
package struct SweepQuestion: Sendable {
  /// The kind of sweep.
  package let kind: SweepKind
  /// The arguments of the equivalent command line, from the subcommand on, made from what was understood rather than
  /// what was written.
  package let words: [String]
  /// Configurations of the grid.
  package let total: Int

  /// A sweep over the grid of a question.
  ///
  /// - Parameters:
  ///   - memoryOnly: for a compile, whether it stops once the memory is known.
  ///   - most: limit on the configurations of an enumeration.
  /// - Throws: `AnswerError` with the key, its value and the rule.
  package init(
    _ kind: SweepKind, _ question: GridQuestion, memoryOnly: Bool = false, most: Int, _ context: AnswerContext
  ) throws {
    let name: String?, grid: Grid, limit: Int
    switch kind {
    case .enumerate:
      let searched = try question.searched(context)
      (name, grid, limit) = (searched.name, searched.grid, most)
    case .measure:
      let measured = try MeasuredGrid(question, context)
      (name, grid, limit) = (measured.name, measured.grid, most)
    case .compile:
      (name, grid) = try question.load(context)
      limit = CompileLimit.configurations
    }
    guard grid.count <= limit else {
      throw AnswerError(
        .invalid,
        "\(counted(grid.count, "configuration")) are too many for one sweep, which has room for \(grouped(limit)): narrow "
          + "an axis")
    }
    guard grid.count > 0 else { throw AnswerError(.invalid, "the grid has no configuration") }
    if kind == .compile {
      do { _ = try CompileSweep(grid, context.catalog) } catch { throw AnswerError(error) }
    }
    if memoryOnly, kind != .compile {
      throw AnswerError(
        ConfigurationError(
          key: "memory", value: "true", rule: "is of a compile, which can end once the memory is known"))
    }
    self.kind = kind
    total = grid.count
    words = [kind.rawValue] + question.commandWords(kind, name: name) + (memoryOnly ? ["--memory"] : [])
  }
}

extension GridQuestion {
  /// The arguments that ask about the grid, whose name in the catalog is `name`.
  fileprivate func commandWords(_ kind: SweepKind, name: String?) -> [String] {
    var words: [String] = []
    if let name { words += kind == .enumerate ? [name] : ["--grid", name] }
    func add(_ key: String, _ value: String?) {
      if let value { words += ["--" + key.optionName, value] }
    }
    // Without a grid's name, one number for each axis would be a single shape, which has a single batch.
    let isOneShape = name == nil && depth.map { Int($0) != nil } ?? false
    add("depth", isOneShape ? depth.map { "\($0)..\($0)" } : depth)
    for (key, text) in [("width", width), ("mlpWidth", mlpWidth), ("heads", heads), ("patch", patch)] { add(key, text) }
    add("device", setting.device)
    add("batch", setting.batch.map { "\($0)" })
    add("imageSize", setting.imageSize.map { "\($0)" })
    add("head", setting.head)
    add("classes", setting.classes.map(String.init))
    add("optimizer", setting.optimizer)
    add("precision", setting.precision)
    add("gradientClipping", setting.gradientClipping)
    add("rematerialization", setting.rematerialization)
    add("layers", setting.layers)
    add("dataParallel", setting.dataParallel.map(String.init))
    add("memoryLimit", setting.memoryLimit?.exactText)
    add("compiler", setting.compiler)
    return words
  }
}
