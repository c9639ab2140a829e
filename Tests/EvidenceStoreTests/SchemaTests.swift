import Foundation
import GRDB
import Testing
import VisionTransformer

@testable import EvidenceStore

@Suite struct SchemaTests {
  private func withStore(_ body: (String) throws -> Void) throws {
    try withFolder { folder in
      let path = folder + "/s.sqlite"
      let store = try EvidenceStore.open(path: path, mode: .create)
      try store.add([estimate(), compile(), measurement()])
      try store.add([
        estimate(depth: 30, verdict: .doesNotFit, head: .token, optimizer: .adam),
        estimate(depth: 30, verdict: .uncertain, optimizer: .adamHalf),
        estimate(depth: 30, verdict: .fits),
        estimate(depth: 30, verdict: .doesNotFit, head: .gap),
      ])
      try store.close()
      try body(path)
    }
  }

  @Test func resultsReadAsAPersonExpects() throws {
    try withStore { path in
      let sql = """
        SELECT printf('%s %s: %s of %s GiB, %s/s, %s, %s', name, shape, total_gib, limit_gib,
          ifnull(images_per_second, '?'), verdict, source) FROM results
        """
      let estimated = try column(path, sql + " WHERE evidence = 'estimated' AND configuration_id = 1")
      #expect(
        estimated
          == [" 1664x48x8192 h16 /14: 13.41 of 15.48 GiB, 23.5/s, fits, shapefinder model 1"])
      let compiled = try column(path, sql + " WHERE evidence = 'compiled'")
      #expect(
        compiled
          == ["ViT-G/14 1664x48x8192 h16 /14: 21.58 of 15.48 GiB, ?/s, does-not-fit, libtpu 0.0.17.1"])
    }
  }

  @Test func fitMapHasARowAShapeWithItsThreeSettings() throws {
    try withStore { path in
      let row = try column(
        path,
        """
        SELECT printf('%sx%s %s, %s, %s, %s/s', width, depth, original, half_adam, adafactor, best_images_per_second)
        FROM fit_map WHERE depth = 30
        """)
      #expect(row == ["1664x30 does-not-fit, uncertain, fits, 37.6/s"])
    }
  }

  @Test func latestEvidenceIsOneRowAConfigurationAndKind() throws {
    try withFolder { folder in
      let path = folder + "/s.sqlite"
      let store = try EvidenceStore.open(path: path, mode: .create)
      try store.add([estimate(version: "2"), compile()])
      try store.add([estimate(version: "1")])
      try store.close()
      #expect(
        try column(path, "SELECT kind || ' ' || version FROM latest_evidence ORDER BY 1")
          == ["compiled 0.0.17.1", "estimated 1"])
    }
  }

  @Test func aRunsEvidenceIsListedWithWhatWasNew() throws {
    try withFolder { folder in
      let path = folder + "/s.sqlite"
      let store = try EvidenceStore.open(path: path, mode: .create)
      try store.add((1...10).map { estimate(depth: $0) })
      try store.add((5...12).map { estimate(depth: $0) })
      try store.close()
      #expect(
        try column(path, "SELECT run_id || ':' || count(*) || ':' || sum(is_new) FROM run_evidence GROUP BY run_id")
          == ["1:10:10", "2:8:2"])
      #expect(try column(path, "SELECT command || new_rows || confirmed_rows FROM runs") == ["test26", "test100"])
    }
  }

  @Test func everyNameInAboutCanBeRead() throws {
    try withStore { path in
      let names = try column(path, "SELECT name FROM about").compactMap { $0 }
      #expect(names.count == 12)
      for name in names {
        // Only trials write details, and nothing was compiled.
        let rows = try column(path, "SELECT count(*) FROM \(name)").first
        #expect(rows != "0" || ["evidence_detail", "trial", "trials", "compile", "compiles"].contains(name), "\(name)")
      }
    }
  }

  @Test func theSchemaExplainsItself() throws {
    try withStore { path in
      let undocumented = try column(
        path,
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND sql NOT LIKE '%--%' AND "
          + "name NOT LIKE 'sqlite%' AND name NOT LIKE 'grdb%'")
      #expect(undocumented == [])
      let loose = try column(
        path,
        "SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main' AND NOT strict AND "
          + "name NOT LIKE 'sqlite%' AND name NOT LIKE 'grdb%'")
      #expect(loose == [])
    }
  }

  @Test(arguments: [
    ("head", Head.allCases.map(\.rawValue)), ("optimizer", Optimizer.allCases.map(\.rawValue)),
    ("precision", Precision.allCases.map(\.rawValue)), ("gradient_clipping", GradientClipping.allCases.map(\.rawValue)),
    ("rematerialization", Rematerialization.allCases.map(\.rawValue)), ("layers", Layers.allCases.map(\.rawValue)),
  ])
  func theTablesTakeEveryWordOfTheContractAndNoOther(name: String, words: [String]) throws {
    try withStore { path in
      for word in words {
        try sqlite(path, "UPDATE setting SET batch = 1000 + id, \(name) = '\(word)'")
      }
      #expect(throws: (any Error).self) { try sqlite(path, "UPDATE setting SET \(name) = 'other'") }
    }
  }

  @Test(arguments: [
    "UPDATE configuration SET depth = 0", "UPDATE configuration SET heads = 7", "UPDATE setting SET batch = 'eight'",
    "UPDATE setting SET memory_limit = 0", "UPDATE evidence SET verdict = 'maybe'",
    "UPDATE evidence SET total_bytes = -1", "UPDATE run SET status = 'lost'", "DELETE FROM configuration",
    "INSERT INTO configuration SELECT 99, setting_id, width, depth, mlp_width, heads, patch FROM configuration",
    "UPDATE evidence SET run_id = 77", "UPDATE note SET sentences = 'not json'",
  ])
  func theTablesRefuseWhatIsNotEvidence(sql: String) throws {
    try withStore { path in
      #expect(throws: (any Error).self) { try sqlite(path, sql) }
    }
  }

  @Test(arguments: [(1, "601d60639fb5cde8"), (2, "9e074c942dabc552"), (3, "4b458497bbe892bb")])
  func migrationsAreAppendOnly(version: Int, hash expected: String) throws {
    // The text of a released migration never changes: files that have it would differ from new ones.
    let queue = try DatabaseQueue()
    try StoreSchema.migrator.migrate(queue, upTo: StoreSchema.migrations[version - 1].name)
    let schema = try queue.read { db in
      try String.fetchAll(
        db, sql: "SELECT sql FROM sqlite_master WHERE name NOT LIKE 'grdb%' AND sql IS NOT NULL ORDER BY name")
    }
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in schema.joined(separator: "\n").utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    #expect(String(hash, radix: 16) == expected)
  }

  @Test func theBenchmarkStoresTheSameRowsBothWays() throws {
    try withFolder { folder in
      let comparison = try StoreBenchmark.compare(rows: 2000, rounds: 3, directory: folder)
      #expect(comparison.bare.count == 3 && comparison.store.count == 3)
      #expect(comparison.bare.minimum > 0 && comparison.store.minimum > 0)
      #expect(comparison.store.minimum <= comparison.store.median)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }
  }
}
