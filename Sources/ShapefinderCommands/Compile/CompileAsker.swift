import Compilation
import Evidence
import EvidenceStore
import Foundation
import VisionTransformer
import WorkerProcess

/// Asks a compiler, or the store where it knows the answer; from any thread.
struct CompileAsker: Sendable {
  /// Who is asked.
  let compiler: Compiler
  /// What the compiler is told, how long it may take.
  let settings: CompileSettings
  /// Where answers are looked up; nil for nowhere.
  let store: EvidenceStore?
  /// Whether answers, and failures, of before count.
  let knowsAnswers: Bool
  let knowsFailures: Bool
  /// When to stop.
  let stop: WorkerStopSignal

  /// What was asked, and what came of it.
  struct Asked: Sendable {
    var question: CompileQuestion
    var mode: CompileMode
    var key: CompileKey
    var programSize: Bytes
    var options: CompilerOptions
    var outcome: Outcome
  }

  /// What came of a question.
  enum Outcome: Sendable {
    /// The store has the answer.
    case known(CompileReport, time: String)
    /// The store has no answer, but an attempt that failed.
    case knownFailure(String)
    /// The compiler was asked.
    case ended(CompileOutcome)
    /// It cannot be asked.
    case refused(ConfigurationError)
    /// The store could not be read.
    case unreadable(StoreError)
  }

  /// Writes the program, looks it up, and compiles it where nobody knows.
  func ask(
    _ question: CompileQuestion, mode: CompileMode, progress: (CompileProgress) -> Void = { _ in }
  ) -> Asked {
    let options = question.options(settings.options)
    var asked = Asked(
      question: question, mode: mode, key: CompileKey(programHash: "", compiler: "", topology: "", options: ""),
      programSize: .zero, options: options, outcome: .ended(.stopped))
    let program: CompileProgram, topology: CompileTopology
    do throws(ConfigurationError) {
      program = try question.program()
      topology = try question.topology
    } catch {
      asked.outcome = .refused(error)
      return asked
    }
    asked.programSize = Bytes(program.bytes.count)
    asked.key = CompileKey(
      programHash: program.hash, compiler: compiler.plugin.title, topology: topology.json, options: options.json)
    do throws(StoreError) {
      if let known = try known(asked.key, mode) {
        asked.outcome = known
        return asked
      }
    } catch {
      asked.outcome = .unreadable(error)
      return asked
    }
    if stop.isRequested() { return asked }
    var own = settings
    own.options = options
    own.mode = mode == .full ? .full : .memory
    let outcome = compiler.run(program, topology: topology, settings: own, stop: stop, progress: progress)
    // What was to stop early and came to its end has told all.
    if outcome.report?.isComplete == true { asked.mode = .full }
    asked.outcome = .ended(outcome)
    return asked
  }

  private func known(_ key: CompileKey, _ mode: CompileMode) throws(StoreError) -> Outcome? {
    guard knowsAnswers, let store else { return nil }
    switch try store.known(key, mode: mode) {
    case nil: return nil
    case .failed(let reason, let explanation)?:
      return knowsFailures ? .knownFailure("\(reason): \(explanation)") : nil
    case .answer(let json, _, let time)?:
      // A report of another version of this program is asked again.
      guard let report = try? CompileReport(json: json) else { return nil }
      return .known(report, time: time)
    }
  }
}
