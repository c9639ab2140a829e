// How much scratch each kernel needs, and the tile sizes that decide it.

#include "internal.h"

enum {
  MLP_FLOATS = 48 * 1024,        // the activated tile of an MLP
  MLP_LEAST_ROWS = 64,           // products of fewer are slower
  GRADIENT_FLOATS = 400 * 1024,  // an input gradient's tile: the larger, the fewer times a weight is packed
  SLAB_FLOATS = 128 * 1024,      // an MLP gradient's tile: half of a second-level cache of 1 MiB
};

int64_t mlp_rows(int64_t m, int64_t hidden) {
  return sf_max(sf_min(m, sf_max(MLP_FLOATS / sf_max(hidden, 1) / 8 * 8, MLP_LEAST_ROWS)), 1);
}

int64_t sf_mlp_scratch(int64_t m, int64_t hidden) { return sf_round_up(mlp_rows(m, hidden) * hidden, 16); }

int64_t input_gradient_rows(int64_t m, int64_t k) {
  return sf_max(sf_min(m, GRADIENT_FLOATS / sf_max(k, 1)), 1);
}

int64_t sf_input_gradient_scratch(int64_t m, int64_t k) {
  return 2 * sf_round_up(k, 16) + sf_round_up(input_gradient_rows(m, k) * k, 16);
}

int64_t mlp_gradient_rows(int64_t m, int64_t slab) {
  int64_t most = sf_max(SLAB_FLOATS / sf_max(slab, 1), 64), tiles = (m + most - 1) / most;
  return tiles <= 1 ? m : sf_round_up((m + tiles - 1) / tiles, 8);
}

int64_t sf_mlp_gradient_slab(int64_t m, int64_t width, int64_t hidden, int threads) {
  (void)m, (void)width;
  int64_t share = (hidden + threads - 1) / threads;
  int64_t slabs = (share + 383) / 384;
  return sf_round_up((share + slabs - 1) / slabs, 16);
}

int64_t sf_mlp_gradient_scratch(int64_t m, int64_t slab) {
  return sf_round_up(mlp_gradient_rows(m, slab) * sf_round_up(slab, 16), 16);
}

int64_t sf_layer_norm_gradient_scratch(int64_t n) { return 2 * sf_round_up(n, 16); }

int64_t sf_attention_scratch(int64_t queries, int64_t keys, int64_t d) {
  int64_t wide_keys = sf_round_up(keys, SF_WIDEST), wide_d = sf_round_up(d, SF_WIDEST);
  (void)queries;
  return d * wide_keys + keys * wide_d + ATTENTION_ROWS * (wide_keys + wide_d);
}

int64_t sf_attention_gradient_scratch(int64_t queries, int64_t keys, int64_t d) {
  int64_t wide_keys = sf_round_up(keys, SF_WIDEST), wide_d = sf_round_up(d, SF_WIDEST);
  (void)queries;
  return 2 * d * wide_keys + 3 * keys * wide_d + ATTENTION_ROWS * (3 * wide_d + 2 * wide_keys);
}

sf_adafactor_layout sf_adafactor_layout_of(const sf_adafactor_tensor *t) {
  sf_adafactor_layout l = {.lines = 1, .rows = 1, .columns = 1, .rank = t->rank};
  for (int64_t axis = t->rank - 1; axis >= 0; axis--) {
    int64_t size = l.size[axis] = t->size[axis];
    if (axis == t->rank - 1) l.length = size;
    else l.lines *= size;
    if (axis == t->reduced_in_column) l.row_axis = size, l.row_inner = l.rows;
    if (axis != t->reduced_in_row) l.row_stride[axis] = l.rows, l.rows *= size;
    if (axis != t->reduced_in_column) l.column_stride[axis] = l.columns, l.columns *= size;
  }
  l.row_runs = t->reduced_in_row != t->rank - 1;
  l.column_runs = t->reduced_in_column != t->rank - 1;
  return l;
}

int64_t sf_adafactor_scratch(const sf_adafactor_tensor *t) {
  if (!t->row) return 0;
  sf_adafactor_layout l = sf_adafactor_layout_of(t);
  return sf_round_up(l.rows, 16) + sf_round_up(l.columns, 16);
}
