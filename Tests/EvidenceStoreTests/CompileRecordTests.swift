import Evidence
import Testing
import VisionTransformer

@testable import EvidenceStore

@Suite struct CompileRecordTests {
  private func record(
    _ outcome: CompileRecord.Outcome, mode: CompileMode = .full, compiler: String = "libtpu 0.0.17.1",
    name: String? = nil
  ) -> CompileRecord {
    let result = measurement()
    return CompileRecord(
      key: key(compiler), mode: mode, configuration: name == nil ? result.configuration : nil,
      provenance: Provenance(source: "libtpu", version: "0.0.17.1"), device: "tpu-v3", limit: Bytes(1 << 34),
      programName: name, programSize: Bytes(5000), outcome: outcome, time: "2026-01-02T03:04:05Z")
  }

  private func key(_ compiler: String = "libtpu 0.0.17.1") -> CompileKey {
    CompileKey(programHash: "abc", compiler: compiler, topology: #"{"name":"v3:2x2"}"#, options: #"{"level":29}"#)
  }

  private let report = CompileReport(
    programHash: "abc", plugin: "libtpu 0.0.17.1",
    compiler: CompilerIdentity(interface: "0.69", platform: "tpu", version: "1", deviceKind: "TPU v3", cores: 8),
    topology: CompileTopology(name: "v3:2x2"), options: CompilerOptions(), log: CompilerLog(), seconds: Seconds(12))

  private func answer(_ result: StepResult? = nil) -> CompileRecord.Outcome {
    .answer(
      CompiledEvidence(
        title: "step", device: "tpu-v3", report: report, verdict: .fits,
        memory: MemoryBreakdown(total: Bytes(3 << 30), limit: Bytes(1 << 34)), stepSeconds: nil,
        provenance: Provenance(source: "libtpu", version: "0.0.17.1"), result: result))
  }

  private func withStore(_ body: (EvidenceStore, String, Int) throws -> Void) throws {
    try withFolder { folder in
      let path = folder + "/s.sqlite"
      let store = try EvidenceStore.open(path: path, mode: .create)
      try body(store, path, try store.beginRun(RunDescription(command: "test", modelVersion: "1")))
    }
  }

  @Test func anAnswerIsEvidenceAndIsKnown() throws {
    try withStore { store, path, run in
      var result = measurement()
      result.evidence = .compiled
      result.provenance = Provenance(source: "libtpu", version: "0.0.17.1", time: "2026-01-02T03:04:05Z")
      #expect(try store.known(key(), mode: .memory) == nil)
      let counts = try store.record(record(answer(result)), run: run)
      #expect(counts == RunCounts(new: 1))
      #expect(try store.all() == [result])
      let known = KnownCompile.answer(report: report.json, mode: .full, time: "2026-01-02T03:04:05Z")
      // What was compiled in full answers also for its memory.
      #expect(try store.known(key(), mode: .full) == known)
      #expect(try store.known(key(), mode: .memory) == known)
      #expect(try store.known(key("libtpu 0.0.32"), mode: .full) == nil)
      #expect(try column(path, "SELECT outcome FROM compiles") == ["fits"])
      #expect(try store.integrityProblems() == [])
    }
  }

  @Test func memoryAloneIsNoFullAnswer() throws {
    try withStore { store, path, run in
      try store.record(record(answer(), mode: .memory, name: "step.mlir"), run: run)
      #expect(try column(path, "SELECT total_gib FROM compiles") == ["3.0"])
      #expect(try store.known(key(), mode: .memory) != nil)
      #expect(try store.known(key(), mode: .full) == nil)
      // A program of one's own is no configuration's evidence.
      #expect(try store.all() == [])
    }
  }

  @Test func aFailureIsKnownUntilThereIsAnAnswer() throws {
    try withStore { store, path, run in
      try store.record(record(.failed(reason: "crashed", explanation: "signal 6")), run: run)
      #expect(try store.known(key(), mode: .full) == .failed(reason: "crashed", explanation: "signal 6"))
      #expect(try store.failedCompiles(run: run) == 1)
      #expect(try column(path, "SELECT why FROM compiles") == ["crashed: signal 6"])
      try store.record(record(answer(), name: "step.mlir"), run: run)
      guard case .answer? = try store.known(key(), mode: .full) else {
        throw StoreError.unreadableRow(path: path, detail: "no answer")
      }
    }
  }

  @Test(arguments: [
    "UPDATE compile SET mode = 'half'", "UPDATE compile SET verdict = NULL", "UPDATE compile SET report = 'none'",
    "UPDATE compile SET reason = 'crashed'",
  ])
  func theTableRefusesWhatIsNoCompile(sql: String) throws {
    try withStore { store, path, run in
      try store.record(record(answer(), name: "step.mlir"), run: run)
      try store.close()
      #expect(throws: (any Error).self) { try sqlite(path, sql) }
    }
  }
}
