import Evidence
import GRDB
import VisionTransformer

/// A query as SQL text with its arguments.
struct SelectStatement {
  private(set) var sql: String
  private(set) var arguments: [DatabaseValue] = []

  /// The columns before `EvidenceSQL.values`.
  static let keys =
    "e.configuration_id, e.provenance_id, e.revision, e.run_id, e.time, c.setting_id, c.width, c.depth, "
    + "c.mlp_width, c.heads, c.patch, e.shape_name"

  /// The results of `query`: the columns `keys`, then `EvidenceSQL.values`.
  ///
  /// Results of one configuration are ordered by the contents of their provenances rather than their numbers, so that a
  /// store filled from another store's results gives them in the same order.
  static func results(_ query: EvidenceQuery, in db: Database) throws -> SelectStatement {
    var select = SelectStatement(
      query, columns: try keys + ", " + EvidenceSQL.values(in: db) + (query.run == nil ? "" : ", r.position"))
    let direction = query.descending && query.order == nil ? " DESC" : ""
    let contents = ["kind", "source", "version", "speaks_for", "host"].map { "p." + $0 }
    let byContents = try Int.fetchAll(
      db, sql: "SELECT p.id FROM provenance AS p ORDER BY " + contents.joined(separator: ", "))
    // If the numbers are in that order already, rows come out of the table sorted.
    let provenance = zip(byContents, byContents.dropFirst()).allSatisfy(<) ? ["e.provenance_id"] : contents
    if let place = query.after { try select.add(after: place, query, provenances: byContents, in: db) }
    // A run that found the same twice has it twice.
    let ties = (["e.configuration_id"] + provenance + ["e.revision"] + (query.run == nil ? [] : ["r.position"]))
      .map { $0 + direction }.joined(separator: ", ")
    if let order = query.order {
      let expression = order.expression
      select.sql += " ORDER BY \(expression) \(query.descending ? "DESC" : "ASC") NULLS LAST, " + ties
    } else if query.run != nil {
      select.sql +=
        query.descending
        ? " ORDER BY r.position DESC, e.configuration_id DESC"
        : " ORDER BY r.position, "
          + "e.configuration_id"
    } else {
      select.sql += " ORDER BY " + ties
    }
    if query.limit != nil || query.offset > 0 {
      select.sql += " LIMIT ? OFFSET ?"
      // A negative limit means none: https://sqlite.org/lang_select.html#limitoffset.
      select.arguments += [(query.limit.map { max($0, 0) } ?? -1).databaseValue, max(query.offset, 0).databaseValue]
    }
    return select
  }

  /// Counts the results of `query`, ignoring its limit and offset.
  static func count(_ query: EvidenceQuery) -> SelectStatement { SelectStatement(query, columns: "count(*)") }

  private init(_ query: EvidenceQuery, columns: String) {
    sql = "SELECT \(columns) FROM "
    if query.run != nil {
      // The run's ranges come first; each covers a contiguous part of the evidence.
      sql += """
        run_range AS r CROSS JOIN evidence AS e ON e.configuration_id BETWEEN r.first_configuration
        AND r.last_configuration AND e.provenance_id = r.provenance_id AND e.revision = r.revision
        """
    } else {
      sql += "evidence AS e"
    }
    sql += """
       CROSS JOIN configuration AS c ON c.id = e.configuration_id
      CROSS JOIN setting AS s ON s.id = c.setting_id
      CROSS JOIN provenance AS p ON p.id = e.provenance_id
      WHERE TRUE
      """
    if let run = query.run { add("r.run_id = ?", run.databaseValue) }
    add("p.kind", query.kinds)
    add(query.hosts, "p")
    add("e.verdict", query.verdicts)
    add("s.head", query.heads)
    add("s.optimizer", query.optimizers)
    add("s.precision", query.precisions)
    add("s.gradient_clipping", query.gradientClipping)
    add("s.rematerialization", query.rematerialization)
    add("s.layers", query.layers)
    add("s.device", words: query.devices)
    if !query.shapes.isEmpty {
      let shape = "(c.width, c.depth, c.mlp_width, c.heads, c.patch)"
      sql += " AND \(shape) IN (VALUES " + query.shapes.map { _ in "(?, ?, ?, ?, ?)" }.joined(separator: ", ") + ")"
      for shape in query.shapes {
        arguments += [shape.width, shape.depth, shape.mlpWidth, shape.heads, shape.patch].map(\.databaseValue)
      }
    }
    for (quantity, range) in query.bounds.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      let expression = quantity.expression
      add("\(expression) BETWEEN ? AND ?", range.lowerBound.databaseValue, range.upperBound.databaseValue)
    }
    if query.latestOnly {
      sql += """
         AND NOT EXISTS (
          SELECT 1 FROM evidence AS newer JOIN provenance AS q ON q.id = newer.provenance_id
          WHERE newer.configuration_id = e.configuration_id AND q.kind = p.kind
            AND (newer.run_id, newer.provenance_id, newer.revision) > (e.run_id, e.provenance_id, e.revision)
        """
      add(query.hosts, "q")
      sql += ")"
    }
  }

  /// Leaves out everything up to a place.
  ///
  /// Source: https://sqlite.org/rowvalue.html.
  /// - Parameter provenances: their numbers, in the order of what they say.
  private mutating func add(
    after place: ResultPlace, _ query: EvidenceQuery, provenances: [Int], in db: Database
  ) throws {
    let id = place.id, key = "(e.configuration_id, e.provenance_id, e.revision) = (?, ?, ?)"
    let numbers = [id.configuration, id.provenance, id.revision]
    func fail() -> StoreError {
      .invalidValue(key: "after", value: "\(place.numbers)", rule: "must be the place of a result of this store")
    }
    guard let rank = provenances.firstIndex(of: id.provenance), (query.run == nil) == (place.position == nil) else {
      throw fail()
    }
    let expression = query.order?.expression ?? "0"
    let found = try Row.fetchOne(
      db,
      sql: """
        SELECT \(expression) FROM evidence AS e CROSS JOIN configuration AS c ON c.id = e.configuration_id
        CROSS JOIN setting AS s ON s.id = c.setting_id WHERE \(key)
        """, arguments: StatementArguments(numbers))
    guard let found else { throw fail() }
    let beyond = query.descending ? "<" : ">"
    if query.order == nil, let position = place.position {
      add("r.position \(beyond)= ?", position.databaseValue)
      add(
        "(r.position, e.configuration_id) \(beyond) (?, ?)", position.databaseValue, id.configuration.databaseValue)
      return
    }
    // Provenances are ordered by what they say; their ranks are.
    let ranks = provenances.enumerated().map { "WHEN \($1) THEN \($0)" }.joined(separator: " ")
    var tie = "(e.configuration_id, CASE e.provenance_id \(ranks) END, e.revision"
    var values = [id.configuration, rank, id.revision]
    if let position = place.position {
      tie += ", r.position"
      values.append(position)
    }
    tie += ") \(query.order == nil ? beyond : ">") (" + values.map { "\($0)" }.joined(separator: ", ") + ")"
    let value: DatabaseValue = found[0]
    if query.order == nil {
      // What the table is sorted by, so that it is not read from its beginning.
      add("e.configuration_id \(beyond)= ?", id.configuration.databaseValue)
      add(tie)
    } else if value.isNull {
      add("\(expression) IS NULL AND \(tie)")
    } else {
      add("(\(expression) IS NULL OR \(expression) \(beyond) ? OR (\(expression) = ? AND \(tie)))", value, value)
    }
  }

  private mutating func add(_ condition: String, _ values: DatabaseValue...) {
    sql += " AND " + condition
    arguments += values
  }

  /// Restricts the provenance that `table` names to measurements on these machines.
  private mutating func add(_ hosts: Set<MeasuringHost>, _ table: String) {
    if hosts.isEmpty { return }
    let hosts = hosts.sorted { $0.text < $1.text }
    sql +=
      " AND \(table).kind = '\(EvidenceKind.measured.rawValue)' AND ("
      + hosts.map { _ in "(\(table).host IS ? AND \(table).speaks_for IS ?)" }.joined(separator: " OR ") + ")"
    for host in hosts { arguments += [host.name.databaseValue, host.speaksFor.databaseValue] }
  }

  private mutating func add<Choice: RawRepresentable>(
    _ column: String, _ choices: Set<Choice>
  ) where Choice.RawValue == String { add(column, words: Set(choices.map(\.rawValue))) }

  private mutating func add(_ column: String, words: Set<String>) {
    if words.isEmpty { return }
    sql += " AND \(column) IN (" + words.map { _ in "?" }.joined(separator: ", ") + ")"
    arguments += words.map(\.databaseValue)
  }
}
