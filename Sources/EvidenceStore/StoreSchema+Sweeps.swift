extension StoreSchema {
  /// Added in version 8: sweeps that a service was told to run.
  static let sweeps = """
    CREATE TABLE sweep (
      -- One row for each grid that a service was asked to go through. It outlives the service: what is queued or running when one
      -- starts is gone on with. Times are ISO 8601 in UTC.
      id INTEGER PRIMARY KEY,
      kind TEXT NOT NULL CHECK (kind IN ('enumerate', 'measure', 'compile')),
      words TEXT NOT NULL CHECK (json_type(words) = 'array'),  -- the command line that does it, from the subcommand on
      total INTEGER NOT NULL CHECK (total >= 1),               -- configurations
      status TEXT NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'running', 'finished', 'failed', 'cancelled')),
      run_id INTEGER REFERENCES run (id),  -- the run that it became, the latest where it was resumed
      created TEXT NOT NULL,
      started TEXT,                        -- when it began last
      finished TEXT,
      error TEXT,                          -- why it failed
      CHECK ((status = 'failed') = (error IS NOT NULL)),
      CHECK ((status IN ('queued', 'running')) = (finished IS NULL))
    ) STRICT;

    CREATE INDEX sweep_open ON sweep (id) WHERE status IN ('queued', 'running');

    CREATE VIEW sweeps AS
      -- Sweeps, newest first. done: configurations that the run has stored, found stored, or failed at.
      SELECT s.id, s.kind, s.words, s.total,
        min(
          s.total,
          ifnull(r.new_rows + r.confirmed_rows, 0)
            + CASE s.kind
              WHEN 'measure' THEN (SELECT count(*) FROM trial AS t WHERE t.run_id = s.run_id AND t.outcome = 'failed')
              WHEN 'compile' THEN (SELECT count(*) FROM compile AS m WHERE m.run_id = s.run_id AND m.verdict IS NULL)
              ELSE 0 END) AS done,
        s.status, s.run_id AS run, s.created, s.started, s.finished, s.error
      FROM sweep AS s LEFT JOIN run AS r ON r.id = s.run_id
      ORDER BY s.id DESC;

    DROP VIEW about;

    CREATE VIEW about (name, holds) AS
      -- What stands where.
      VALUES
        ('results', 'every piece of evidence with its configuration: GiB, images a second'),
        ('latest_evidence', 'of each configuration and kind of evidence the newest row, in bytes'),
        ('fit_map', 'Figure 8: a row a shape, the verdict in each of its three settings'),
        ('runs', 'the invocations that stored results, newest first'),
        ('run_evidence', 'which run stored or confirmed which evidence'),
        ('sweeps', 'the grids that a service was asked to go through, newest first'),
        ('trials', 'what was measured, and what came to no answer and why, newest first'),
        ('compiles', 'what compilers were asked, also about programs of one''s own, newest first'),
        ('configurations', 'every configuration with all its keys'),
        ('evidence', 'table: bytes by part, step time, verdict'),
        ('evidence_detail', 'table: further JSON of some evidence, such as the steps of a trial'),
        ('trial', 'table: trials with what their workers were asked'),
        ('compile', 'table: compiles with all that was read of their answers, as JSON'),
        ('sweep', 'table: sweeps, to be resumed');
    """
}
