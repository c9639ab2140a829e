import Compilation
import Evidence
import VisionTransformer
import WorkerProcess

/// Whoever compiles programs: a plugin in a worker of its own, or the stand-in of a test.
package protocol CompileRunning: Sendable {
  /// The compiler, such as `libtpu 0.0.17.1`.
  var title: String { get }
  /// Where its evidence comes from, except for the time.
  func provenance(_ options: CompilerOptions) -> Provenance
  /// Compiles `program` on this thread, which must live as long as the compile.
  func run(
    _ program: CompileProgram, topology: CompileTopology, settings: CompileSettings, stop: WorkerStopSignal,
    progress: (CompileProgress) -> Void
  ) -> CompileOutcome
}

extension Compiler: CompileRunning {
  package var title: String { plugin.title }
  package func provenance(_ options: CompilerOptions) -> Provenance { plugin.provenance(options) }
}

/// What of the store's knowledge counts as an answer.
package struct KnownAnswers: Sendable, Hashable {
  /// Whether evidence of before does.
  package var evidence: Bool
  /// Whether a failure of before does.
  package var failures: Bool

  /// What counts; both where left out.
  package init(evidence: Bool = true, failures: Bool = true) {
    self.evidence = evidence
    self.failures = failures
  }
}

/// Sees how compiles go: what is expected, what runs, what it says, and that nothing happened for a while.
package protocol CompileObserver {
  /// Work that is still to come.
  mutating func expect(_ index: Int, weight: Double, mode: CompileMode)
  /// A question is looked up or compiled.
  mutating func begin(_ index: Int, _ title: String, weight: Double, mode: CompileMode)
  /// Its compile says something.
  mutating func hear(_ index: Int, _ progress: CompileProgress)
  /// It is over, and took `seconds`; nil where the answer was known.
  mutating func finish(_ index: Int, seconds: Double?)
  /// A fifth of a second has gone by.
  mutating func tick()
  /// All are over, or an error has ended them.
  mutating func end()
}
