import Foundation
import GRDB
import VisionTransformer

/// The statements of a batch, each beside the code that binds or reads its values.
enum EvidenceSQL {
  static let insertConfiguration = """
    INSERT INTO configuration (id, setting_id, patch, heads, width, mlp_width, depth)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (setting_id, patch, heads, width, mlp_width, depth) DO NOTHING
    """

  static let findConfiguration = """
    SELECT id FROM configuration
    WHERE setting_id = ? AND patch = ? AND heads = ? AND width = ? AND mlp_width = ? AND depth = ?
    """

  /// The values of evidence in the order in which they are bound, compared and read.
  static let values = formerValues + ", disturbed, memory_only"

  private static let formerValues = """
    verdict, parameter_count, flops_per_image, step_seconds, total_bytes, limit_bytes, live_peak_bytes, \
    arguments_bytes, parameters_bytes, optimizer_state_bytes, inputs_bytes, temporaries_bytes, activations_bytes, \
    gradients_bytes, workspace_bytes, packing_bytes, code_bytes, padding_waste_bytes, note_id
    """

  /// `values` of rows of `evidence AS e`, including stores from before the last columns were added.
  static func values(in db: Database) throws -> String {
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    return version >= StoreSchema.fieldsVersion
      ? values : [formerValues, FormerNotes.disturbed, FormerNotes.memoryOnly].joined(separator: ", ")
  }

  static let insertEvidence = """
    INSERT INTO evidence (configuration_id, provenance_id, revision, run_id, \(values), time, shape_name)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """

  static let findEvidence = """
    SELECT revision, \(values) FROM evidence WHERE configuration_id = ? AND provenance_id = ? ORDER BY revision
    """

  /// An existing detail of the same aspect is kept.
  static let insertDetail = """
    INSERT INTO evidence_detail (configuration_id, provenance_id, revision, aspect, content) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING
    """

  /// Binds `values`, the time and the name, from parameter 5 of `insertEvidence`.
  static func bindValues(_ statement: RawStatement, _ row: EvidenceRow, _ origin: KnownRows.Origin) throws {
    let memory = row.memory
    try statement.bind(5, row.verdict.rawValue)
    statement.bind(6, row.parameterCount)
    statement.bind(7, row.flopsPerImage.count)
    statement.bind(8, row.stepSeconds?.value)
    statement.bind(9, memory.total.count)
    statement.bind(10, memory.limit.count)
    statement.bind(11, memory.livePeak?.count)
    statement.bind(12, memory.arguments?.count)
    statement.bind(13, memory.parameters?.count)
    statement.bind(14, memory.optimizerState?.count)
    statement.bind(15, memory.inputs?.count)
    statement.bind(16, memory.temporaries?.count)
    statement.bind(17, memory.activations?.count)
    statement.bind(18, memory.gradients?.count)
    statement.bind(19, memory.workspace?.count)
    statement.bind(20, memory.packing?.count)
    statement.bind(21, memory.code?.count)
    statement.bind(22, memory.paddingWaste?.count)
    statement.bind(23, origin.note)
    statement.bind(24, disturbed(row, origin))
    statement.bind(25, memoryOnly(origin))
    try statement.bind(26, row.time)
    try statement.bind(27, row.configuration.shapeName)
  }

  /// Whether the row of `findEvidence` holds the values of `row`; the time and the name are not compared.
  static func matches(_ stored: RawStatement, _ row: EvidenceRow, _ origin: KnownRows.Origin) -> Bool {
    stored.integer(2) == row.parameterCount && stored.double(3) == row.flopsPerImage.count
      && stored.doubleIfKnown(4) == row.stepSeconds?.value && memory(stored, from: 5) == row.memory
      && stored.integerIfKnown(19) == origin.note && stored.integerIfKnown(20) == disturbed(row, origin)
      && stored.integerIfKnown(21) == memoryOnly(origin) && stored.text(1) == row.verdict.rawValue
  }

  /// 1 if other work disturbed the steps, 0 if not, nil if no step was measured.
  private static func disturbed(_ row: EvidenceRow, _ origin: KnownRows.Origin) -> Int? {
    origin.kind == .measured && row.stepSeconds != nil ? (origin.isDisturbed ? 1 : 0) : nil
  }

  /// 1 if a compile was stopped once its memory was known, 0 if not, nil if nothing was compiled.
  private static func memoryOnly(_ origin: KnownRows.Origin) -> Int? {
    origin.kind == .compiled ? (origin.isOfMemoryOnly ? 1 : 0) : nil
  }

  /// The bytes by part, from column `first`.
  static func memory(_ stored: RawStatement, from first: Int32) -> MemoryBreakdown {
    func bytes(_ offset: Int32) -> Bytes? { stored.integerIfKnown(first + offset).map(Bytes.init) }
    return MemoryBreakdown(
      total: Bytes(stored.integer(first)), limit: Bytes(stored.integer(first + 1)), livePeak: bytes(2),
      arguments: bytes(3), parameters: bytes(4), optimizerState: bytes(5), inputs: bytes(6), temporaries: bytes(7),
      activations: bytes(8), gradients: bytes(9), workspace: bytes(10), packing: bytes(11), code: bytes(12),
      paddingWaste: bytes(13))
  }
}

extension EvidenceSQL {
  /// The number of a setting, inserted if there is none.
  static func setting(_ setting: VisionTransformer.Configuration.Setting, in db: Database) throws -> Int {
    let values: StatementArguments = [
      setting.device, setting.batch, setting.imageSize, setting.head.rawValue, setting.classes,
      setting.optimizer.rawValue, setting.precision.rawValue, setting.gradientClipping.rawValue,
      setting.rematerialization.rawValue, setting.layers.rawValue, setting.dataParallel, setting.memoryLimit?.count,
    ]
    let found = try db.cachedStatement(
      sql: """
        SELECT id FROM setting WHERE device = ? AND batch = ? AND image_size = ? AND head = ? AND classes = ?
          AND optimizer = ? AND precision = ? AND gradient_clipping = ? AND rematerialization = ? AND layers = ?
          AND data_parallel = ? AND ifnull(memory_limit, 0) = ifnull(?, 0)
        """)
    if let id = try Int.fetchOne(found, arguments: values) { return id }
    try db.cachedStatement(
      sql: """
        INSERT INTO setting (device, batch, image_size, head, classes, optimizer, precision, gradient_clipping,
          rematerialization, layers, data_parallel, memory_limit)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: values)
    return Int(db.lastInsertedRowID)
  }

  /// The number of a provenance, inserted if there is none.
  static func provenance(_ kind: EvidenceKind, _ provenance: Provenance, in db: Database) throws -> Int {
    let values: StatementArguments = [
      kind.rawValue, provenance.source, provenance.version, provenance.speaksFor, provenance.host,
    ]
    if let id = try Int.fetchOne(
      db,
      sql: """
        SELECT id FROM provenance
        WHERE kind = ? AND source = ? AND version = ? AND speaks_for IS ? AND host IS ?
        """, arguments: values)
    {
      return id
    }
    try db.execute(
      sql: "INSERT INTO provenance (kind, source, version, speaks_for, host) VALUES (?, ?, ?, ?, ?)",
      arguments: values)
    return Int(db.lastInsertedRowID)
  }

  /// The number of a list of notes, inserted if there is none; nil for an empty list.
  static func note(_ sentences: [String], in db: Database) throws -> Int? {
    if sentences.isEmpty { return nil }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    let json = String(decoding: try encoder.encode(sentences), as: UTF8.self)
    if let id = try Int.fetchOne(db, sql: "SELECT id FROM note WHERE sentences = ?", arguments: [json]) { return id }
    try db.execute(sql: "INSERT INTO note (sentences) VALUES (?)", arguments: [json])
    return Int(db.lastInsertedRowID)
  }
}
