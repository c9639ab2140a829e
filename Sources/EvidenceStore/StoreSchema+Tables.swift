extension StoreSchema {
  /// The tables of version 1. Comments are inside the statements, so that `.schema` in the `sqlite3` shell shows them.
  ///
  /// Source: https://sqlite.org/stricttables.html, https://sqlite.org/withoutrowid.html.
  static let tables = """
    CREATE TABLE run (
      -- This file is a Shapefinder store: what is known of Vision Transformer training steps, and how it is known.
      -- Begin with the views:  SELECT * FROM about;  SELECT * FROM results LIMIT 20;  SELECT * FROM fit_map;
      --
      -- One row for each invocation that stored results. Times are ISO 8601 in UTC.
      id INTEGER PRIMARY KEY,
      command TEXT NOT NULL,             -- the command line
      grid TEXT,                         -- name of the enumerated grid, if any
      model_version TEXT NOT NULL,       -- version of the model or the compiler that answered
      host TEXT NOT NULL,
      process INTEGER,                   -- process id while it is running
      started TEXT NOT NULL,
      finished TEXT,
      status TEXT NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'finished', 'interrupted', 'failed')),
      new_rows INTEGER NOT NULL DEFAULT 0,        -- evidence the store did not have
      confirmed_rows INTEGER NOT NULL DEFAULT 0,  -- evidence the store had already, unchanged
      revised_rows INTEGER NOT NULL DEFAULT 0     -- of the new rows: other values under the same provenance
    ) STRICT;

    CREATE TABLE setting (
      -- Everything of a configuration but its shape, once for each distinct combination: a grid of 100,000 shapes in
      -- three settings has three rows here. The names and words are those of the JSON contract.
      id INTEGER PRIMARY KEY,
      device TEXT NOT NULL CHECK (device <> ''),
      batch INTEGER NOT NULL CHECK (batch >= 1),                 -- images a core
      image_size INTEGER NOT NULL CHECK (image_size >= 1),       -- pixels a side
      head TEXT NOT NULL CHECK (head IN ('token', 'gap', 'map')),
      classes INTEGER NOT NULL CHECK (classes >= 1),
      optimizer TEXT NOT NULL CHECK (optimizer IN ('sgd', 'adam', 'adam-half', 'adafactor')),
      precision TEXT NOT NULL CHECK (precision IN ('bfloat16', 'float32')),
      gradient_clipping TEXT NOT NULL CHECK (gradient_clipping IN ('none', 'global-norm')),
      rematerialization TEXT NOT NULL CHECK (rematerialization IN ('automatic', 'none', 'full')),
      layers TEXT NOT NULL CHECK (layers IN ('unrolled', 'scanned')),
      data_parallel INTEGER NOT NULL CHECK (data_parallel >= 1), -- cores that share the all-reduce
      memory_limit INTEGER CHECK (memory_limit >= 1)             -- bytes; NULL is the device's own, and part of identity
    ) STRICT;

    CREATE UNIQUE INDEX setting_identity ON setting (
      device, batch, image_size, head, classes, optimizer, precision, gradient_clipping, rematerialization, layers,
      data_parallel, ifnull(memory_limit, 0)
    );

    CREATE TABLE configuration (
      -- One row for each distinct configuration: a shape in a setting.
      id INTEGER PRIMARY KEY,
      setting_id INTEGER NOT NULL REFERENCES setting (id),
      width INTEGER NOT NULL CHECK (width >= 1),
      depth INTEGER NOT NULL CHECK (depth >= 1),
      mlp_width INTEGER NOT NULL CHECK (mlp_width >= 1),
      heads INTEGER NOT NULL CHECK (heads >= 1),
      patch INTEGER NOT NULL CHECK (patch >= 1),
      CHECK (width % heads = 0)
    ) STRICT;

    -- Depth last: grids run over depth innermost, so that new entries stand beside each other.
    CREATE UNIQUE INDEX configuration_identity ON configuration (setting_id, patch, heads, width, mlp_width, depth);

    CREATE TABLE provenance (
      -- How evidence is known: the model, the compiler or the machine. Each combination once.
      id INTEGER PRIMARY KEY,
      kind TEXT NOT NULL CHECK (kind IN ('estimated', 'compiled', 'measured')),
      source TEXT NOT NULL,
      version TEXT NOT NULL,
      speaks_for TEXT,                   -- the compiler generation the verdict speaks for
      host TEXT                          -- NULL for estimates, which are the same everywhere
    ) STRICT;

    CREATE UNIQUE INDEX provenance_identity ON provenance (
      kind, source, version, speaks_for IS NULL, ifnull(speaks_for, ''), host IS NULL, ifnull(host, '')
    );

    CREATE TABLE note (
      -- What a reader must know of some evidence: a JSON list of sentences. Each list once.
      id INTEGER PRIMARY KEY,
      sentences TEXT NOT NULL UNIQUE CHECK (json_valid(sentences))
    ) STRICT;

    CREATE TABLE evidence (
      -- What is known of a configuration. The same evidence again changes nothing; another source, version or host adds
      -- a row; other values under the same provenance (a repeated measurement) add a revision. Bytes are of one core;
      -- NULL is unknown.
      configuration_id INTEGER NOT NULL REFERENCES configuration (id),
      provenance_id INTEGER NOT NULL REFERENCES provenance (id),
      revision INTEGER NOT NULL CHECK (revision >= 1),
      run_id INTEGER NOT NULL REFERENCES run (id),   -- the run that stored it first
      verdict TEXT NOT NULL CHECK (verdict IN ('fits', 'does-not-fit', 'uncertain')),
      parameter_count INTEGER NOT NULL CHECK (parameter_count >= 0),
      flops_per_image REAL NOT NULL,     -- forward, a multiply-add counts 2
      step_seconds REAL,
      total_bytes INTEGER NOT NULL CHECK (total_bytes >= 0),
      limit_bytes INTEGER NOT NULL CHECK (limit_bytes >= 0),
      live_peak_bytes INTEGER,           -- arguments and live temporaries before automatic rematerialization
      arguments_bytes INTEGER,
      parameters_bytes INTEGER,
      optimizer_state_bytes INTEGER,
      inputs_bytes INTEGER,
      temporaries_bytes INTEGER,
      activations_bytes INTEGER,
      gradients_bytes INTEGER,
      workspace_bytes INTEGER,
      packing_bytes INTEGER,
      code_bytes INTEGER,
      padding_waste_bytes INTEGER,
      note_id INTEGER REFERENCES note (id),
      time TEXT,                         -- when it was made, ISO 8601; NULL for estimates
      shape_name TEXT,                   -- the name its shape was asked by, if any; for display, not part of identity
      PRIMARY KEY (configuration_id, provenance_id, revision)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE evidence_detail (
      -- More about one piece of evidence, as JSON: an aspect is such as the compiler's buffers or a trial's timings.
      configuration_id INTEGER NOT NULL,
      provenance_id INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      aspect TEXT NOT NULL CHECK (aspect <> ''),
      content TEXT NOT NULL CHECK (json_valid(content)),
      PRIMARY KEY (configuration_id, provenance_id, revision, aspect),
      FOREIGN KEY (configuration_id, provenance_id, revision)
        REFERENCES evidence (configuration_id, provenance_id, revision)
    ) STRICT;

    CREATE TABLE run_range (
      -- The evidence that a run stored or confirmed, in its order: configurations first to last, all of one provenance
      -- and revision. The view run_evidence lists them one by one.
      run_id INTEGER NOT NULL REFERENCES run (id),
      position INTEGER NOT NULL,
      first_configuration INTEGER NOT NULL,
      last_configuration INTEGER NOT NULL CHECK (last_configuration >= first_configuration),
      provenance_id INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      PRIMARY KEY (run_id, position),
      FOREIGN KEY (first_configuration, provenance_id, revision)
        REFERENCES evidence (configuration_id, provenance_id, revision),
      FOREIGN KEY (last_configuration, provenance_id, revision)
        REFERENCES evidence (configuration_id, provenance_id, revision)
    ) STRICT, WITHOUT ROWID;
    """
}
