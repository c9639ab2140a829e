import Evidence
import GRDB
import VisionTransformer

/// Decodes results from rows, reading each setting, provenance and list of notes once.
struct ResultDecoder {
  private let path: String
  private var settings: [Int: Configuration.Setting] = [:]
  private var provenances: [Int: (kind: EvidenceKind, provenance: Provenance)] = [:]
  private var notes: [Int: [String]] = [:]

  private typealias Configuration = VisionTransformer.Configuration

  /// Whether the position in a run follows the values.
  private let hasPosition: Bool

  init(path: String, hasPosition: Bool = false) {
    self.path = path
    self.hasPosition = hasPosition
  }

  /// The result in the current row of `statement` (`SelectStatement.results`).
  mutating func decode(_ statement: RawStatement, _ db: Database) throws -> StoredResult {
    let id = EvidenceID(
      configuration: statement.integer(0), provenance: statement.integer(1), revision: statement.integer(2))
    let configuration = Configuration(
      shape: Shape(
        width: statement.integer(6), depth: statement.integer(7), mlpWidth: statement.integer(8),
        heads: statement.integer(9), patch: statement.integer(10)),
      shapeName: statement.textIfKnown(11), setting: try setting(statement.integer(5), db))
    var (kind, provenance) = try provenance(id.provenance, db)
    provenance.time = statement.textIfKnown(4)
    provenance.isDisturbed = statement.integerIfKnown(31) == 1
    provenance.isOfMemoryOnly = statement.integerIfKnown(32) == 1
    if let note = statement.integerIfKnown(30) { provenance.notes = try sentences(note, db) }
    let result = StepResult(
      configuration: configuration, evidence: kind, verdict: try choice(statement.text(12), "verdict"),
      parameterCount: statement.integer(13), memory: EvidenceSQL.memory(statement, from: 16),
      flopsPerImage: FLOPs(statement.double(14)), stepSeconds: statement.doubleIfKnown(15).map(Seconds.init),
      provenance: provenance)
    let place = ResultPlace(id, position: hasPosition ? statement.integer(33) : nil)
    return StoredResult(id: id, place: place, run: statement.integer(3), result: result)
  }

  private mutating func setting(_ id: Int, _ db: Database) throws -> Configuration.Setting {
    if let known = settings[id] { return known }
    let row = try RawStatement(
      db,
      """
      SELECT device, batch, image_size, head, classes, optimizer, precision, gradient_clipping, rematerialization,
        layers, data_parallel, memory_limit FROM setting WHERE id = ?
      """)
    row.bind(1, id)
    defer { row.reset() }
    guard try row.step() else { throw unreadable("there is no setting \(id)") }
    let setting = Configuration.Setting(
      device: row.text(0), batch: row.integer(1), imageSize: row.integer(2), head: try choice(row.text(3), "head"),
      classes: row.integer(4), optimizer: try choice(row.text(5), "optimizer"),
      precision: try choice(row.text(6), "precision"),
      gradientClipping: try choice(row.text(7), "gradient_clipping"),
      rematerialization: try choice(row.text(8), "rematerialization"), layers: try choice(row.text(9), "layers"),
      dataParallel: row.integer(10), memoryLimit: row.integerIfKnown(11).map(Bytes.init))
    if settings.count >= KnownRows.settingLimit { settings.removeAll(keepingCapacity: true) }
    settings[id] = setting
    return setting
  }

  private mutating func provenance(
    _ id: Int, _ db: Database
  ) throws -> (kind: EvidenceKind, provenance: Provenance) {
    if let known = provenances[id] { return known }
    let row = try RawStatement(db, "SELECT kind, source, version, speaks_for, host FROM provenance WHERE id = ?")
    row.bind(1, id)
    defer { row.reset() }
    guard try row.step() else { throw unreadable("there is no provenance \(id)") }
    let kind: EvidenceKind = try choice(row.text(0), "kind")
    let found = (
      kind: kind,
      provenance: Provenance(
        source: row.text(1), version: row.text(2), speaksFor: row.textIfKnown(3), host: row.textIfKnown(4))
    )
    provenances[id] = found
    return found
  }

  private mutating func sentences(_ id: Int, _ db: Database) throws -> [String] {
    if let known = notes[id] { return known }
    let json = try String.fetchOne(db, sql: "SELECT sentences FROM note WHERE id = ?", arguments: [id])
    guard let json, let sentences = try? WireJSON.value([String].self, json.utf8) else {
      throw unreadable("note \(id) is no JSON list of texts")
    }
    if notes.count >= KnownRows.settingLimit { notes.removeAll(keepingCapacity: true) }
    notes[id] = sentences
    return sentences
  }

  private func choice<Choice: RawRepresentable>(
    _ word: String, _ column: String
  ) throws -> Choice where Choice.RawValue == String {
    guard let choice = Choice(rawValue: word) else { throw unreadable("\(column) \"\(word)\"") }
    return choice
  }

  private func unreadable(_ detail: String) -> StoreError { .unreadableRow(path: path, detail: detail) }
}
