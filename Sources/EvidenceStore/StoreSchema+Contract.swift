extension StoreSchema {
  /// Changed in version 5: views under the contract's names, each with the numbers of its shapes; whether a trial was
  /// disturbed; and a fit map that yields rows one at a time.
  static let contract = """
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
        round(c.batch / nullif(e.step_seconds, 0), 1) AS images_per_second,
        CASE WHEN p.kind = 'measured' AND e.step_seconds IS NOT NULL THEN EXISTS (
          SELECT 1 FROM json_each(n.sentences) WHERE value LIKE 'disturbed: %') END AS disturbed,
        p.source || ' ' || p.version AS source, n.sentences AS notes, e.run_id AS run, c.id AS configuration_id
      FROM evidence AS e
      JOIN configurations AS c ON c.id = e.configuration_id
      JOIN provenance AS p ON p.id = e.provenance_id
      LEFT JOIN note AS n ON n.id = e.note_id;

    DROP VIEW fit_map;

    CREATE VIEW fit_map AS
      -- Figure 8 of arXiv 2106.04560: a row a shape and kind of evidence; does it fit as the original ViT (class token,
      -- Adam), with a GAP or MAP head and half-precision Adam, with a GAP or MAP head and Adafactor? NULL: not stored.
      -- The row of a shape stands where the first of its settings does; s, t: settings that differ in head and optimizer
      -- alone; c, d: the shape in them.
      SELECT s.device, k.kind AS evidence, s.image_size, s.classes, s.batch, s.precision, s.gradient_clipping,
        s.rematerialization, s.layers, s.data_parallel, s.memory_limit, c.patch, c.heads, c.mlp_width, c.width, c.depth,
        \(best(of: "t.head = 'token' AND t.optimizer = 'adam'")) AS original,
        \(best(of: "t.head IN ('gap', 'map') AND t.optimizer = 'adam-half'")) AS half_adam,
        \(best(of: "t.head IN ('gap', 'map') AND t.optimizer = 'adafactor'")) AS adafactor,
        (
          SELECT round(max(s.batch / nullif(e.step_seconds, 0)), 1)
          FROM setting AS t CROSS JOIN configuration AS d ON \(sameShape)
          CROSS JOIN latest_evidence AS e ON e.configuration_id = d.id AND e.kind = k.kind
          WHERE e.verdict = 'fits' AND \(ofTheMap) AND \(sameRest)
        ) AS best_images_per_second
      FROM setting AS s CROSS JOIN configuration AS c ON c.setting_id = s.id
      CROSS JOIN (
        SELECT 'estimated' AS kind UNION ALL SELECT 'compiled' UNION ALL SELECT 'measured'
      ) AS k
      WHERE (s.head = 'token') = (s.optimizer = 'adam') AND s.optimizer IN ('adam', 'adam-half', 'adafactor')
        AND EXISTS (
          SELECT 1 FROM evidence AS e JOIN provenance AS p ON p.id = e.provenance_id
          WHERE e.configuration_id = c.id AND p.kind = k.kind)
        AND NOT EXISTS (
          SELECT 1 FROM setting AS t CROSS JOIN configuration AS d ON \(sameShape)
          CROSS JOIN evidence AS e ON e.configuration_id = d.id CROSS JOIN provenance AS p ON p.id = e.provenance_id
          WHERE t.id < s.id AND p.kind = k.kind AND \(ofTheMap) AND \(sameRest));

    DROP VIEW trials;

    CREATE VIEW trials AS
      -- Trials, newest first, to be read by a person: milliseconds, MiB (2^20 bytes), and why some came to no answer.
      -- disturbed: why its times are to be doubted, NULL where they are not. yardstick: how long a fixed piece of work took before
      -- or after it, whichever was longer, in units of the least that this store knows of it on the same machine; above 1.25
      -- something else used processors or cache. tries: trials of which this one is kept.
      SELECT t.id, t.time, t.outcome, ifnull(t.reason || ': ' || t.explanation, '') AS why,
        ifnull(e.shape_name, '') AS name, c.shape, c.width, c.depth, c.mlp_width, c.heads, c.patch, c.device, c.batch,
        c.image_size, c.head, c.optimizer,
        round(1e3 * e.step_seconds, 2) AS step_ms,
        round(c.batch / nullif(e.step_seconds, 0), 1) AS images_per_second,
        (SELECT substr(value, 12) FROM json_each(n.sentences) WHERE value LIKE 'disturbed: %') AS disturbed,
        round(
          max(d.content ->> '$.yardstick.before', d.content ->> '$.yardstick.after')
            / min(d.content ->> '$.yardstick.best') OVER (
              PARTITION BY p.host, p.speaks_for, d.content ->> '$.yardstick.name'), 2) AS yardstick,
        ifnull(json_array_length(d.content, '$.repetitions'), 1) AS tries,
        e.parameter_count,
        round(e.total_bytes / 1048576.0, 1) AS total_mib,
        round(ifnull(e.limit_bytes, c.memory_limit) / 1048576.0, 1) AS limit_mib,
        p.speaks_for AS measured_with, p.host, t.run_id AS run, t.configuration_id
      FROM trial AS t
      JOIN configurations AS c ON c.id = t.configuration_id
      JOIN provenance AS p ON p.id = t.provenance_id
      LEFT JOIN evidence AS e ON e.configuration_id = t.configuration_id AND e.provenance_id = t.provenance_id
        AND e.revision = t.revision
      LEFT JOIN note AS n ON n.id = e.note_id
      LEFT JOIN evidence_detail AS d ON d.configuration_id = t.configuration_id AND d.provenance_id = t.provenance_id
        AND d.revision = t.revision AND d.aspect = 'trial'
      ORDER BY t.id DESC;

    DROP VIEW compiles;

    CREATE VIEW compiles AS
      -- Compiles, newest first, to be read by a person: GiB (2^30 bytes), and why some came to no answer.
      SELECT m.id, m.time, m.mode, ifnull(m.verdict, 'failed') AS outcome,
        ifnull(m.reason || ': ' || m.explanation, '') AS why,
        ifnull(m.program_name, ifnull(e.shape_name, '')) AS name, ifnull(c.shape, '') AS shape, c.width, c.depth,
        c.mlp_width, c.heads, c.patch, m.device, c.batch, c.image_size, c.head, c.optimizer, c.precision,
        e.parameter_count,
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
    """

  private static let sameShape = """
    d.setting_id = t.id AND d.patch = c.patch AND d.heads = c.heads AND d.width = c.width
            AND d.mlp_width = c.mlp_width AND d.depth = c.depth
    """

  private static let ofTheMap = """
    t.head IN ('token', 'gap', 'map') AND t.optimizer IN ('adam', 'adam-half', 'adafactor')
            AND (t.head = 'token') = (t.optimizer = 'adam')
    """

  /// Everything except head and optimizer, in the order of the index over settings.
  private static let sameRest = """
    t.device = s.device AND t.batch = s.batch AND t.image_size = s.image_size
            AND t.classes = s.classes AND t.precision = s.precision AND t.gradient_clipping = s.gradient_clipping
            AND t.rematerialization = s.rematerialization AND t.layers = s.layers
            AND t.data_parallel = s.data_parallel AND ifnull(t.memory_limit, 0) = ifnull(s.memory_limit, 0)
    """

  /// The best verdict of the shape in that setting.
  private static func best(of setting: String) -> String {
    """
    (
          SELECT CASE max(CASE e.verdict WHEN 'fits' THEN 2 WHEN 'uncertain' THEN 1 ELSE 0 END)
            WHEN 2 THEN 'fits' WHEN 1 THEN 'uncertain' WHEN 0 THEN 'does-not-fit' END
          FROM setting AS t CROSS JOIN configuration AS d ON \(sameShape)
          CROSS JOIN latest_evidence AS e ON e.configuration_id = d.id AND e.kind = k.kind
          WHERE \(setting) AND \(sameRest)
        )
    """
  }
}
