// Small matrix products whose operands are in the cache already: c[rows, columns] (+)= a b.
//
// a is read one number at a time with any strides, so it may be transposed; b and c are rows of whole vectors.
// A tile of c, TILE_ROWS x TILE_VECTORS vectors, stays in registers.

enum { TILE_ROWS = 6, TILE_VECTORS = WIDTH == 16 ? 4 : 2 };

INLINE void register_tile(
    const int rows, const int vectors, int64_t depth, const float *a, int64_t a_row, int64_t a_depth, const float *b,
    int64_t b_depth, float *c, int64_t c_row, bool onto) {
  vf sum[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) sum[i][j] = onto ? load(c + i * c_row + j * WIDTH) : (vf){};
#pragma clang loop unroll_count(2)
  for (int64_t k = 0; k < depth; k++) {
    vf right[TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) right[j] = load(b + k * b_depth + j * WIDTH);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      vf left = splat(a[i * a_row + k * a_depth]);
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++) sum[i][j] += left * right[j];
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) store(c + i * c_row + j * WIDTH, sum[i][j]);
}

// Down the rows of one column of tiles; the panel of b stays in the cache.
INLINE void tile_column(
    const int vectors, int64_t rows, int64_t depth, const float *a, int64_t a_row, int64_t a_depth, const float *b,
    int64_t b_depth, float *c, int64_t c_row, bool onto) {
  int64_t i = 0;
  for (; i + TILE_ROWS <= rows; i += TILE_ROWS)
    register_tile(
        TILE_ROWS, vectors, depth, a + i * a_row, a_row, a_depth, b, b_depth, c + i * c_row, c_row, onto);
  a += i * a_row;
  c += i * c_row;
  switch (rows - i) {
  case 5: register_tile(5, vectors, depth, a, a_row, a_depth, b, b_depth, c, c_row, onto); break;
  case 4: register_tile(4, vectors, depth, a, a_row, a_depth, b, b_depth, c, c_row, onto); break;
  case 3: register_tile(3, vectors, depth, a, a_row, a_depth, b, b_depth, c, c_row, onto); break;
  case 2: register_tile(2, vectors, depth, a, a_row, a_depth, b, b_depth, c, c_row, onto); break;
  case 1: register_tile(1, vectors, depth, a, a_row, a_depth, b, b_depth, c, c_row, onto); break;
  }
}

// columns: a multiple of WIDTH.
static void tile_product(
    int64_t rows, int64_t columns, int64_t depth, const float *a, int64_t a_row, int64_t a_depth, const float *b,
    int64_t b_depth, float *c, int64_t c_row, bool onto) {
  int64_t j = 0;
  for (; j + TILE_VECTORS * WIDTH <= columns; j += TILE_VECTORS * WIDTH)
    tile_column(TILE_VECTORS, rows, depth, a, a_row, a_depth, b + j, b_depth, c + j, c_row, onto);
#if WIDTH == 16
  for (; j + 2 * WIDTH <= columns; j += 2 * WIDTH)
    tile_column(2, rows, depth, a, a_row, a_depth, b + j, b_depth, c + j, c_row, onto);
#endif
  for (; j < columns; j += WIDTH)
    tile_column(1, rows, depth, a, a_row, a_depth, b + j, b_depth, c + j, c_row, onto);
}

typedef float four __attribute__((vector_size(16)));
typedef float four_unaligned __attribute__((vector_size(16), aligned(4)));

enum { TRANSPOSE_STRIP = 32 };  // columns at a time: their rows of the output stay in the cache, whatever the stride

// out[columns, rows] = x[rows, columns]^T.
static void transpose(
    int64_t rows, int64_t columns, const float *x, int64_t x_row, float *out, int64_t out_row) {
  for (int64_t begin = 0; begin < columns; begin += TRANSPOSE_STRIP) {
    int64_t end = sf_min(begin + TRANSPOSE_STRIP, columns), i = 0;
    for (; i + 4 <= rows; i += 4) {
      const float *in = x + i * x_row;
      int64_t j = begin;
      for (; j + 4 <= end; j += 4) {
        four r[4];
        for (int u = 0; u < 4; u++) r[u] = *(const four_unaligned *)(in + u * x_row + j);
        four low = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5);
        four low2 = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5);
        four high = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
        four high2 = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
        float *o = out + j * out_row + i;
        *(four_unaligned *)o = __builtin_shufflevector(low, low2, 0, 1, 4, 5);
        *(four_unaligned *)(o + out_row) = __builtin_shufflevector(low, low2, 2, 3, 6, 7);
        *(four_unaligned *)(o + 2 * out_row) = __builtin_shufflevector(high, high2, 0, 1, 4, 5);
        *(four_unaligned *)(o + 3 * out_row) = __builtin_shufflevector(high, high2, 2, 3, 6, 7);
      }
      for (; j < end; j++)
        for (int u = 0; u < 4; u++) out[j * out_row + i + u] = in[u * x_row + j];
    }
    for (; i < rows; i++)
      for (int64_t j = begin; j < end; j++) out[j * out_row + i] = x[i * x_row + j];
  }
}

// out[rows, out_row] = x[rows, columns], the rest of each row zero.
static void pack_rows(int64_t rows, int64_t columns, const float *x, int64_t x_row, float *out, int64_t out_row) {
  for (int64_t i = 0; i < rows; i++) {
    memcpy(out + i * out_row, x + i * x_row, (size_t)columns * sizeof(float));
    if (columns < out_row) memset(out + i * out_row + columns, 0, (size_t)(out_row - columns) * sizeof(float));
  }
}
