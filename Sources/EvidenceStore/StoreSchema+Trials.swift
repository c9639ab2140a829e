extension StoreSchema {
  /// Added in version 2: trials, including those that came to no answer, and their view.
  static let trials = """
    CREATE TABLE trial (
      -- One row for each time that somebody tried to measure a configuration. What was found is evidence, and its further
      -- facts are a detail of it; where nothing was found, the reason stands here.
      id INTEGER PRIMARY KEY,
      configuration_id INTEGER NOT NULL REFERENCES configuration (id),
      provenance_id INTEGER NOT NULL REFERENCES provenance (id),
      revision INTEGER,                  -- of the evidence that came of it; NULL where it failed
      run_id INTEGER NOT NULL REFERENCES run (id),
      outcome TEXT NOT NULL CHECK (outcome IN ('completed', 'does-not-fit', 'failed')),
      reason TEXT CHECK (reason <> ''),  -- of a failure, in one word: crashed, killed, timed-out, exited, garbled
      explanation TEXT,                  -- of a failure
      time TEXT NOT NULL,                -- when it ended, ISO 8601
      request TEXT NOT NULL CHECK (json_valid(request)),  -- threads, steps, limits, as the worker was asked
      CHECK ((outcome = 'failed') = (revision IS NULL)),
      CHECK ((outcome = 'failed') = (reason IS NOT NULL)),
      FOREIGN KEY (configuration_id, provenance_id, revision)
        REFERENCES evidence (configuration_id, provenance_id, revision)
    ) STRICT;

    CREATE INDEX trial_of_configuration ON trial (configuration_id, provenance_id);

    CREATE VIEW trials AS
      -- Trials, newest first, to be read by a person: milliseconds, MiB (2^20 bytes), and why some came to no answer.
      SELECT t.id, t.time, t.outcome, ifnull(t.reason || ': ' || t.explanation, '') AS why,
        ifnull(e.shape_name, '') AS name, c.shape, c.device, c.batch, c.image_size, c.head, c.optimizer,
        round(1e3 * e.step_seconds, 2) AS step_ms,
        round(c.batch / nullif(e.step_seconds, 0), 1) AS images_per_second,
        round(e.total_bytes / 1048576.0, 1) AS total_mib,
        round(ifnull(e.limit_bytes, c.memory_limit) / 1048576.0, 1) AS limit_mib,
        p.speaks_for AS measured_with, p.host, t.run_id AS run, t.configuration_id
      FROM trial AS t
      JOIN configurations AS c ON c.id = t.configuration_id
      JOIN provenance AS p ON p.id = t.provenance_id
      LEFT JOIN evidence AS e ON e.configuration_id = t.configuration_id AND e.provenance_id = t.provenance_id
        AND e.revision = t.revision
      ORDER BY t.id DESC;

    DROP VIEW about;

    CREATE VIEW about (name, holds) AS
      -- What stands where.
      VALUES
        ('results', 'every piece of evidence with its configuration: GiB, images a second'),
        ('latest_evidence', 'of each configuration and kind of evidence the newest row, in bytes'),
        ('fit_map', 'Figure 8: a row a shape, the verdict in each of its three settings'),
        ('runs', 'the invocations that stored results, newest first'),
        ('run_evidence', 'which run stored or confirmed which evidence'),
        ('trials', 'what was measured, and what came to no answer and why, newest first'),
        ('configurations', 'every configuration with all its keys'),
        ('evidence', 'table: bytes by part, step time, verdict'),
        ('evidence_detail', 'table: further JSON of some evidence, such as the steps of a trial'),
        ('trial', 'table: trials with what their workers were asked');
    """
}
