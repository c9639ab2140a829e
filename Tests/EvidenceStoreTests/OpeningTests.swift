import EvidenceStore
import Foundation
import Testing
import VisionTransformer

@Suite struct OpeningTests {
  @Test func aNewFileCarriesIdentifierAndVersionAndIsInWALMode() throws {
    try withFolder { folder in
      let path = folder + "/s.sqlite"
      try EvidenceStore.open(path: path, mode: .create).close()
      #expect(try column(path, "PRAGMA application_id") == ["1399353446"])
      #expect(try column(path, "PRAGMA user_version") == ["9"])
      #expect(try column(path, "PRAGMA journal_mode") == ["wal"])
      #expect(EvidenceStore.applicationID == 1_399_353_446)
      #expect(EvidenceStore.schemaVersion == 9)
    }
  }

  @Test(arguments: [EvidenceStore.Mode.readOnly, .readWrite])
  func aMissingFileIsNamed(mode: EvidenceStore.Mode) throws {
    try withFolder { folder in
      let path = folder + "/none.sqlite"
      #expect(storeError { _ = try EvidenceStore.open(path: path, mode: mode) } == .missing(path: path))
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test(arguments: EvidenceStore.Mode.allCases)
  func aDirectoryIsNoStore(mode: EvidenceStore.Mode) throws {
    try withFolder { folder in
      #expect(storeError { _ = try EvidenceStore.open(path: folder, mode: mode) } == .directory(path: folder))
    }
  }

  /// The first request of a service may be answered while its first sweep creates the store.
  @Test func whoGlancesWhileAStoreIsCreatedFindsNothingOrTheStore() throws {
    try withFolder { folder in
      for round in 0..<100 {
        let path = folder + "/\(round).sqlite"
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
          #expect(throws: Never.self) {
            if thread == 0 {
              try EvidenceStore.open(path: path, mode: .create).close()
            } else {
              while try EvidenceStore.glance(at: path, { try $0.count() }) == nil {}
            }
          }
        }
      }
    }
  }

  @Test func aMissingFolderIsNamed() throws {
    try withFolder { folder in
      let path = folder + "/none/s.sqlite"
      #expect(
        storeError { _ = try EvidenceStore.open(path: path, mode: .create) }
          == .cannotOpen(path: path, detail: "there is no folder \(folder)/none"))
    }
  }

  @Test(arguments: ["", "a\0b"])
  func aPathThatNamesNoFileIsRefused(path: String) {
    guard case .invalidPath = storeError({ _ = try EvidenceStore.open(path: path, mode: .create) }) else {
      Issue.record("\(path.debugDescription) was opened")
      return
    }
  }

  @Test(
    arguments: EvidenceStore.Mode.allCases, ["# a text\n", "SQLite format 4\0" + String(repeating: "x", count: 4096)])
  func aFileThatIsNoDatabaseIsRefusedAndKept(mode: EvidenceStore.Mode, content: String) throws {
    try withFolder { folder in
      let path = folder + "/notes.txt"
      try Data(content.utf8).write(to: URL(fileURLWithPath: path))
      #expect(storeError { _ = try EvidenceStore.open(path: path, mode: mode) } == .notADatabase(path: path))
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(content.utf8))
    }
  }

  @Test(arguments: EvidenceStore.Mode.allCases)
  func anotherProgramsDatabaseIsRefusedAndKept(mode: EvidenceStore.Mode) throws {
    try withFolder { folder in
      let path = folder + "/other.sqlite"
      try sqlite(path, "PRAGMA application_id = 252006673; CREATE TABLE t (x); INSERT INTO t VALUES (7)")
      let before = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(
        storeError { _ = try EvidenceStore.open(path: path, mode: mode) }
          == .foreign(path: path, applicationID: 252_006_673))
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }
  }

  @Test func aDatabaseWithoutIdentifierButWithTablesIsAnotherPrograms() throws {
    try withFolder { folder in
      let path = folder + "/other.sqlite"
      try sqlite(path, "CREATE TABLE t (x)")
      #expect(
        storeError { _ = try EvidenceStore.open(path: path, mode: .create) } == .foreign(path: path, applicationID: 0))
    }
  }

  @Test(arguments: EvidenceStore.Mode.allCases)
  func aNewerFileIsRefusedAndKept(mode: EvidenceStore.Mode) throws {
    try withFolder { folder in
      let path = folder + "/s.sqlite"
      let store = try EvidenceStore.open(path: path, mode: .create)
      try store.add([estimate()])
      try store.close()
      try sqlite(path, "PRAGMA user_version = 10; CREATE TABLE future (x)")
      let error = storeError { _ = try EvidenceStore.open(path: path, mode: mode) }
      #expect(error == .newer(path: path, found: 10, supported: 9))
      #expect("\(try #require(error))".contains("schema version 10, this program knows versions to 9"))
      #expect(try column(path, "SELECT count(*) FROM evidence") == ["1"])
    }
  }

  @Test func anEmptyFileBecomesAStoreOnlyWhenItIsOpenedForWriting() throws {
    try withFolder { folder in
      let path = folder + "/s.sqlite"
      try Data().write(to: URL(fileURLWithPath: path))
      #expect(
        storeError { _ = try EvidenceStore.open(path: path, mode: .readOnly) }
          == .empty(path: path))
      #expect("\(StoreError.empty(path: path))".contains("is an empty file"))
      try EvidenceStore.open(path: path, mode: .create).close()
      #expect(try EvidenceStore.open(path: path, mode: .readOnly).count() == 0)
    }
  }

  @Test(arguments: [100, 5000, 60_000])
  func aTruncatedFileIsDamaged(length: Int) throws {
    try withFolder { folder in
      let path = try filled(folder)
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      try #require(whole.count > 100_000)
      try whole.prefix(length).write(to: URL(fileURLWithPath: path))
      let error = storeError { _ = try EvidenceStore.open(path: path, mode: .readWrite).all() }
      guard case .damaged(path, _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test func corruptedPagesAreDamageAndNotATrap() throws {
    try withFolder { folder in
      let path = try filled(folder)
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      for index in 8192 * 3..<bytes.count { bytes[index] = UInt8(truncatingIfNeeded: index &* 37) }
      try bytes.write(to: URL(fileURLWithPath: path))
      let error = storeError {
        let store = try EvidenceStore.open(path: path, mode: .readOnly)
        #expect(try !store.integrityProblems().isEmpty)
        _ = try store.all()
      }
      guard case .damaged(path, _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test func bytesFlippedAnywhereEndInAnswersOrStoreErrors() throws {
    try withFolder { folder in
      let path = try filled(folder)
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      var random = SplitMix64(state: 2106)
      var refused = 0
      for _ in 0..<60 {
        var bytes = whole
        // Half of the flips in the header and the schema, where most of the meaning is.
        for flip in 0..<40 {
          let end = flip % 2 == 0 ? 8192 * 4 : bytes.count
          bytes[Int.random(in: 16..<end, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        let damaged = folder + "/damaged.sqlite"
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: damaged + suffix) }
        try bytes.write(to: URL(fileURLWithPath: damaged))
        do {
          let store = try EvidenceStore.open(path: damaged, mode: .readWrite)
          _ = try store.integrityProblems()
          _ = try store.runs()
          _ = try store.summary()
          _ = try store.all()
          try store.add([estimate(depth: 3), estimate(depth: 2000)])
          try store.close()
        } catch {
          #expect(error is StoreError, "\(error)")
          refused += 1
        }
      }
      #expect(refused > 30)
    }
  }

  @Test func aClosedStoreIsOneFile() throws {
    try withFolder { folder in
      let path = try filled(folder)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["s.sqlite"])
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count > 100_000)
      let store = try EvidenceStore.open(path: path, mode: .readWrite)
      try store.close()
      guard case .failure = storeError({ _ = try store.count() }) else {
        Issue.record("a closed store answered")
        return
      }
    }
  }

  @Test func aWordThatNoEnumerationKnowsIsNamed() throws {
    try withFolder { folder in
      let path = try filled(folder)
      try sqlite(path, "PRAGMA ignore_check_constraints = 1; UPDATE evidence SET verdict = 'perhaps'")
      #expect(
        storeError { _ = try EvidenceStore.open(path: path, mode: .readOnly).all() }
          == .unreadableRow(path: path, detail: "verdict \"perhaps\""))
    }
  }

  @Test func aReaderCannotWrite() throws {
    try withFolder { folder in
      let path = try filled(folder)
      let store = try EvidenceStore.open(path: path, mode: .readOnly)
      #expect(storeError { _ = try store.add([estimate()]) } == .notWritable(path: path))
      #expect(storeError { _ = try store.writer(run: 1) } == .notWritable(path: path))
    }
  }

  @Test func aSecondWriterSeesTheFirstOnesRowsAndBothAreKept() throws {
    try withFolder { folder in
      let path = folder + "/s.sqlite"
      let one = try EvidenceStore.open(path: path, mode: .create)
      let two = try EvidenceStore.open(path: path, mode: .readWrite)
      try one.add([estimate(depth: 1)])
      try two.add([estimate(depth: 2), estimate(depth: 1)])
      try one.add([estimate(depth: 2), estimate(depth: 3)])
      #expect(try one.all() == [1, 2, 3].map { estimate(depth: $0) })
      #expect(try two.all() == (try one.all()))
    }
  }

  @Test func aRelativePathIsFromTheCurrentFolderWhateverItLooksLike() throws {
    let store = storeError { _ = try EvidenceStore.open(path: ":memory:/s.sqlite", mode: .create) }
    let here = FileManager.default.currentDirectoryPath
    #expect(
      store == .cannotOpen(path: here + "/:memory:/s.sqlite", detail: "there is no folder \(here)/:memory:"))
  }

  /// A closed store of 1000 results, some 200 kB.
  private func filled(_ folder: String) throws -> String {
    let path = folder + "/s.sqlite"
    let store = try EvidenceStore.open(path: path, mode: .create)
    try store.add((1...1000).map { estimate(depth: $0) })
    try store.close()
    return path
  }
}

/// The same numbers in every run, so that a failure can be seen again.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
