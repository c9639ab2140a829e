import Compilation
import Evidence
import Reporting
import Synchronization
import VisionTransformer

/// A grid that tasks share: what each of its configurations is to be asked, and how long that is expected to take.
package struct ShardedQuestion: Sendable {
  /// What is done with every configuration.
  package let kind: SweepKind
  /// Name of the grid in the catalog; nil for a user's own axes.
  package let name: String?
  /// The grid.
  package let grid: Grid
  /// For a compile, whether it stops once the memory is known.
  package let isOfMemoryOnly: Bool
  /// Processors that a task uses.
  package let processors: Int
  /// Memory of a task; nil if the step decides.
  package let memory: Bytes?
  /// Expected seconds of one configuration, before others are known.
  let seconds: @Sendable (Configuration) -> Double

  /// Estimates of a grid: a microsecond each.
  package static func enumerating(_ searched: SearchedGrid) -> ShardedQuestion {
    ShardedQuestion(
      kind: .enumerate, name: searched.name, grid: searched.grid, isOfMemoryOnly: false, processors: 1,
      memory: Bytes(1 << 30), seconds: { _ in 1e-6 })
  }

  /// Compiles of a grid, `jobs` at a time in each task.
  ///
  /// - Throws: `AnswerError` if one of them cannot be compiled.
  package static func compiling(
    _ grid: Grid, name: String?, mode: CompileMode, jobs: Int, _ context: AnswerContext
  ) throws -> ShardedQuestion {
    do { _ = try CompileSweep(grid, context.catalog) } catch { throw AnswerError(error) }
    return ShardedQuestion(
      kind: .compile, name: name, grid: grid, isOfMemoryOnly: mode == .memory,
      processors: jobs * CompileClock.processors,
      memory: Bytes(jobs * (4 << 30))
    ) { CompileClock.weight($0, mode: mode) / Double(jobs) }
  }

  /// Trials of a grid, timed as the catalog's description of the machine estimates them.
  package static func measuring(
    _ grid: MeasuredGrid, _ plan: TrialPlan, _ context: AnswerContext
  ) -> ShardedQuestion {
    let estimates = Mutex(MachineEstimates(context.catalog, threads: plan.threads)), steps = plan.progressSteps
    return ShardedQuestion(
      kind: .measure, name: grid.name, grid: grid.grid, isOfMemoryOnly: false, processors: plan.threads, memory: nil
    ) { configuration in startSeconds + steps.duration(step: estimates.withLock { $0.weight(configuration) }) }
  }

  /// Seconds from the start of a worker to its first step, as trials on two processors show.
  private static let startSeconds = 0.5

  /// The kind of its evidence.
  var evidence: EvidenceKind {
    switch kind {
    case .enumerate: .estimated
    case .measure: .measured
    case .compile: .compiled
    }
  }

  /// Counts the configurations, and deals them out.
  ///
  /// - Throws: errors from `body`, which receives the identity of each configuration, in the grid's order.
  func walk(_ body: (UInt64, Configuration) throws -> Void) rethrows {
    var identity = ConfigurationIdentity()
    for column in grid.columns {
      for configuration in column.configurations { try body(identity(configuration), configuration) }
    }
  }
}
