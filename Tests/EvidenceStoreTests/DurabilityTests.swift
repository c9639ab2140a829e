import Evidence
import Foundation
import GRDB
import Testing
import VisionTransformer

@testable import EvidenceStore

@Suite struct DurabilityTests {
  @Test func aRunWhoseProcessIsGoneIsListedAsInterrupted() throws {
    try withFolder { folder in
      let path = folder + "/s.sqlite"
      let store = try EvidenceStore.open(path: path, mode: .create)
      let ids = try (0..<3).map { _ in try store.beginRun(RunDescription(command: "test", modelVersion: "1")) }
      let gone = Process()
      gone.executableURL = URL(fileURLWithPath: "/bin/true")
      try gone.run()
      gone.waitUntilExit()
      try sqlite(path, "UPDATE run SET process = \(gone.processIdentifier) WHERE id <> \(ids[0])")
      try sqlite(path, "UPDATE run SET host = 'elsewhere' WHERE id = \(ids[2])")
      let reader = try EvidenceStore.open(path: path, mode: .readOnly)
      #expect(try reader.runs().map(\.status) == [.running, .interrupted, .running])
      #expect(try reader.run(ids[1]).status == .interrupted)
    }
  }

  @Test func aFullDiskKeepsWhatIsStoredAndTheRestWaits() throws {
    try withFolder { folder in
      let path = folder + "/s.sqlite"
      let store = try EvidenceStore.open(path: path, mode: .create)
      try store.add((1...100).map { estimate(depth: $0) })
      let run = try store.beginRun(RunDescription(command: "test", modelVersion: "1"))
      let pages = try store.write { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
      try limit(store, to: pages + 2)
      let writer = try store.writer(run: run)
      try writer.append(estimate(depth: 101))
      for depth in 102...5000 { try writer.append(estimate(depth: depth)) }
      let error = storeError { try writer.flush() }
      #expect(error == .full(path: path, unsavedRows: writer.pendingRows))
      #expect(writer.pendingRows > 4000)
      let kept = 5000 - writer.pendingRows
      #expect(try store.count() == kept)
      #expect(try store.run(run).counts.new == kept - 100)
      #expect(try store.integrityProblems() == [])

      try limit(store, to: 1_000_000)
      try writer.flush()
      #expect(writer.pendingRows == 0)
      #expect(try store.all() == (1...5000).map { estimate(depth: $0) })
      #expect(writer.counts == RunCounts(new: 4900))
      #expect(try store.run(run).counts == writer.counts)
    }
  }

  @Test func aFastProducerCommitsInBatchesAndASlowOneRowByRow() throws {
    let store = try EvidenceStore.inMemory()
    let run = try store.beginRun(RunDescription(command: "test", modelVersion: "1"))
    let writer = try store.writer(run: run)
    try writer.append(estimate(depth: 1))
    #expect(try store.count() == 1)
    let start = ContinuousClock.now
    try writer.append(estimate(depth: 2))
    if ContinuousClock.now - start < .milliseconds(400) { #expect(writer.pendingRows == 1) }
    Thread.sleep(forTimeInterval: 0.6)
    try writer.append(estimate(depth: 3))
    #expect(writer.pendingRows == 0)
    #expect(try store.count() == 3)
  }

  @Test func aProcessKilledWhileItWritesLosesNoCommittedBatch() async throws {
    let folder = Self.reachableByAll + "/evidence-store-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/s.sqlite"
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let store = try EvidenceStore.open(path: path, mode: .create)
      let run = try store.beginRun(RunDescription(command: "killed", modelVersion: "1"))
      let writer = try store.writer(run: run)
      let progress = path + ".committed"
      for batch in 0..<1_000_000 {
        // At a moment that no code chooses: nearly all of the time goes into transactions.
        if batch == 5 {
          Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 0.02)
            kill(getpid(), SIGKILL)
          }
        }
        for depth in 1...500 { try writer.append(estimate(depth: depth, width: 16 * (batch + 1))) }
        try writer.flush()
        try "\(500 * (batch + 1))".write(toFile: progress, atomically: true, encoding: .utf8)
      }
    }
    let committed = try #require(Int(try String(contentsOfFile: path + ".committed", encoding: .utf8)))
    #expect(committed >= 2500)
    let store = try EvidenceStore.open(path: path, mode: .readWrite)
    #expect(try store.integrityProblems() == [])
    let kept = try store.count()
    #expect(kept >= committed)
    #expect(kept % 500 == 0)
    #expect(try store.run(1).counts.new == kept)
    // The file still says so, but its process is gone.
    #expect(try column(path, "SELECT status FROM run WHERE id = 1") == ["running"])
    #expect(try store.run(1).status == .interrupted)
    _ = try store.add([estimate()])
    #expect(try column(path, "SELECT status FROM run WHERE id = 1") == ["interrupted"])
    #expect(try store.run(1).status == .interrupted)
  }

  /// Where another user than the superuser can look: TMPDIR may lie in a private folder.
  private static let reachableByAll = getuid() == 0 ? "/tmp" : NSTemporaryDirectory()

  @Test func aReadOnlyPlaceIsReadWithoutATraceAndNotWritten() async throws {
    let folder = Self.reachableByAll + "/evidence-store-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer {
      chmod(folder, 0o755)
      try? FileManager.default.removeItem(atPath: folder)
    }
    let path = folder + "/s#1?.sqlite"
    let store = try EvidenceStore.open(path: path, mode: .create)
    try store.add([estimate(depth: 7)])
    try store.close()
    chmod(path, 0o444)
    chmod(folder, 0o555)
    await #expect(processExitsWith: .success) { [path = path as String, folder = folder as String] in
      // The superuser may write anywhere.
      if getuid() == 0 { setuid(65_534) }
      let reader = try EvidenceStore.open(path: path, mode: .readOnly)
      #expect(try reader.all() == [estimate(depth: 7)])
      #expect(storeError { _ = try EvidenceStore.open(path: path, mode: .readWrite) } == .notWritable(path: path))
      let new = folder + "/new.sqlite"
      #expect(storeError { _ = try EvidenceStore.open(path: new, mode: .create) } == .notWritable(path: new))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["s#1?.sqlite"])
    }
  }

  @Test func aFileWithoutReadPermissionIsNamed() async throws {
    let folder = Self.reachableByAll + "/evidence-store-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/s.sqlite"
    try EvidenceStore.open(path: path, mode: .create).close()
    chmod(path, 0o000)
    await #expect(processExitsWith: .success) { [path = path as String] in
      if getuid() == 0 { setuid(65_534) }
      #expect(
        storeError { _ = try EvidenceStore.open(path: path, mode: .readOnly) }
          == .cannotOpen(path: path, detail: "no permission to read it"))
    }
  }

  @Test func aLockThatDoesNotEndIsBusy() throws {
    try withFolder { folder in
      let path = folder + "/s.sqlite"
      let store = try EvidenceStore.open(path: path, mode: .create)
      let run = try store.beginRun(RunDescription(command: "test", modelVersion: "1"))
      // GRDB takes a transaction that outlives a call for a mistake, unless it is told.
      var patient = GRDB.Configuration()
      patient.allowsUnsafeTransactions = true
      let other = try DatabaseQueue(path: path, configuration: patient)
      try store.writeWithoutTransaction { try $0.execute(sql: "PRAGMA busy_timeout = 50") }
      try other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
      let writer = try store.writer(run: run)
      #expect(storeError { try writer.append(estimate()) } == .busy(path: path))
      #expect(writer.pendingRows == 1)
      try other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
      try writer.flush()
      #expect(try store.count() == 1)
    }
  }

  private func limit(_ store: EvidenceStore, to pages: Int) throws {
    try store.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
  }
}

extension EvidenceStore {
  /// The writer's own connection.
  fileprivate func writeWithoutTransaction(_ body: (Database) throws -> Void) throws {
    try #require(writer).writeWithoutTransaction(body)
  }
}
