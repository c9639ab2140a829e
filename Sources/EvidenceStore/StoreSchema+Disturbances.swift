extension StoreSchema {
  /// Added in version 4: the yardstick's readings in the view of trials, and the bytes of users' own compiled programs.
  static let disturbances = """
    ALTER TABLE compile ADD COLUMN
      -- what the program takes as the compiler says, also of a program of one's own; NULL where it failed, and where it was
      -- stored before version 4
      total_bytes INTEGER CHECK (total_bytes >= 0);

    DROP VIEW compiles;

    CREATE VIEW compiles AS
      -- Compiles, newest first, to be read by a person: GiB (2^30 bytes), and why some came to no answer.
      SELECT m.id, m.time, m.mode, ifnull(m.verdict, 'failed') AS outcome,
        ifnull(m.reason || ': ' || m.explanation, '') AS why,
        ifnull(m.program_name, ifnull(e.shape_name, '')) AS name, ifnull(c.shape, '') AS shape, m.device, c.batch,
        c.image_size, c.head, c.optimizer, c.precision,
        round(ifnull(m.total_bytes, e.total_bytes) / 1073741824.0, 2) AS total_gib,
        round(m.limit_bytes / 1073741824.0, 2) AS limit_gib,
        round((m.report ->> '$.log.livePeak') / 1073741824.0, 2) AS live_peak_gib,
        m.report ->> '$.compiled.schedule.cycles' AS cycles,
        round(1e3 * e.step_seconds, 1) AS step_ms,
        round(m.seconds, 1) AS seconds, m.compiler, m.options ->> '$.memoryFittingLevel' AS fitting_level,
        substr(m.program_hash, 1, 12) AS program, m.run_id AS run, m.configuration_id
      FROM compile AS m
      LEFT JOIN configurations AS c ON c.id = m.configuration_id
      LEFT JOIN evidence AS e ON e.configuration_id = m.configuration_id AND e.provenance_id = m.provenance_id
        AND e.revision = m.revision
      ORDER BY m.id DESC;

    DROP VIEW trials;

    CREATE VIEW trials AS
      -- Trials, newest first, to be read by a person: milliseconds, MiB (2^20 bytes), and why some came to no answer.
      -- yardstick: how long a fixed piece of work took before or after it, whichever was longer, in units of the least that this
      -- store knows of it on the same machine; above 1.25 something else used processors or cache. tries: trials of which this
      -- one is kept.
      SELECT t.id, t.time, t.outcome, ifnull(t.reason || ': ' || t.explanation, '') AS why,
        ifnull(e.shape_name, '') AS name, c.shape, c.device, c.batch, c.image_size, c.head, c.optimizer,
        round(1e3 * e.step_seconds, 2) AS step_ms,
        round(c.batch / nullif(e.step_seconds, 0), 1) AS images_per_second,
        round(
          max(d.content ->> '$.yardstick.before', d.content ->> '$.yardstick.after')
            / min(d.content ->> '$.yardstick.best') OVER (
              PARTITION BY p.host, p.speaks_for, d.content ->> '$.yardstick.name'), 2) AS yardstick,
        ifnull(json_array_length(d.content, '$.repetitions'), 1) AS tries,
        round(e.total_bytes / 1048576.0, 1) AS total_mib,
        round(ifnull(e.limit_bytes, c.memory_limit) / 1048576.0, 1) AS limit_mib,
        p.speaks_for AS measured_with, p.host, t.run_id AS run, t.configuration_id
      FROM trial AS t
      JOIN configurations AS c ON c.id = t.configuration_id
      JOIN provenance AS p ON p.id = t.provenance_id
      LEFT JOIN evidence AS e ON e.configuration_id = t.configuration_id AND e.provenance_id = t.provenance_id
        AND e.revision = t.revision
      LEFT JOIN evidence_detail AS d ON d.configuration_id = t.configuration_id AND d.provenance_id = t.provenance_id
        AND d.revision = t.revision AND d.aspect = 'trial'
      ORDER BY t.id DESC;
    """
}
