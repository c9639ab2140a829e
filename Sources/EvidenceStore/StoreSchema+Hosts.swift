extension StoreSchema {
  /// Added in version 9: in the view of results, what each speaks for, and on which host it was measured.
  static let hosts = """
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
        p.source || ' ' || p.version AS source, p.speaks_for, p.host, n.sentences AS notes, e.run_id AS run, c.id AS configuration_id
      FROM evidence AS e
      JOIN configurations AS c ON c.id = e.configuration_id
      JOIN provenance AS p ON p.id = e.provenance_id
      LEFT JOIN note AS n ON n.id = e.note_id;
    """
}
