import Compilation
import Evidence
import VisionTransformer
import WorkerProcess

/// Compiles programs: a plugin in a separate worker, or a test's stand-in.
package protocol CompileRunning: Sendable {
  /// The compiler, such as `libtpu 0.0.17.1`.
  var title: String { get }
  /// The provenance of its evidence, without the time.
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

/// Which stored results count as answers.
package struct KnownAnswers: Sendable, Hashable {
  /// Whether earlier evidence counts.
  package var evidence: Bool
  /// Whether earlier failures count.
  package var failures: Bool

  /// A choice; both count by default.
  package init(evidence: Bool = true, failures: Bool = true) {
    self.evidence = evidence
    self.failures = failures
  }
}

/// Observes the progress of compiles.
package protocol CompileObserver {
  /// A compile is expected.
  mutating func expect(_ index: Int, weight: Double, mode: CompileMode)
  /// A question is looked up or compiled.
  mutating func begin(_ index: Int, _ title: String, weight: Double, mode: CompileMode)
  /// Its compile reported an event.
  mutating func hear(_ index: Int, _ progress: CompileProgress)
  /// It ended after `seconds`; nil if the answer was known.
  mutating func finish(_ index: Int, seconds: Double?)
  /// Called every fifth of a second.
  mutating func tick()
  /// All ended, or an error ended them.
  mutating func end()
}
