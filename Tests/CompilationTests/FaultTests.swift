import Evidence
import Foundation
import Testing
import VisionTransformer
import WorkerProcess

@testable import Compilation

/// Plugins that abort, hang, grow, lie or are not plugins, and how the parent handles them.
final class FaultTests {
  let fake: FakePlugin

  init() throws { fake = try FakePlugin() }
  deinit { fake.remove() }

  private func outcome(
    _ library: String, mode: CompileMode = .full, timeout: Seconds = Seconds(60), memory: Bytes? = nil,
    worker: String = BuildFolder.worker
  ) async throws -> CompileOutcome {
    try await BuildFolder.compiler(library, worker: worker).compile(
      CompileProgram("module {}", partitions: 8), topology: CompileTopology(name: "v3:2x2"),
      settings: CompileSettings(mode: mode, timeout: timeout, residentMemory: memory))
  }

  private func reason(_ outcome: CompileOutcome) -> WorkerFailure.Reason? {
    guard case .failed(let failure) = outcome else { return nil }
    return failure.reason
  }

  @Test func aPluginThatWorksIsRead() async throws {
    let report = try #require(try await outcome(fake.plugin()).report)
    #expect(report.compiler.deviceKind == "fake" && report.compiler.cores == 8 && report.compiler.interface == "0.69")
    let compiled = try #require(report.compiled)
    #expect(compiled.memory.arguments == Bytes(100) && compiled.memory.code == Bytes(7))
    #expect(compiled.memory.total == Bytes(100 + 60 - 50 + 1000))
    #expect(report.verdict(limit: Bytes(1110)) == .fits && report.verdict(limit: Bytes(1109)) == .doesNotFit)
    // A final program that is none costs its readings and nothing else.
    #expect(compiled.schedule == nil)
    #expect(compiled.problem?.contains("no protocol buffer") == true)
  }

  @Test func anAbortIsOneFailure() async throws {
    let outcome = try await outcome(fake.plugin("ABORTS"))
    #expect(reason(outcome) == .crashed(signal: SIGABRT))
    #expect(outcome.failure?.contains("crashed with signal 6") == true)
  }

  @Test func aHangIsEndedAndNamed() async throws {
    #expect(reason(try await outcome(fake.plugin("HANGS"), timeout: Seconds(0.5))) == .timedOut(Seconds(0.5)))
  }

  @Test func aCompileThatTakesTooMuchMemoryIsEndedAndNamed() async throws {
    let most = Bytes(256 << 20)
    #expect(reason(try await outcome(fake.plugin("GROWS"), memory: most)) == .overMemory(most))
  }

  @Test func anExitInThePluginIsOneFailure() async throws {
    #expect(reason(try await outcome(fake.plugin("EXITS", "PRINTS"))) == .exited(code: 7))
  }

  @Test func whatAPluginPrintsIsNoEvent() async throws {
    #expect(try await outcome(fake.plugin("PRINTS")).report != nil)
  }

  @Test func aWorkerThatWritesGarbageIsOneFailure() async throws {
    let worker = try fake.worker("echo 'compiled, all fine'; exec sleep 100")
    #expect(reason(try await outcome(fake.plugin(), worker: worker)) == .garbled("compiled, all fine"))
  }

  @Test func aWorkerThatReadsNothingIsOneFailure() async throws {
    // More than a pipe holds.
    let program = CompileProgram([UInt8](repeating: UInt8(ascii: " "), count: 1 << 20))
    let compiler = try BuildFolder.compiler(fake.plugin(), worker: fake.worker("exec 0<&-; exit 9"))
    let outcome = await compiler.compile(program, topology: CompileTopology(name: "v3:2x2"))
    #expect(reason(outcome) == .exited(code: 9))
  }

  @Test func aRefusalKeepsTheCompilersWords() async throws {
    let outcome = try await outcome(fake.plugin("REFUSES=3"))
    #expect(outcome == .refused(PJRTError(.invalidArgument, "no, because of that")))
    #expect(outcome.failure == "the compiler does not take the program: no, because of that")
  }

  @Test func exhaustionIsAnAnswer() async throws {
    let report = try #require(try await outcome(fake.plugin("REFUSES=8")).report)
    #expect(report.outOfMemory?.message == "no, because of that")
    #expect(report.outOfMemory?.used == nil)
    #expect(report.verdict(limit: Bytes(1 << 40)) == .doesNotFit)
  }

  @Test func aMissingPluginNamesTheCommand() async throws {
    let outcome = try await outcome("/nowhere/libtpu.so")
    #expect(outcome == .unusable(.missing(path: "/nowhere/libtpu.so")))
    #expect(outcome.failure?.contains("shapefinder plugin install tpu") == true)
  }

  @Test func whatIsNoLibraryIsNamed() async throws {
    let path = fake.path("text.so")
    try "this is text".write(toFile: path, atomically: true, encoding: .utf8)
    guard case .unusable(.notALibrary(path, let reason)) = try await outcome(path) else {
      return #expect(Bool(false))
    }
    #expect(!reason.isEmpty)
  }

  @Test func aLibraryWithoutTheFunctionIsNoPlugin() async throws {
    let path = try fake.library("int answer(void) { return 42; }")
    #expect(
      try await outcome(path) == .unusable(.notAPlugin(path: path, reason: "it has no GetPjrtApi")))
  }

  @Test func aPluginThatReturnsNothingIsNone() async throws {
    let path = try fake.plugin("RETURNS_NOTHING")
    #expect(
      try await outcome(path) == .unusable(.notAPlugin(path: path, reason: "GetPjrtApi returns nothing")))
  }

  @Test(arguments: [("MINOR=56", 0, 56), ("MAJOR=1", 1, 69)])
  func anotherVersionOfTheInterfaceIsNamed(definition: String, major: Int, minor: Int) async throws {
    let path = try fake.plugin(definition)
    let outcome = try await outcome(path)
    #expect(outcome == .unusable(.version(path: path, major: major, minor: minor)))
    #expect(outcome.failure?.contains("version 0.57 or later") == true)
  }

  @Test func aTableThatIsShorterThanItsVersionSaysIsNotReadBeyondItsEnd() async throws {
    // To the compile, but without the memory statistics, which are near the end.
    guard case .refused(let error) = try await outcome(fake.plugin("FUNCTIONS=90")) else { return #expect(Bool(false)) }
    #expect(error.code == .unimplemented && error.message.contains("no function 96"))
    let path = try fake.plugin("FUNCTIONS=2")
    #expect(
      try await outcome(path)
        == .unusable(.notAPlugin(path: path, reason: "its table is shorter than its version says")))
  }

  @Test func theMemoryIsReadFromTheLogAndTheCompileStopped() async throws {
    let report = try #require(try await outcome(fake.plugin("LOGS"), mode: .memory).report)
    #expect(report.compiled == nil && report.outOfMemory == nil)
    #expect(report.log.livePeak == Bytes(16_224_238_837) && report.log.peakAfter == Bytes(14_710_000_000))
    #expect(report.log.rematerializedInstructions == 12)
    #expect(report.total == Bytes.gibibytes(14.01))
    #expect(report.verdict(limit: Bytes.gibibytes(15.48)) == .fits)
    #expect(report.verdict(limit: Bytes.gibibytes(14.01)) == .uncertain)
    #expect(report.verdict(limit: Bytes.gibibytes(13.9)) == .doesNotFit)
  }

  @Test func cancellingTheTaskEndsTheWorker() async throws {
    let compiler = try BuildFolder.compiler(fake.plugin("HANGS"))
    let process = Mailbox()
    let task = Task {
      await compiler.compile(CompileProgram("module {}", partitions: 8), topology: CompileTopology(name: "v3:2x2")) {
        if case .launched(let id) = $0 { process.put(id) }
      }
    }
    let id = await process.take()
    task.cancel()
    #expect(await task.value == .stopped)
    #expect(kill(id, 0) == -1 && errno == ESRCH)
  }

  @Test func tooManyPartitionsAreRefused() async throws {
    let compiler = try BuildFolder.compiler(fake.plugin())
    guard
      case .refused(let error) = await compiler.compile(
        CompileProgram("module {}", partitions: 9), topology: CompileTopology(name: "v3:2x2"))
    else { return #expect(Bool(false)) }
    #expect(error.message == "9 partitions on the 8 cores of v3:2x2")
  }

  @Test func aPluginThatIsNotInstalledIsMissing() throws {
    let directory = PluginDirectory(path: fake.path("empty"))
    #expect(throws: PluginMissing(kind: .tpu, version: nil)) { try directory.find(.tpu, environment: [:]) }
    #expect("\(PluginMissing(kind: .tpu, version: "0.0.32"))".contains("plugin install tpu --version 0.0.32"))
    let named = try directory.find(.tpu, environment: [PluginDirectory.variable(.tpu): "/opt/libtpu.so"])
    #expect(named.library == "/opt/libtpu.so")
  }
}

/// A number that one task leaves for another.
private final class Mailbox: Sendable {
  private let stream: AsyncStream<Int32>
  private let continuation: AsyncStream<Int32>.Continuation

  init() { (stream, continuation) = AsyncStream.makeStream() }

  func put(_ value: Int32) { continuation.yield(value) }
  func take() async -> Int32 {
    for await value in stream { return value }
    return 0
  }
}
