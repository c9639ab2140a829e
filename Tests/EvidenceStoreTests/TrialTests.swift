import Evidence
import Foundation
import GRDB
import Testing
import VisionTransformer

@testable import EvidenceStore

@Suite struct TrialTests {
  private let detail = EvidenceDetail(aspect: EvidenceDetail.Aspect(rawValue: "trial"), json: #"{"steps":[]}"#)

  private func trial(_ outcome: TrialRecord.Outcome, of result: StepResult = measurement()) -> TrialRecord {
    TrialRecord(
      configuration: result.configuration, provenance: result.provenance, outcome: outcome,
      time: "2026-01-02T03:04:05Z",
      request: #"{"threads":2}"#)
  }

  private func withStore(_ body: (EvidenceStore, String, Int) throws -> Void) throws {
    try withFolder { folder in
      let path = folder + "/s.sqlite"
      let store = try EvidenceStore.open(path: path, mode: .create)
      try body(store, path, try store.beginRun(RunDescription(command: "test", modelVersion: "1")))
    }
  }

  @Test func aTrialIsEvidenceWithItsDetails() throws {
    try withStore { store, path, run in
      let result = measurement()
      #expect(try store.known(result.configuration, measuredBy: result.provenance) == nil)
      #expect(try store.record(trial(.evidence(result, details: [detail])), run: run) == RunCounts(new: 1))
      #expect(try store.all() == [result])
      let known = try #require(try store.known(result.configuration, measuredBy: result.provenance))
      guard case .evidence(let stored) = known else { throw StoreError.unreadableRow(path: path, detail: "\(known)") }
      #expect(stored.result == result && stored.run == run)
      #expect(try store.details(of: stored.id) == [detail])
      #expect(try store.run(run).counts == RunCounts(new: 1))
      #expect(
        try column(
          path, "SELECT printf('%s|%s|%s|%.1f|%.2f', outcome, why, name, images_per_second, step_ms) FROM trials")
          == ["completed||ViT-Ti/16|6.9|437.10"])
      #expect(try store.integrityProblems() == [])
    }
  }

  @Test func aFailedTrialIsKnownUntilThereIsEvidence() throws {
    try withStore { store, path, run in
      let result = measurement()
      let failure = TrialRecord.Outcome.failed(reason: "crashed", explanation: "signal 11")
      #expect(try store.record(trial(failure), run: run) == RunCounts())
      #expect(
        try store.known(result.configuration, measuredBy: result.provenance)
          == .failed(reason: "crashed", explanation: "signal 11"))
      #expect(try store.all() == [])
      #expect(try column(path, "SELECT why FROM trials") == ["crashed: signal 11"])
      try store.record(trial(.evidence(result)), run: run)
      let known = try store.known(result.configuration, measuredBy: result.provenance)
      guard case .evidence? = known else { throw StoreError.unreadableRow(path: path, detail: "\(known as Any)") }
      #expect(try store.trialCounts() == ["failed": 1, "completed": 1])
      #expect(try store.trialCounts(run: run + 1) == [:])
    }
  }

  @Test func measuringAgainIsARevisionAndTheNewestIsKnown() throws {
    try withStore { store, _, run in
      try store.record(trial(.evidence(measurement(seconds: 0.5), details: [detail])), run: run)
      let again = EvidenceDetail(aspect: detail.aspect, json: #"{"steps":[1]}"#)
      #expect(
        try store.record(trial(.evidence(measurement(seconds: 0.4), details: [again])), run: run)
          == RunCounts(new: 1, revised: 1))
      let result = measurement()
      guard case .evidence(let stored)? = try store.known(result.configuration, measuredBy: result.provenance) else {
        return #expect(Bool(false))
      }
      #expect(stored.result.stepSeconds == Seconds(0.4))
      #expect(try store.details(of: stored.id) == [again])
    }
  }

  /// A detail with a reading of a yardstick, as a trial's report has it, in seconds.
  private func yardstick(_ before: Double, _ after: Double, best: Double, name: String = "copy", tries: Int? = nil)
    -> EvidenceDetail
  {
    let repetitions =
      tries.map { ",\"repetitions\":[\(Array(repeating: "{}", count: $0).joined(separator: ","))]" } ?? ""
    return EvidenceDetail(
      aspect: detail.aspect,
      json: #"{"yardstick":{"name":"\#(name)","before":\#(before),"after":\#(after),"best":\#(best)}\#(repetitions)}"#)
  }

  @Test func theYardstickOfATrialIsHeldAgainstTheBestOfItsMachine() throws {
    try withStore { store, path, run in
      let result = measurement()
      #expect(try store.bestYardstick("copy", measuredBy: result.provenance) == nil)
      // The first trials could not know how fast the machine can be.
      let details = [
        yardstick(0.005, 0.006, best: 0.005), yardstick(0.002, 0.0025, best: 0.002, tries: 3),
        yardstick(0.001, 0.001, best: 0.001, name: "other"), detail,
      ]
      for (index, detail) in details.enumerated() {
        var one = measurement()
        one.configuration.shape.depth = index + 1
        try store.record(trial(.evidence(one, details: [detail]), of: one), run: run)
      }
      #expect(try store.bestYardstick("copy", measuredBy: result.provenance) == Seconds(0.002))
      #expect(try store.bestYardstick("other", measuredBy: result.provenance) == Seconds(0.001))
      var elsewhere = result.provenance
      elsewhere.host = "elsewhere"
      #expect(try store.bestYardstick("copy", measuredBy: elsewhere) == nil)
      // An engine that is faster runs on the same machine.
      var newer = result.provenance
      newer.version = "77"
      #expect(try store.bestYardstick("copy", measuredBy: newer) == Seconds(0.002))
      #expect(
        try column(path, "SELECT ifnull(yardstick, '-') || ' ' || tries FROM trials ORDER BY id")
          == ["3.0 1", "1.25 3", "1.0 1", "- 1"])
    }
  }

  @Test func theViewSaysWhetherATrialIsToBeDoubted() throws {
    try withStore { store, path, run in
      // The words of notes decide nothing.
      for (index, isDisturbed) in [true, false, false].enumerated() {
        var one = measurement()
        one.configuration.shape.depth = index + 1
        (one.provenance.isDisturbed, one.provenance.notes) = (isDisturbed, index == 2 ? ["disturbed: no"] : [])
        try store.record(trial(.evidence(one), of: one), run: run)
      }
      #expect(
        try column(path, "SELECT disturbed || ifnull(notes, '') FROM trials ORDER BY id") == [
          "1", "0", #"0["disturbed: no"]"#,
        ])
    }
  }

  @Test func anotherProvenanceOrConfigurationIsNotTheSame() throws {
    try withStore { store, _, run in
      let result = measurement()
      try store.record(trial(.evidence(result)), run: run)
      var other = result.provenance
      other.speaksFor = "3 threads"
      #expect(try store.known(result.configuration, measuredBy: other) == nil)
      other = result.provenance
      other.host = "elsewhere"
      #expect(try store.known(result.configuration, measuredBy: other) == nil)
      var configuration = result.configuration
      configuration.memoryLimit = nil
      #expect(try store.known(configuration, measuredBy: result.provenance) == nil)
    }
  }

  @Test func aRowThatCannotBeStoredLeavesNoTrace() throws {
    try withStore { store, path, run in
      var result = measurement()
      result.memory.total = Bytes(-1)
      #expect(throws: StoreError.self) { try store.record(trial(.evidence(result)), run: run) }
      let bad = EvidenceDetail(aspect: detail.aspect, json: "no JSON")
      #expect(throws: StoreError.self) { try store.record(trial(.evidence(measurement(), details: [bad])), run: run) }
      #expect(throws: StoreError.self) { try store.record(trial(.evidence(measurement())), run: run + 1) }
      let tables = ["configuration", "provenance", "evidence", "trial", "run_range"]
      let rows = try tables.map { try column(path, "SELECT count(*) FROM \($0)").first }
      #expect(rows == Array(repeating: "0", count: tables.count))
    }
  }

  @Test(arguments: [
    "UPDATE trial SET outcome = 'maybe'", "UPDATE trial SET reason = NULL", "UPDATE trial SET revision = 1",
    "UPDATE trial SET request = 'none'", "UPDATE trial SET run_id = 9",
  ])
  func theTableRefusesWhatIsNoTrial(sql: String) throws {
    try withStore { store, path, run in
      try store.record(trial(.failed(reason: "killed", explanation: "signal 9")), run: run)
      try store.close()
      #expect(throws: (any Error).self) { try sqlite(path, sql) }
    }
  }

  /// Before version 7 notes alone said that a trial was disturbed, or a compile stopped early.
  @Test func notesOfAnOldStoreBecomeColumns() throws {
    try withFolder { folder in
      let path = folder + "/old.sqlite", newer = folder + "/newer.sqlite"
      let stopped = "the compile was stopped once its memory was known; sizes have the digits of the compiler's log"
      var results = [
        measurement(), measurement(seconds: 0.5), measurement(), compile(), compile(compiler: "2"), estimate(),
      ]
      for index in results.indices {
        results[index].provenance.isDisturbed = false
        results[index].provenance.notes =
          [
            ["plain", "disturbed: 48 of 50 steps were held up"], ["measured 2 times"], ["disturbed: it did not run"],
            [stopped, "program 12"], [stopped + ", almost"], ["disturbed: ", stopped],
          ][index]
      }
      results[2].stepSeconds = nil
      let store = try EvidenceStore.open(path: newer, mode: .create)
      try store.add(results)
      try store.close()
      let queue = try DatabaseQueue(path: path)
      try StoreSchema.migrator.migrate(queue, upTo: StoreSchema.migrations[5].name)
      try queue.writeWithoutTransaction { db in
        try db.execute(sql: "ATTACH '\(newer)' AS newer")
        for table in ["run", "setting", "configuration", "provenance", "note", "evidence", "run_range"] {
          let columns = try db.columns(in: table).map(\.name).joined(separator: ", ")
          try db.execute(sql: "INSERT INTO \(table) (\(columns)) SELECT \(columns) FROM newer.\(table)")
        }
      }
      try queue.close()
      results[0].provenance.isDisturbed = true
      results[3].provenance.isOfMemoryOnly = true
      let old = try EvidenceStore.open(path: path, mode: .readOnly)
      #expect(try Set(old.all()) == Set(results))
      #expect(try Set(old.evidence(.compiled)) == Set(results[3...4]))
      #expect(try Set(old.evidence(.measured, of: results[0].configuration)) == Set(results[..<3]))
      try old.close()
      #expect(try column(path, "PRAGMA user_version") == ["6"])
      let current = try EvidenceStore.open(path: path, mode: .readWrite)
      #expect(try Set(current.all()) == Set(results))
      // The same evidence again is confirmed.
      #expect(try current.add(results).1 == RunCounts(confirmed: results.count))
      try current.close()
      #expect(
        try column(path, "SELECT ifnull(disturbed, '-') || ifnull(memory_only, '-') FROM results ORDER BY 1")
          == ["--", "--", "-0", "-1", "0-", "1-"])
    }
  }

  @Test(arguments: 1..<StoreSchema.version) func anOldStoreIsReadAsItIsAndBroughtUpToDateByTheFirstWriting(version: Int)
    throws
  {
    try withFolder { folder in
      let path = folder + "/s.sqlite"
      let queue = try DatabaseQueue(path: path)
      try StoreSchema.migrator.migrate(queue, upTo: StoreSchema.migrations[version - 1].name)
      try queue.close()
      let old = try EvidenceStore.open(path: path, mode: .readOnly)
      #expect(try old.count() == 0 && old.runs().isEmpty)
      try old.close()
      #expect(try column(path, "PRAGMA user_version") == ["\(version)"])
      let store = try EvidenceStore.open(path: path, mode: .readWrite)
      let run = try store.beginRun(RunDescription(command: "test", modelVersion: "1"))
      try store.record(trial(.evidence(measurement())), run: run)
      #expect(try column(path, "PRAGMA user_version") == ["\(StoreSchema.version)"])
      #expect(try column(path, "SELECT count(*) FROM trials") == ["1"])
    }
  }
}
