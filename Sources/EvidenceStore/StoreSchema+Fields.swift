extension StoreSchema {
  /// Added in version 7: columns for facts that only notes held before, and views that read them.
  ///
  /// Estimates, possibly millions, are skipped: they were neither compiled nor run.
  static let fields = """
    ALTER TABLE evidence ADD COLUMN
      -- 1: something else held the measured steps up; NULL where no step was measured
      disturbed INTEGER CHECK (disturbed IN (0, 1));

    ALTER TABLE evidence ADD COLUMN
      -- 1: the compile was stopped once its memory was known; NULL where nothing was compiled
      memory_only INTEGER CHECK (memory_only IN (0, 1));

    UPDATE evidence AS e SET disturbed = \(FormerNotes.disturbed), memory_only = \(FormerNotes.memoryOnly)
    WHERE e.provenance_id IN (SELECT id FROM provenance WHERE kind <> 'estimated');

    DROP VIEW results;

    CREATE VIEW results AS
      -- Every piece of evidence, to be read by a person.
      -- Names here and in every view and table are those of the JSON contract in snake_case: parameterCount is
      -- parameter_count, memory.livePeak is live_peak. Sizes end in their unit: _bytes, _mib (2^20 bytes), _gib (2^30).
      SELECT ifnull(e.shape_name, '') AS name, c.shape, c.width, c.depth, c.mlp_width, c.heads, c.patch, c.device, c.batch,
        c.image_size, c.head, c.classes, c.optimizer, c.precision, c.gradient_clipping, c.rematerialization, c.layers,
        c.data_parallel, p.kind AS evidence, e.verdict, e.parameter_count,
        round(e.total_bytes / 1073741824.0, 2) AS total_gib,
        round(e.limit_bytes / 1073741824.0, 2) AS limit_gib,
        round((e.limit_bytes - e.total_bytes) / 1073741824.0, 2) AS headroom_gib,
        round(e.live_peak_bytes / 1073741824.0, 2) AS live_peak_gib,
        round(e.arguments_bytes / 1073741824.0, 2) AS arguments_gib,
        round(e.temporaries_bytes / 1073741824.0, 2) AS temporaries_gib,
        round(e.padding_waste_bytes / 1073741824.0, 2) AS padding_waste_gib,
        e.flops_per_image,
        round(e.step_seconds, 4) AS step_seconds,
        round(c.batch / nullif(e.step_seconds, 0), 1) AS images_per_second, e.disturbed, e.memory_only,
        p.source || ' ' || p.version AS source, n.sentences AS notes, e.run_id AS run, c.id AS configuration_id
      FROM evidence AS e
      JOIN configurations AS c ON c.id = e.configuration_id
      JOIN provenance AS p ON p.id = e.provenance_id
      LEFT JOIN note AS n ON n.id = e.note_id;

    DROP VIEW trials;

    CREATE VIEW trials AS
      -- Trials, newest first, to be read by a person: milliseconds, MiB (2^20 bytes), and why some came to no answer.
      -- disturbed: 1 where times are to be doubted; notes say why. yardstick: how long a fixed piece of work took before or after
      -- it, whichever was longer, in units of the least that this store knows of it on the same machine; above 1.25 something
      -- else used processors or cache. tries: trials of which this one is kept.
      SELECT t.id, t.time, t.outcome, ifnull(t.reason || ': ' || t.explanation, '') AS why,
        ifnull(e.shape_name, '') AS name, c.shape, c.width, c.depth, c.mlp_width, c.heads, c.patch, c.device, c.batch,
        c.image_size, c.head, c.optimizer,
        round(1e3 * e.step_seconds, 2) AS step_ms,
        round(c.batch / nullif(e.step_seconds, 0), 1) AS images_per_second,
        e.disturbed,
        round(
          max(d.content ->> '$.yardstick.before', d.content ->> '$.yardstick.after')
            / min(d.content ->> '$.yardstick.best') OVER (
              PARTITION BY p.host, p.speaks_for, d.content ->> '$.yardstick.name'), 2) AS yardstick,
        ifnull(json_array_length(d.content, '$.repetitions'), 1) AS tries,
        e.parameter_count,
        round(e.total_bytes / 1048576.0, 1) AS total_mib,
        round(ifnull(e.limit_bytes, c.memory_limit) / 1048576.0, 1) AS limit_mib,
        p.speaks_for AS measured_with, p.host, n.sentences AS notes, t.run_id AS run, t.configuration_id
      FROM trial AS t
      JOIN configurations AS c ON c.id = t.configuration_id
      JOIN provenance AS p ON p.id = t.provenance_id
      LEFT JOIN evidence AS e ON e.configuration_id = t.configuration_id AND e.provenance_id = t.provenance_id
        AND e.revision = t.revision
      LEFT JOIN note AS n ON n.id = e.note_id
      LEFT JOIN evidence_detail AS d ON d.configuration_id = t.configuration_id AND d.provenance_id = t.provenance_id
        AND d.revision = t.revision AND d.aspect = 'trial'
      ORDER BY t.id DESC;
    """
}

/// Facts that stores older than version 7 hold only in notes, as expressions over `evidence AS e`: for the migration,
/// and for reading such a store. Nothing else interprets notes.
enum FormerNotes {
  /// The column `disturbed`.
  static let disturbed = """
    CASE WHEN e.step_seconds IS NOT NULL AND (SELECT kind FROM provenance WHERE id = e.provenance_id) = 'measured'
      THEN EXISTS (
        SELECT 1 FROM note AS n, json_each(n.sentences) AS s WHERE n.id = e.note_id AND s.value GLOB 'disturbed: *') END
    """

  /// The column `memory_only`.
  static let memoryOnly = """
    CASE WHEN (SELECT kind FROM provenance WHERE id = e.provenance_id) = 'compiled'
      THEN EXISTS (
        SELECT 1 FROM note AS n, json_each(n.sentences) AS s WHERE n.id = e.note_id AND s.value =
          'the compile was stopped once its memory was known; sizes have the digits of the compiler''s log') END
    """
}
