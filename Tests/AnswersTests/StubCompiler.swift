import Compilation
import Evidence
import Synchronization
import VisionTransformer
import WorkerProcess

@testable import Answers

/// An in-memory compiler: every program takes the bytes that `bytes` gives, and questions are counted.
final class StubCompiler: CompileRunning {
  let title = "stub 1"
  private let bytes: @Sendable (CompileProgram) -> CompileOutcome
  private let programs = Mutex<[String]>([])

  init(_ bytes: @escaping @Sendable (CompileProgram) -> CompileOutcome) { self.bytes = bytes }

  /// Hashes of the programs that were compiled, in order.
  var asked: [String] { programs.withLock { $0 } }

  func provenance(_ options: CompilerOptions) -> Provenance {
    Provenance(source: "stub", version: "1", speaksFor: title)
  }

  func run(
    _ program: CompileProgram, topology: CompileTopology, settings: CompileSettings, stop: WorkerStopSignal,
    progress: (CompileProgress) -> Void
  ) -> CompileOutcome {
    programs.withLock { $0.append(program.hash) }
    progress(.launched(process: 1))
    return bytes(program)
  }

  /// A finished compile of a program that takes so many bytes.
  static func answer(_ program: CompileProgram, total: Bytes) -> CompileOutcome {
    let memory = CompiledMemory(
      arguments: Bytes(total.count / 4), outputs: .zero, aliased: .zero,
      temporaries: Bytes(total.count - total.count / 4), code: Bytes(1000))
    return .answered(
      CompileReport(
        programHash: program.hash, plugin: "stub 1",
        compiler: CompilerIdentity(interface: "0.69", platform: "stub", version: "1", deviceKind: "stub", cores: 8),
        topology: CompileTopology(name: "v3:2x2"), options: CompilerOptions(),
        compiled: CompiledProgram(memory: memory, cost: [:], seconds: Seconds(1)), log: CompilerLog(),
        seconds: Seconds(2)))
  }
}

/// Counts the events that a display would show.
struct CountingObserver: CompileObserver {
  var expected = 0, begun = 0, heard = 0, ended = 0
  var finished: [Double?] = []

  mutating func expect(_ index: Int, weight: Double, mode: CompileMode) { expected += 1 }
  mutating func begin(_ index: Int, _ title: String, weight: Double, mode: CompileMode) { begun += 1 }
  mutating func hear(_ index: Int, _ progress: CompileProgress) { heard += 1 }
  mutating func finish(_ index: Int, seconds: Double?) { finished.append(seconds) }
  mutating func tick() {}
  mutating func end() { ended += 1 }
}
