import Evidence
import GRDB
import VisionTransformer

/// Identifies one row of evidence in its store.
public struct EvidenceID: Sendable, Hashable {
  let configuration: Int
  let provenance: Int
  let revision: Int
}

/// The place of a result in the order of a query. It stays valid whatever is stored later, so that a reader can
/// continue after it and receives no result twice.
public struct ResultPlace: Sendable, Hashable {
  let id: EvidenceID
  /// Position of the run's range, in a query for one run.
  let position: Int?

  /// The place as integers that can be kept.
  public var numbers: [Int] { [id.configuration, id.provenance, id.revision] + (position.map { [$0] } ?? []) }

  /// The place with the given `numbers`; nil if they are invalid.
  public init?(numbers: [Int]) {
    guard (3...4).contains(numbers.count), numbers.allSatisfy({ $0 >= 0 }) else { return nil }
    id = EvidenceID(configuration: numbers[0], provenance: numbers[1], revision: numbers[2])
    position = numbers.count == 4 ? numbers[3] : nil
  }

  init(_ id: EvidenceID, position: Int?) {
    self.id = id
    self.position = position
  }
}

/// A result as it is stored.
public struct StoredResult: Sendable, Hashable {
  /// Its identity in the store.
  public var id: EvidenceID
  /// Its place in the query that found it.
  public var place: ResultPlace
  /// The run that stored it first.
  public var run: Int
  /// The result.
  public var result: StepResult
}

/// The results of a query, read on demand in constant memory.
///
/// A cursor sees the store as it was when the cursor was made, whatever is written meanwhile (an in-memory store: as it
/// is now). Use it from one thread at a time.
public final class ResultCursor {
  /// Number of results that are read at once.
  static let chunk = 512

  private let path: String
  private let reader: any DatabaseReader
  private var statement: RawStatement?
  private var decoder: ResultDecoder
  private var ready: [StoredResult] = []
  private var taken = 0

  init(path: String, reader: any DatabaseReader, query: EvidenceQuery) throws {
    self.path = path
    self.reader = reader
    decoder = ResultDecoder(path: path, hasPosition: query.run != nil)
    statement = try reader.unsafeRead { db in
      let select = try SelectStatement.results(query, in: db)
      // A separate statement, because it stays open between reads.
      let statement = try db.makeStatement(sql: select.sql)
      try statement.setArguments(StatementArguments(select.arguments))
      return RawStatement(statement, db)
    }
  }

  deinit {
    // SQLite must finalize a statement on the thread that owns its connection.
    reader.unsafeReentrantReadIgnoringErrors { statement = nil }
  }

  /// The next result; nil at the end.
  ///
  /// - Throws: `StoreError`.
  public func next() throws(StoreError) -> StepResult? { try nextStored()?.result }

  /// The next result with its identity in the store; nil at the end.
  ///
  /// - Throws: `StoreError`.
  public func nextStored() throws(StoreError) -> StoredResult? {
    if taken == ready.count {
      ready.removeAll(keepingCapacity: true)
      taken = 0
      try StoreError.mapping(path) { try reader.unsafeRead { try fill($0) } }
      if ready.isEmpty { return nil }
    }
    defer { taken += 1 }
    return ready[taken]
  }

  private func fill(_ db: Database) throws {
    guard let open = statement else { return }
    while ready.count < Self.chunk {
      guard try open.step() else {
        statement = nil
        return
      }
      ready.append(try decoder.decode(open, db))
    }
  }
}

extension DatabaseReader {
  fileprivate func unsafeReentrantReadIgnoringErrors(_ body: () -> Void) {
    do { try unsafeReentrantRead { _ in body() } } catch { body() }
  }
}

extension EvidenceStore {
  /// The results of `query`, read on demand.
  ///
  /// - Throws: `StoreError.noSuchRun` for an unknown run.
  public func results(_ query: EvidenceQuery = EvidenceQuery()) throws(StoreError) -> ResultCursor {
    if let id = query.run { _ = try run(id) }
    return try StoreError.mapping(path) {
      let reader = try (self.reader as? DatabasePool)?.makeSnapshot() ?? self.reader
      return try ResultCursor(path: path, reader: reader, query: query)
    }
  }

  /// Calls `body` with each result of `query`, in constant memory; `body` may use the store.
  ///
  /// - Throws: `StoreError`, and errors from `body`.
  public func forEachResult(_ query: EvidenceQuery = EvidenceQuery(), _ body: (StepResult) throws -> Void) throws {
    let cursor = try results(query)
    while let result = try cursor.next() { try body(result) }
  }

  /// The number of results of `query`, ignoring its limit and offset.
  ///
  /// - Throws: as `results(_:)`.
  public func count(_ query: EvidenceQuery = EvidenceQuery()) throws(StoreError) -> Int {
    if let id = query.run { _ = try run(id) }
    let select = SelectStatement.count(query)
    return try read { db in
      try Int.fetchOne(db, sql: select.sql, arguments: StatementArguments(select.arguments)) ?? 0
    }
  }

  /// The additional facts about one piece of evidence, by aspect.
  ///
  /// - Throws: `StoreError`.
  public func details(of id: EvidenceID) throws(StoreError) -> [EvidenceDetail] {
    try read { db in
      let statement = try RawStatement(
        db,
        """
        SELECT aspect, content FROM evidence_detail
        WHERE configuration_id = ? AND provenance_id = ? AND revision = ? ORDER BY aspect
        """)
      statement.bind(1, id.configuration)
      statement.bind(2, id.provenance)
      statement.bind(3, id.revision)
      var details: [EvidenceDetail] = []
      try statement.forEachRow { row in
        details.append(EvidenceDetail(aspect: EvidenceDetail.Aspect(rawValue: row.text(0)), json: row.text(1)))
      }
      return details
    }
  }
}
