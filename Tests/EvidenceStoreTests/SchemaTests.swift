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

  /// The contract's key in the spelling of SQL.
  private func snake(_ key: String) -> String {
    key.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
  }

  @Test func resultsHaveTheKeysOfTheContract() throws {
    try withStore { path in
      let columns = try Set(column(path, "SELECT name FROM pragma_table_info('results')").compactMap { $0 })
      // Which compiler it speaks for is `speaks_for`.
      let named = ["memory", "provenance", "memoryLimit", "compiler"]
      let keys =
        VisionTransformer.Configuration.Key.allCases.map(\.rawValue)
        + VisionTransformer.Configuration.ShapeKey.allCases.map(\.rawValue) + StepResult.Key.allCases.map(\.rawValue)
      for key in keys where !named.contains(key) { #expect(columns.contains(snake(key)), "\(key)") }
      for part in [StepResult.MemoryKey.total, .limit, .livePeak, .arguments, .temporaries, .paddingWaste] {
        #expect(columns.contains(snake(part.rawValue) + "_gib"), "\(part)")
      }
      // What was asked first of this view, and failed.
      #expect(
        try column(path, "SELECT width || ' ' || mlp_width || ' ' || parameter_count FROM results WHERE depth = 12")
          == ["192 768 5717416"])
    }
  }

  @Test func aQuantityIsSpeltOneWayInTablesAndViews() throws {
    try withStore { path in
      let columns = try column(
        path,
        """
        SELECT DISTINCT c.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
        WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'grdb%'
        """
      ).compactMap { $0 }
      #expect(columns.filter { $0.contains("param") }.sorted() == ["parameter_count", "parameters_bytes"])
      // Every column that is a key of the contract is spelt as one; a size ends in its unit.
      let sizes = StepResult.MemoryKey.allCases.map { snake($0.rawValue) }
      for name in columns {
        for unit in ["_bytes", "_gib", "_mib"] where name.hasSuffix(unit) && name != "program_bytes" {
          #expect((sizes + ["headroom"]).contains(String(name.dropLast(unit.count))), "\(name)")
        }
        #expect(!["remat", "clipping", "mlpWidth", "padding_gib", "million_parameters"].contains(name))
      }
    }
  }

  @Test func fitMapSaysWhatItSaidWhenItGroupedEverything() throws {
    let old = try DatabaseQueue(), queue = try DatabaseQueue()
    try StoreSchema.migrator.migrate(old, upTo: StoreSchema.migrations[3].name)
    try StoreSchema.migrator.migrate(queue)
    let store = EvidenceStore(path: "in memory", reader: queue, writer: queue)
    // Settings that differ in what a map is of, in what it is not, and shapes that some of them lack; kinds and revisions.
    var results: [StepResult] = []
    for (index, head) in Head.allCases.enumerated() {
      for (place, optimizer) in [Optimizer.sgd, .adam, .adamHalf, .adafactor].enumerated() {
        for depth in 1...12 where (depth + index + place) % 4 != 0 {
          for kind in EvidenceKind.allCases where (depth + place) % 3 != 1 || kind == .estimated {
            var result = estimate(depth: depth, head: head, optimizer: optimizer)
            result.evidence = kind
            result.verdict = Verdict.allCases[(depth * 7 + index * 3 + place) % 3]
            if depth % 2 == 0 { result.configuration.batch = 32 }
            if depth % 5 == 0 { result.configuration.memoryLimit = .gibibytes(8) }
            if depth % 7 == 0 { result.stepSeconds = nil }
            results.append(result)
            if depth % 3 == 0 {
              result.verdict = .uncertain
              results.append(result)
            }
          }
        }
      }
    }
    try store.add(results)
    func rows() throws -> [Row] { try queue.read { try Row.fetchAll($0, sql: "SELECT * FROM fit_map") } }
    let oneByOne = try rows()
    let view = try #require(
      try old.read { try String.fetchOne($0, sql: "SELECT sql FROM sqlite_master WHERE name = 'fit_map'") })
    try queue.write { try $0.execute(sql: "DROP VIEW fit_map; " + view) }
    let grouped = try rows()
    #expect(Set(oneByOne.map(\.description)) == Set(grouped.map(\.description)))
    #expect(oneByOne.count == grouped.count && grouped.count >= 24)
  }

  @Test func fitMapGivesItsFirstRowsWithoutLookingAtTheOthers() throws {
    try withStore { path in
      let queue = try DatabaseQueue(path: path)
      let steps = try queue.read { try Row.fetchAll($0, sql: "EXPLAIN QUERY PLAN SELECT * FROM fit_map LIMIT 3") }
        .map { $0["detail"] as String }
      #expect(steps.filter { $0.contains("B-TREE") } == [])
      // The settings, the kinds of evidence; everything else is looked up.
      #expect(Set(steps.filter { $0.hasPrefix("SCAN") }) == ["SCAN s", "SCAN k", "SCAN CONSTANT ROW"], "\(steps)")
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

  private static let empty = ["evidence_detail", "trial", "trials", "compile", "compiles", "sweep", "sweeps"]

  @Test func everyNameInAboutCanBeRead() throws {
    try withStore { path in
      let names = try column(path, "SELECT name FROM about").compactMap { $0 }
      #expect(names.count == 14)
      for name in names {
        // Only trials write details, nothing was compiled, and nobody asked for a sweep.
        let rows = try column(path, "SELECT count(*) FROM \(name)").first
        #expect(rows != "0" || Self.empty.contains(name), "\(name)")
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

  @Test(arguments: [
    (1, "601d60639fb5cde8"), (2, "9e074c942dabc552"), (3, "4b458497bbe892bb"), (4, "c907d6a847fdca9c"),
    (5, "cce15ed9708e967"), (6, "30b024e82cb992d8"),
    (7, "5e2cb2dbbd39f528"), (8, "9ad71a41705013e2"),
  ])
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

  @Test func theCoresOfATPUv4AreSoCalledInAnOlderStore() throws {
    try withFolder { folder in
      let path = folder + "/s.sqlite"
      let queue = try DatabaseQueue(path: path)
      try StoreSchema.migrator.migrate(queue, upTo: StoreSchema.migrations[3].name)
      try queue.write { db in
        try db.execute(
          sql: """
            INSERT INTO setting
            SELECT value, device, 8, 224, 'map', 10, 'adam', 'bfloat16', 'none', 'automatic', 'unrolled', 8, NULL
            FROM (SELECT 1 AS value, 'tpu-v4' AS device UNION SELECT 2, 'tpu-v3')
            """)
        #expect(throws: DatabaseError.self) { try db.execute(sql: "UPDATE setting SET optimizer = 'sgd-momentum'") }
      }
      try queue.close()
      try EvidenceStore.open(path: path, mode: .readWrite).close()
      #expect(try column(path, "SELECT device FROM setting ORDER BY id") == ["tpu-v4-core", "tpu-v3"])
      #expect(try column(path, "PRAGMA integrity_check") == ["ok"])
      #expect(try column(path, "PRAGMA foreign_key_check") == [])
      try sqlite(path, "UPDATE setting SET optimizer = 'sgd-momentum'")
      let names = try column(path, "SELECT name FROM sqlite_master WHERE tbl_name = 'setting' ORDER BY 1")
      #expect(names == ["setting", "setting_identity"])
    }
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
