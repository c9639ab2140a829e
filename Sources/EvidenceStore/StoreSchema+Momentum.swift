extension StoreSchema {
  /// Changed in version 6: settings may have descent with momentum, and what was stored for a core of a TPUv4 is
  /// renamed, because `tpu-v4` now means the chip.
  ///
  /// The constraint is rewritten in place, because a new table would require checking every configuration's reference
  /// to it. Creating and dropping an index tells every connection that the schema has changed.
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
