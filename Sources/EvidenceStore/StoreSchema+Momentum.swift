extension StoreSchema {
  /// What version 6 changes: settings may have descent with momentum, and what was asked of a core of a TPUv4 is so called, since
  /// `tpu-v4` has become the chip.
  ///
  /// The constraint is written anew in place: a new table would take a check of every configuration's reference to it. Making an
  /// index and dropping it tells every connection that the schema is another one.
  ///
  /// Source: https://sqlite.org/lang_altertable.html#making_other_kinds_of_table_schema_changes.
  static let momentum = """
    PRAGMA writable_schema = ON;

    UPDATE sqlite_master
    SET sql = replace(
      sql, 'IN (''sgd'', ''adam'', ''adam-half'', ''adafactor'')',
      'IN (''sgd'', ''sgd-momentum'', ''adam'', ''adam-half'', ''adafactor'')')
    WHERE type = 'table' AND name = 'setting';

    PRAGMA writable_schema = RESET;

    CREATE INDEX setting_optimizer ON setting (optimizer);
    DROP INDEX setting_optimizer;

    UPDATE setting SET device = 'tpu-v4-core' WHERE device = 'tpu-v4';
    UPDATE compile SET device = 'tpu-v4-core' WHERE device = 'tpu-v4';
    """
}
