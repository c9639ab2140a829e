import Evidence
import GRDB
import VisionTransformer

/// One batch of a writer, in a single transaction.
struct EvidenceBatch {
  private(set) var known: KnownRows
  private(set) var counts: RunCounts
  private let start: RunCounts

  private let run: Int
  private let origins: [EvidenceWriter.Origin]
  private let insertConfiguration, findConfiguration, insertEvidence, findEvidence, insertDetail: RawStatement
  private let database: Database
  /// Whether rows are expected to be stored already: rows that come in a grid's order again are found next to their
  /// predecessors.
  private var expectsKnown = false
  private var nextConfiguration: Int
  private var range: RunRange?
  private var position: Int

  init(
    _ db: Database, run: Int, origins: [EvidenceWriter.Origin], known: KnownRows, counts: RunCounts
  ) throws {
    database = db
    self.run = run
    self.origins = origins
    self.known = known
    self.counts = counts
    start = counts
    insertConfiguration = try RawStatement(db, EvidenceSQL.insertConfiguration)
    findConfiguration = try RawStatement(db, EvidenceSQL.findConfiguration)
    insertEvidence = try RawStatement(db, EvidenceSQL.insertEvidence)
    findEvidence = try RawStatement(db, EvidenceSQL.findEvidence)
    insertDetail = try RawStatement(db, EvidenceSQL.insertDetail)
    nextConfiguration = (try Int.fetchOne(db, sql: "SELECT max(id) FROM configuration") ?? 0) + 1
    position = try Int.fetchOne(db, sql: "SELECT max(position) FROM run_range WHERE run_id = ?", arguments: [run]) ?? 0
  }

  /// Stores one row, or confirms that it is stored.
  @discardableResult
  mutating func store(_ row: EvidenceRow) throws -> EvidenceID {
    let (configuration, isNew) = try place(of: row.configuration)
    let origin = try place(of: row.origin)
    let stored = isNew ? .missing(revisions: 0) : try find(row, configuration, origin)
    let revision: Int
    switch stored {
    case .same(let found):
      revision = found
      counts.confirmed += 1
    case .missing(let revisions):
      revision = revisions + 1
      try insert(row, configuration, origin, revision)
      counts.new += 1
      if revisions > 0 { counts.revised += 1 }
    }
    for detail in row.details {
      insertDetail.bind(1, configuration)
      insertDetail.bind(2, origin.provenance)
      insertDetail.bind(3, revision)
      try insertDetail.bind(4, detail.aspect.rawValue)
      try insertDetail.bind(5, detail.json)
      try insertDetail.run()
    }
    if range?.extend(configuration, origin.provenance, revision) != true {
      try closeRange()
      range = RunRange(configuration, origin.provenance, revision)
    }
    return EvidenceID(configuration: configuration, provenance: origin.provenance, revision: revision)
  }

  /// The row numbers of an origin, inserting the rows if there are none.
  mutating func place(of origin: EvidenceOrigin) throws -> KnownRows.Origin {
    try known.origin(origin.index) {
      let origin = origins[origin.index]
      return KnownRows.Origin(
        kind: origin.kind, provenance: try EvidenceSQL.provenance(origin.kind, origin.provenance, in: database),
        note: try EvidenceSQL.note(origin.provenance.notes, in: database),
        isDisturbed: origin.provenance.isDisturbed, isOfMemoryOnly: origin.provenance.isOfMemoryOnly)
    }
  }

  /// The number of a configuration, and whether it was just inserted.
  mutating func place(of configuration: VisionTransformer.Configuration) throws -> (id: Int, isNew: Bool) {
    let setting = try known.number(of: configuration.setting) { try EvidenceSQL.setting($0, in: database) }
    return try self.configuration(configuration, setting: setting)
  }

  /// Writes the batch's counts and ranges to the run.
  mutating func finish() throws {
    try closeRange()
    try database.execute(
      sql: "UPDATE run SET new_rows = new_rows + ?, confirmed_rows = confirmed_rows + ?, "
        + "revised_rows = revised_rows + ? WHERE id = ?",
      arguments: [
        counts.new - start.new, counts.confirmed - start.confirmed, counts.revised - start.revised, run,
      ])
  }

  private enum Stored {
    case same(revision: Int)
    case missing(revisions: Int)
  }

  /// The number of a configuration, and whether it was just inserted.
  private mutating func configuration(
    _ configuration: VisionTransformer.Configuration, setting: Int
  ) throws -> (id: Int, isNew: Bool) {
    if !expectsKnown, try make(configuration, setting: setting) {
      defer { nextConfiguration += 1 }
      return (nextConfiguration, true)
    }
    if let id = try existing(configuration, setting: setting) {
      expectsKnown = true
      return (id, false)
    }
    expectsKnown = false
    _ = try make(configuration, setting: setting)
    defer { nextConfiguration += 1 }
    return (nextConfiguration, true)
  }

  /// Inserts a configuration under the next number; false if it is already stored.
  private func make(_ configuration: VisionTransformer.Configuration, setting: Int) throws -> Bool {
    let shape = configuration.shape
    insertConfiguration.bind(1, nextConfiguration)
    insertConfiguration.bind(2, setting)
    insertConfiguration.bind(3, shape.patch)
    insertConfiguration.bind(4, shape.heads)
    insertConfiguration.bind(5, shape.width)
    insertConfiguration.bind(6, shape.mlpWidth)
    insertConfiguration.bind(7, shape.depth)
    try insertConfiguration.run()
    return database.changesCount == 1
  }

  private func existing(_ configuration: VisionTransformer.Configuration, setting: Int) throws -> Int? {
    let shape = configuration.shape
    findConfiguration.bind(1, setting)
    findConfiguration.bind(2, shape.patch)
    findConfiguration.bind(3, shape.heads)
    findConfiguration.bind(4, shape.width)
    findConfiguration.bind(5, shape.mlpWidth)
    findConfiguration.bind(6, shape.depth)
    defer { findConfiguration.reset() }
    guard try findConfiguration.step() else { return nil }
    return findConfiguration.integer(0)
  }

  /// Whether the same values are stored under the same provenance.
  private func find(_ row: EvidenceRow, _ configuration: Int, _ origin: KnownRows.Origin) throws -> Stored {
    findEvidence.bind(1, configuration)
    findEvidence.bind(2, origin.provenance)
    defer { findEvidence.reset() }
    var revisions = 0
    while try findEvidence.step() {
      revisions = findEvidence.integer(0)
      if EvidenceSQL.matches(findEvidence, row, origin) { return .same(revision: revisions) }
    }
    return .missing(revisions: revisions)
  }

  private func insert(_ row: EvidenceRow, _ configuration: Int, _ origin: KnownRows.Origin, _ revision: Int) throws {
    insertEvidence.bind(1, configuration)
    insertEvidence.bind(2, origin.provenance)
    insertEvidence.bind(3, revision)
    insertEvidence.bind(4, run)
    try EvidenceSQL.bindValues(insertEvidence, row, origin)
    try insertEvidence.run()
  }

  private mutating func closeRange() throws {
    guard let range else { return }
    position += 1
    try database.cachedStatement(
      sql: """
        INSERT INTO run_range (run_id, position, first_configuration, last_configuration, provenance_id, revision)
        VALUES (?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [run, position, range.first, range.last, range.provenance, range.revision])
    self.range = nil
  }

  /// Consecutive configurations whose evidence has one provenance and revision.
  private struct RunRange {
    let first: Int
    private(set) var last: Int
    let provenance: Int
    let revision: Int

    init(_ configuration: Int, _ provenance: Int, _ revision: Int) {
      first = configuration
      last = configuration
      self.provenance = provenance
      self.revision = revision
    }

    /// Adds the next configuration; false if it does not continue this range.
    mutating func extend(_ configuration: Int, _ provenance: Int, _ revision: Int) -> Bool {
      guard configuration == last + 1, provenance == self.provenance, revision == self.revision else { return false }
      last = configuration
      return true
    }
  }
}
