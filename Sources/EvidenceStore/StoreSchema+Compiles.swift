extension StoreSchema {
  /// Added in version 3: compiles, including programs that belong to no configuration, and their view.
  static let compiles = """
    CREATE TABLE compile (
      -- One row for each time that a device's own compiler was asked about a program. Where the program is a
      -- configuration's, what it said is evidence as well; all that was read of it stands here as JSON.
      id INTEGER PRIMARY KEY,
      program_hash TEXT NOT NULL CHECK (program_hash <> ''),  -- SHA-256 of the StableHLO module
      program_bytes INTEGER NOT NULL,    -- size of the module
      program_name TEXT,                 -- file of a program of one's own; NULL for a configuration's
      compiler TEXT NOT NULL,            -- such as libtpu 0.0.17.1
      device TEXT NOT NULL,
      topology TEXT NOT NULL CHECK (json_valid(topology)),  -- the cores that it was compiled for
      options TEXT NOT NULL CHECK (json_valid(options)),    -- what the compiler was told, the memory fitting level among it
      mode TEXT NOT NULL CHECK (mode IN ('full', 'memory')),  -- memory: stopped once its memory was known
      limit_bytes INTEGER NOT NULL CHECK (limit_bytes >= 0),  -- what the verdict was held against
      verdict TEXT CHECK (verdict IN ('fits', 'does-not-fit', 'uncertain')),  -- NULL where it failed
      configuration_id INTEGER REFERENCES configuration (id),  -- NULL for a program of one's own
      provenance_id INTEGER REFERENCES provenance (id),
      revision INTEGER,                  -- of the evidence that came of it
      run_id INTEGER NOT NULL REFERENCES run (id),
      reason TEXT CHECK (reason <> ''),  -- of a failure, in one word: refused, crashed, killed, timed-out, ...
      explanation TEXT,                  -- of a failure
      time TEXT NOT NULL,                -- when it ended, ISO 8601
      seconds REAL,                      -- wall time of the answer; NULL where it failed
      report TEXT CHECK (report IS NULL OR json_valid(report)),  -- all that was read of the answer
      CHECK ((verdict IS NULL) = (reason IS NOT NULL)),
      CHECK ((verdict IS NULL) = (report IS NULL)),
      FOREIGN KEY (configuration_id, provenance_id, revision)
        REFERENCES evidence (configuration_id, provenance_id, revision)
    ) STRICT;

    CREATE INDEX compile_of_program ON compile (program_hash, compiler);
    CREATE INDEX compile_of_configuration ON compile (configuration_id) WHERE configuration_id IS NOT NULL;

    CREATE VIEW compiles AS
      -- Compiles, newest first, to be read by a person: GiB (2^30 bytes), and why some came to no answer.
      SELECT m.id, m.time, m.mode, ifnull(m.verdict, 'failed') AS outcome,
        ifnull(m.reason || ': ' || m.explanation, '') AS why,
        ifnull(m.program_name, ifnull(e.shape_name, '')) AS name, ifnull(c.shape, '') AS shape, m.device, c.batch,
        c.image_size, c.head, c.optimizer, c.precision,
        round(e.total_bytes / 1073741824.0, 2) AS total_gib,
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
        ('compiles', 'what compilers were asked, also about programs of one''s own, newest first'),
        ('configurations', 'every configuration with all its keys'),
        ('evidence', 'table: bytes by part, step time, verdict'),
        ('evidence_detail', 'table: further JSON of some evidence, such as the steps of a trial'),
        ('trial', 'table: trials with what their workers were asked'),
        ('compile', 'table: compiles with all that was read of their answers, as JSON');
    """
}
