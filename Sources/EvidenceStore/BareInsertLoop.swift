import GRDBSQLite
import VisionTransformer

/// The yardstick of `StoreBenchmark`: inserts through SQLite's C interface and nothing else.
///
/// Source: https://sqlite.org/cintro.html.
final class BareInsertLoop {
  private let path: String
  private var database: OpaquePointer?

  /// A connection to an existing store, with the settings of the store's own connection.
  init(path: String) throws(StoreError) {
    self.path = path
    guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil) == SQLITE_OK else {
      throw failure()
    }
    try execute("PRAGMA synchronous = NORMAL")
    try execute("PRAGMA foreign_keys = ON")
    try execute("PRAGMA wal_autocheckpoint = \(EvidenceStore.checkpointPages)")
    try execute("PRAGMA cache_size = -\(EvidenceStore.cacheKibibytes)")
  }

  deinit { sqlite3_close_v2(database) }

  /// Inserts every row in a single transaction.
  func insert(_ rows: [StepResult], settings: [Int], provenance: Int, run: Int) throws(StoreError) {
    let configurations = try prepare(
      "INSERT INTO configuration (id, setting_id, patch, heads, width, mlp_width, depth) VALUES (?, ?, ?, ?, ?, ?, ?)")
    defer { sqlite3_finalize(configurations) }
    let evidence = try prepare(EvidenceSQL.insertEvidence)
    defer { sqlite3_finalize(evidence) }
    try execute("BEGIN IMMEDIATE")
    for (index, row) in rows.enumerated() {
      let shape = row.configuration.shape
      sqlite3_bind_int64(configurations, 1, Int64(index + 1))
      sqlite3_bind_int64(configurations, 2, Int64(settings[index]))
      sqlite3_bind_int64(configurations, 3, Int64(shape.patch))
      sqlite3_bind_int64(configurations, 4, Int64(shape.heads))
      sqlite3_bind_int64(configurations, 5, Int64(shape.width))
      sqlite3_bind_int64(configurations, 6, Int64(shape.mlpWidth))
      sqlite3_bind_int64(configurations, 7, Int64(shape.depth))
      try step(configurations)
      sqlite3_bind_int64(evidence, 1, Int64(index + 1))
      sqlite3_bind_int64(evidence, 2, Int64(provenance))
      sqlite3_bind_int64(evidence, 3, 1)
      sqlite3_bind_int64(evidence, 4, Int64(run))
      bindVerdict(evidence, row.verdict)
      sqlite3_bind_int64(evidence, 6, Int64(row.parameterCount))
      sqlite3_bind_double(evidence, 7, row.flopsPerImage.count)
      sqlite3_bind_double(evidence, 8, row.stepSeconds?.value ?? 0)
      bindMemory(evidence, row.memory)
      try step(evidence)
    }
    try execute("COMMIT")
  }

  private func bindVerdict(_ statement: OpaquePointer, _ verdict: Verdict) {
    let word: StaticString =
      switch verdict {
      case .fits: "fits"
      case .doesNotFit: "does-not-fit"
      case .uncertain: "uncertain"
      }
    word.withUTF8Buffer { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        // No destructor: the text is static.
        _ = sqlite3_bind_text(statement, 5, $0.baseAddress, Int32($0.count), nil)
      }
    }
  }

  private func bindMemory(_ statement: OpaquePointer, _ memory: MemoryBreakdown) {
    func bind(_ index: Int32, _ value: Bytes?) {
      if let value {
        sqlite3_bind_int64(statement, index, Int64(value.count))
      } else {
        sqlite3_bind_null(statement, index)
      }
    }
    bind(9, memory.total)
    bind(10, memory.limit)
    bind(11, memory.livePeak)
    bind(12, memory.arguments)
    bind(13, memory.parameters)
    bind(14, memory.optimizerState)
    bind(15, memory.inputs)
    bind(16, memory.temporaries)
    bind(17, memory.activations)
    bind(18, memory.gradients)
    bind(19, memory.workspace)
    bind(20, memory.packing)
    bind(21, memory.code)
    bind(22, memory.paddingWaste)
  }

  private func prepare(_ sql: String) throws(StoreError) -> OpaquePointer {
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK, let statement else { throw failure() }
    return statement
  }

  private func step(_ statement: OpaquePointer) throws(StoreError) {
    guard sqlite3_step(statement) == SQLITE_DONE else { throw failure() }
    sqlite3_reset(statement)
  }

  private func execute(_ sql: String) throws(StoreError) {
    guard sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else { throw failure() }
  }

  private func failure() -> StoreError {
    let message = sqlite3_errmsg(database).map { String(cString: $0) } ?? "no message"
    return sqlite3_errcode(database) == SQLITE_FULL
      ? .full(path: path, unsavedRows: 0) : .failure(path: path, detail: message)
  }
}
