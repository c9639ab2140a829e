extension StoreSchema {
  /// The views of version 1, for people in the `sqlite3` shell.
  static let views = """
    CREATE VIEW about (name, holds) AS
      -- What stands where.
      VALUES
        ('results', 'every piece of evidence with its configuration: GiB, images a second'),
        ('latest_evidence', 'of each configuration and kind of evidence the newest row, in bytes'),
        ('fit_map', 'Figure 8: a row a shape, the verdict in each of its three settings'),
        ('runs', 'the invocations that stored results, newest first'),
        ('run_evidence', 'which run stored or confirmed which evidence'),
        ('configurations', 'every configuration with all its keys'),
        ('evidence', 'table: bytes by part, step time, verdict'),
        ('evidence_detail', 'table: further JSON of some evidence');

    CREATE VIEW configurations AS
      -- Every configuration with all its keys.
      SELECT c.id, c.width, c.depth, c.mlp_width, c.heads, c.patch, s.device, s.batch, s.image_size,
        s.head, s.classes, s.optimizer, s.precision, s.gradient_clipping, s.rematerialization, s.layers,
        s.data_parallel, s.memory_limit, c.setting_id,
        c.width || 'x' || c.depth || 'x' || c.mlp_width || ' h' || c.heads || ' /' || c.patch AS shape
      FROM configuration AS c JOIN setting AS s ON s.id = c.setting_id;

    CREATE VIEW results AS
      -- Every piece of evidence, to be read by a person: sizes in GiB (2^30 bytes), parameters in millions (10^6).
      SELECT ifnull(e.shape_name, '') AS name, c.shape, c.device, c.batch, c.image_size, c.head, c.optimizer,
        c.precision, c.gradient_clipping AS clipping, c.rematerialization AS remat, c.layers,
        p.kind AS evidence, e.verdict,
        round(e.parameter_count / 1e6, 1) AS million_parameters,
        round(e.total_bytes / 1073741824.0, 2) AS total_gib,
        round(e.limit_bytes / 1073741824.0, 2) AS limit_gib,
        round(e.live_peak_bytes / 1073741824.0, 2) AS live_peak_gib,
        round(e.arguments_bytes / 1073741824.0, 2) AS arguments_gib,
        round(e.temporaries_bytes / 1073741824.0, 2) AS temporaries_gib,
        round(e.padding_waste_bytes / 1073741824.0, 2) AS padding_gib,
        round(e.step_seconds, 4) AS step_seconds,
        round(c.batch / nullif(e.step_seconds, 0), 1) AS images_per_second,
        p.source || ' ' || p.version AS source, n.sentences AS notes, e.run_id AS run, c.id AS configuration_id
      FROM evidence AS e
      JOIN configurations AS c ON c.id = e.configuration_id
      JOIN provenance AS p ON p.id = e.provenance_id
      LEFT JOIN note AS n ON n.id = e.note_id;

    CREATE VIEW latest_evidence AS
      -- Of each configuration and kind of evidence the row that was stored last.
      SELECT p.kind, p.source, p.version, p.speaks_for, p.host, e.*
      FROM evidence AS e JOIN provenance AS p ON p.id = e.provenance_id
      WHERE NOT EXISTS (
        SELECT 1 FROM evidence AS newer JOIN provenance AS q ON q.id = newer.provenance_id
        WHERE newer.configuration_id = e.configuration_id AND q.kind = p.kind
          AND (newer.run_id, newer.provenance_id, newer.revision) > (e.run_id, e.provenance_id, e.revision)
      );

    CREATE VIEW fit_map AS
      -- Figure 8 of arXiv 2106.04560: a row a shape and kind of evidence; does it fit as the original ViT (class token,
      -- Adam), with a GAP or MAP head and half-precision Adam, with a GAP or MAP head and Adafactor? NULL: not stored.
      SELECT device, evidence, image_size, classes, batch, precision, gradient_clipping, rematerialization, layers,
        data_parallel, memory_limit, patch, heads, mlp_width, width, depth,
        CASE max(rank) FILTER (WHERE setting = 'original')
          WHEN 2 THEN 'fits' WHEN 1 THEN 'uncertain' WHEN 0 THEN 'does-not-fit' END AS original,
        CASE max(rank) FILTER (WHERE setting = 'half-adam')
          WHEN 2 THEN 'fits' WHEN 1 THEN 'uncertain' WHEN 0 THEN 'does-not-fit' END AS half_adam,
        CASE max(rank) FILTER (WHERE setting = 'adafactor')
          WHEN 2 THEN 'fits' WHEN 1 THEN 'uncertain' WHEN 0 THEN 'does-not-fit' END AS adafactor,
        round(max(images_per_second) FILTER (WHERE rank = 2), 1) AS best_images_per_second
      FROM (
        SELECT c.*, e.kind AS evidence, c.batch / nullif(e.step_seconds, 0) AS images_per_second,
          CASE e.verdict WHEN 'fits' THEN 2 WHEN 'uncertain' THEN 1 ELSE 0 END AS rank,
          CASE WHEN c.head = 'token' AND c.optimizer = 'adam' THEN 'original'
            WHEN c.head <> 'token' AND c.optimizer = 'adam-half' THEN 'half-adam'
            WHEN c.head <> 'token' AND c.optimizer = 'adafactor' THEN 'adafactor' END AS setting
        FROM latest_evidence AS e JOIN configurations AS c ON c.id = e.configuration_id
      )
      WHERE setting IS NOT NULL
      GROUP BY device, evidence, image_size, classes, batch, precision, gradient_clipping, rematerialization, layers,
        data_parallel, memory_limit, patch, heads, mlp_width, width, depth;

    CREATE VIEW runs AS
      -- The invocations that stored results, newest first.
      SELECT id, started, finished, status, command, grid, model_version, host, new_rows, confirmed_rows, revised_rows
      FROM run ORDER BY id DESC;

    CREATE VIEW run_evidence AS
      -- The evidence that each run stored or confirmed, in the run's order by (position, configuration_id).
      SELECT r.run_id, r.position, e.configuration_id, e.provenance_id, e.revision, e.run_id = r.run_id AS is_new
      FROM run_range AS r
      JOIN evidence AS e ON e.configuration_id BETWEEN r.first_configuration AND r.last_configuration
        AND e.provenance_id = r.provenance_id AND e.revision = r.revision;
    """
}
