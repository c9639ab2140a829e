import GRDB

/// The schema of a store: its owner, its version, and the migrations up to it.
///
/// Migrations are append-only: a released one is never edited. Each sets `user_version` to its own number within its
/// own transaction, so that a file is always entirely of one version.
enum StoreSchema {
  /// `application_id` of a store: the bytes `Shpf`.
  ///
  /// Source: https://sqlite.org/pragma.html#pragma_application_id.
  static let applicationID: Int32 = 0x5368_7066
  /// The newest `user_version` that this program knows.
  static let version = migrations.count

  /// Every migration in order; migration n leads to `user_version` n.
  static let migrations: [(name: String, sql: [String])] = [
    ("1: configurations, evidence, runs", [tables, views]),
    ("2: trials", [trials]),
    ("3: compiles", [compiles]),
    ("4: yardsticks of trials, bytes of compiles", [disturbances]),
    ("5: views under the names of the contract", [contract]),
    ("6: descent with momentum, cores of a TPUv4", [momentum]),
    ("7: disturbed trials and compiles of memory alone as columns", [fields]),
    ("8: sweeps", [sweeps]),
    ("9: hosts of results", [hosts]),
  ]

  /// The first version in which notes are no longer interpreted.
  static let fieldsVersion = 7

  /// The migrator over `migrations`.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    for (index, migration) in migrations.enumerated() {
      // No table is recreated, so that foreign keys need not be suspended.
      migrator.registerMigration(migration.name, foreignKeyChecks: .immediate) { db in
        for sql in migration.sql { try db.execute(sql: sql) }
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(index + 1)")
      }
    }
    return migrator
  }
}
