// How much scratch each kernel needs, and the tile sizes that decide it.

#include "internal.h"

enum {
  MLP_FLOATS = 192 * 1024,       // the activated tile of an MLP
  MLP_LEAST_ROWS = 200,          // products of fewer are slower
  GRADIENT_FLOATS = 80 * 1024,   // an input gradient's tile
  GRADIENT_LEAST_ROWS = 400,     // a weight is transposed for each
  TRANSPOSED_ROWS = 512,         // of fewer, a transposed weight saves less time than it takes
  TRANSPOSED_LEAST = 192,        // columns of a weight for a thread to transpose: of fewer, products are slower
  MOST_COLUMNS = 384,            // of a weight that a thread takes at a time
  SLAB_FLOATS = 96 * 1024,       // an MLP gradient's tile: less than half of a second-level cache of 1 MiB
};

// The most rows of m that one of `threads` threads has.
static int64_t rows_of_a_thread(int64_t m, int threads) { return sf_max((m + threads - 1) / threads, 1); }

// The columns of one of several equal parts of a thread's share.
static int64_t equal_columns(int64_t share) {
  int64_t parts = (share + MOST_COLUMNS - 1) / MOST_COLUMNS;
  return sf_round_up((share + parts - 1) / parts, 16);
}

int64_t mlp_rows(int64_t m, int64_t hidden, int threads) {
  return equal_tile(rows_of_a_thread(m, threads), sf_max(MLP_FLOATS / sf_max(hidden, 1) / 8 * 8, MLP_LEAST_ROWS));
}

int64_t sf_mlp_scratch(int64_t m, int64_t hidden, int threads) {
  return sf_round_up(mlp_rows(m, hidden, threads) * hidden, 16);
}

int64_t input_gradient_rows(int64_t m, int64_t k, int threads) {
  int64_t rows = rows_of_a_thread(m, threads);
  int64_t most = sf_max(GRADIENT_FLOATS / sf_max(k, 1), GRADIENT_LEAST_ROWS), tiles = (rows + most - 1) / most;
  return (rows + tiles - 1) / tiles;
}

int64_t transposed_columns(int64_t m, int64_t n, int threads) {
  int64_t share = (n + threads - 1) / threads;
  return m < TRANSPOSED_ROWS || share < TRANSPOSED_LEAST ? 0 : equal_columns(share);
}

int64_t sf_input_gradient_scratch(int64_t m, int64_t k, int64_t n, int threads) {
  return 2 * sf_round_up(k, 16) + sf_round_up(transposed_columns(m, n, threads) * k, 16)
      + sf_round_up(input_gradient_rows(m, k, threads) * k, 16);
}

int64_t mlp_gradient_rows(int64_t m, int64_t slab) {
  return equal_tile(m, sf_max(SLAB_FLOATS / sf_max(slab, 1), 64));
}

bool mlp_gradient_transposes(int64_t m) { return m >= TRANSPOSED_ROWS; }

int64_t sf_mlp_gradient_slab(int64_t m, int64_t width, int64_t hidden, int threads) {
  (void)m, (void)width;
  return equal_columns((hidden + threads - 1) / threads);
}

int64_t sf_mlp_gradient_scratch(int64_t m, int64_t width, int64_t slab) {
  return ((mlp_gradient_transposes(m) ? width : 0) + mlp_gradient_rows(m, slab)) * sf_round_up(slab, 16);
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
