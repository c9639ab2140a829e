// Dense layers: products from the library, in tiles that are still in the cache when the rest is done to them.

enum {
  EPILOGUE_TILE = 192 * 1024,   // floats of an output tile that are still near when its product is done
  FEW_ROWS = 32,                // per thread; below it columns are shared instead
  COLUMN_GRAIN = 48,            // the library's own tile of columns
};

// y[rows, columns] += bias + residual, then activated = gelu(y); y and residual have the same stride.
static void linear_epilogue(
    int64_t rows, int64_t columns, int64_t stride, float *y, const float *bias, const float *residual,
    float *activated, int64_t activated_stride) {
  for (int64_t i = 0; i < rows; i++) {
    float *out = y + i * stride;
    const float *r = residual ? residual + i * stride : NULL;
    float *g = activated ? activated + i * activated_stride : NULL;
    int64_t j = 0;
    for (; j + 4 * WIDTH <= columns; j += 4 * WIDTH) {
      vf4 x = load_4(out + j);
      if (bias) x += load_4(bias + j);
      if (r) x += load_4(r + j);
      store_4(out + j, x);
      if (g) store_4(g + j, gelu_4(x));
    }
    for (; j + WIDTH <= columns; j += WIDTH) {
      vf x = load(out + j);
      if (bias) x += load(bias + j);
      if (r) x += load(r + j);
      store(out + j, x);
      if (g) store(g + j, gelu(x));
    }
    if (j < columns) {
      int64_t left = columns - j;
      vf x = load_part(out + j, left);
      if (bias) x += load_part(bias + j, left);
      if (r) x += load_part(r + j, left);
      store_part(out + j, x, left);
      if (g) store_part(g + j, gelu(x), left);
    }
  }
}

static void KERNEL(linear)(const void *arguments, const sf_thread *thread) {
  const sf_linear_arguments *a = arguments;
  bool by_rows = a->m >= FEW_ROWS * thread->count;
  sf_range rows = by_rows ? sf_share(a->m, 1, thread->index, thread->count) : (sf_range){0, a->m};
  sf_range columns = by_rows ? (sf_range){0, a->n} : sf_share(a->n, COLUMN_GRAIN, thread->index, thread->count);
  int64_t width = columns.end - columns.begin, k = a->k, n = a->n;
  if (width == 0) return;
  int64_t tile = equal_tile(rows.end - rows.begin, sf_max(EPILOGUE_TILE / width, 48));
  for (int64_t i = rows.begin; i < rows.end; i += tile) {
    int64_t height = sf_min(tile, rows.end - i), at = i * n + columns.begin;
    for (int64_t p = 0; p < a->count; p++) {
      // In place on the residual, the library adds it.
      bool onto = a->residual && a->residual == a->y[p];
      sf_sgemm(
          false, false, height, width, k, 1, a->x + i * k, k, a->w[p] + columns.begin, n, onto ? 1 : 0, a->y[p] + at,
          n);
      const float *bias = a->bias[p] ? a->bias[p] + columns.begin : NULL;
      const float *residual = a->residual && !onto ? a->residual + at : NULL;
      float *activated = a->activated[p] ? a->activated[p] + at : NULL;
      if (bias || residual || activated)
        linear_epilogue(height, width, n, a->y[p] + at, bias, residual, activated, n);
    }
  }
}

static void KERNEL(mlp)(const void *arguments, const sf_thread *thread) {
  const sf_mlp_arguments *a = arguments;
  int64_t width = a->width, hidden = a->hidden;
  float *activated = a->scratch + thread->index * a->scratch_stride;
  sf_range rows = sf_share(a->m, 1, thread->index, thread->count);
  bool onto = a->residual == a->y;
  int64_t tile = mlp_rows(a->m, hidden, thread->count);
  for (int64_t i = rows.begin; i < rows.end; i += tile) {
    int64_t height = sf_min(tile, rows.end - i);
    float *h = a->h + i * hidden, *y = a->y + i * width;
    sf_sgemm(false, false, height, hidden, width, 1, a->n + i * width, width, a->wup, hidden, 0, h, hidden);
    linear_epilogue(height, hidden, hidden, h, a->bup, NULL, activated, hidden);
    sf_sgemm(false, false, height, width, hidden, 1, activated, hidden, a->wdown, width, onto ? 1 : 0, y, width);
    const float *residual = a->residual && !onto ? a->residual + i * width : NULL;
    linear_epilogue(height, width, width, y, a->bdown, residual, NULL, 0);
  }
}

// into[rows,k], some of m, = dy[rows,n] w[k,n]^T, added to what is there when `onto`.
//
// All threads come here, each with rows of its own. Each transposes a block of w's columns for all of them: products of
// matrices as they lie are faster, and the library then takes no memory to pack them.
static void times_transposed(
    const sf_thread *thread, int64_t m, int64_t rows, int64_t k, int64_t n, const float *dy, const float *w, bool onto,
    float *into, float *blocks, int64_t stride) {
  int64_t block = transposed_columns(m, n, thread->count);
  if (block == 0) {
    sf_sgemm(false, true, rows, k, n, 1, dy, n, w, n, onto ? 1 : 0, into, k);
    return;
  }
  for (int64_t begin = 0; begin < n; begin += block * thread->count) {
    int64_t own = begin + thread->index * block;
    sf_barrier(thread);  // the others no longer read the last one
    if (own < n) transpose(k, sf_min(block, n - own), w + own, n, blocks + thread->index * stride, k);
    sf_barrier(thread);
    for (int t = 0; t < thread->count && begin + t * block < n; t++) {
      int64_t j = begin + t * block;
      sf_sgemm(
          false, false, rows, k, sf_min(block, n - j), 1, dy + j, n, blocks + t * stride, k, onto || j > 0 ? 1 : 0, into,
          k);
    }
  }
}

static void KERNEL(input_gradient)(const void *arguments, const sf_thread *thread) {
  const sf_input_gradient_arguments *a = arguments;
  int64_t k = a->k, widest = 0;
  for (int64_t p = 0; p < a->count; p++) widest = sf_max(widest, a->n[p]);
  sf_range rows = sf_share(a->m, 1, thread->index, thread->count);
  // Sums of the layer norm, a block of a transposed weight, the gradient that enters the norm.
  int64_t sums = sf_round_up(k, 16), blocks = sf_round_up(transposed_columns(a->m, widest, thread->count) * k, 16);
  float *scratch = a->scratch + thread->index * a->scratch_stride;
  float *dscale = scratch, *dbias = scratch + sums, *dx = scratch + 2 * sums + blocks;
  bool direct = !a->x && a->residual != a->out;
  if (a->x) clear_norm_sums(k, dscale, dbias);
  // The same number of tiles on all threads, some of which may have a row less: they meet in each.
  int64_t tile = input_gradient_rows(a->m, k, thread->count);
  for (int64_t begin = 0; begin * thread->count < a->m; begin += tile) {
    int64_t i = rows.begin + begin, height = sf_max(sf_min(tile, rows.end - i), 0);
    float *into = direct ? a->out + i * k : dx;
    for (int64_t p = 0; p < a->count; p++) {
      int64_t n = a->n[p];
      times_transposed(
          thread, a->m, height, k, n, a->dy[p] + i * n, a->w[p], p > 0, into, a->scratch + 2 * sums, a->scratch_stride);
    }
    const float *residual = a->residual ? a->residual + i * k : NULL;
    if (a->x)
      norm_gradient_rows(
          height, k, a->x + i * k, a->mean + i, a->reciprocal_deviation + i, a->scale, dx, residual, a->out + i * k,
          dscale, dbias);
    else if (residual)
      for (int64_t j = 0; j < height * k; j++) a->out[i * k + j] = into[j] + residual[j];
  }
  if (!a->x) return;
  sf_barrier(thread);
  add_norm_sums(thread, k, a->scratch, a->scratch_stride, a->dscale, a->dbias);
}

static void KERNEL(weight_gradient)(const void *arguments, const sf_thread *thread) {
  const sf_weight_gradient_arguments *a = arguments;
  int64_t m = a->m, k = a->k, n = a->n;
  // Whole tiles of both sides: the share that is cut is the longer one.
  bool by_rows = k >= n;
  sf_range rows = by_rows ? sf_share(k, 16, thread->index, thread->count) : (sf_range){0, k};
  sf_range columns = by_rows ? (sf_range){0, n} : sf_share(n, 16, thread->index, thread->count);
  sf_range sums = sf_share(n, 16, thread->index, thread->count);
  for (int64_t p = 0; p < a->count; p++) {
    sf_sgemm(
        true, false, rows.end - rows.begin, columns.end - columns.begin, m, 1, a->x + rows.begin, k,
        a->dy[p] + columns.begin, n, 0, a->dw[p] + rows.begin * n + columns.begin, n);
    if (a->dbias[p])
      sum_rows(m, sums.end - sums.begin, a->dy[p] + sums.begin, n, 1, a->dbias[p] + sums.begin);
  }
}

// dg[rows, columns] holds dy wdown^T. h <- dg * gelu'(h), dg <- gelu(h), sums += column sums of the new h.
static void mlp_gradient_pass(
    int64_t rows, int64_t columns, float *h, int64_t h_stride, float *dg, int64_t dg_stride, float *sums) {
  for (int64_t i = 0; i < rows; i++) {
    float *x = h + i * h_stride, *d = dg + i * dg_stride;
    int64_t j = 0;
    for (; j + 4 * WIDTH <= columns; j += 4 * WIDTH) {
      vf4 derivative, y = gelu_and_derivative_4(load_4(x + j), &derivative);
      vf4 dx = load_4(d + j) * derivative;
      store_4(d + j, y);
      store_4(x + j, dx);
      store_4(sums + j, load_4(sums + j) + dx);
    }
    for (; j + WIDTH <= columns; j += WIDTH) {
      vf derivative, y = gelu_and_derivative(load(x + j), &derivative);
      vf dx = load(d + j) * derivative;
      store(d + j, y);
      store(x + j, dx);
      store(sums + j, load(sums + j) + dx);
    }
    if (j < columns) {
      int64_t left = columns - j;
      vf derivative, y = gelu_and_derivative(load_part(x + j, left), &derivative);
      vf dx = load_part(d + j, left) * derivative;
      store_part(d + j, y, left);
      store_part(x + j, dx, left);
      store_part(sums + j, load_part(sums + j, left) + dx, left);
    }
  }
}

static void KERNEL(mlp_gradient)(const void *arguments, const sf_thread *thread) {
  const sf_mlp_gradient_arguments *a = arguments;
  int64_t m = a->m, width = a->width, hidden = a->hidden;
  sf_range share = sf_share(hidden, 16, thread->index, thread->count);
  // A slab of the transposed weight, and a tile of the activation's gradient.
  float *weight = a->scratch + thread->index * a->scratch_stride;
  bool transposes = mlp_gradient_transposes(m);
  float *dg = weight + (transposes ? sf_round_up(a->slab, 16) * width : 0);
  int64_t rows = mlp_gradient_rows(m, a->slab);
  int64_t slabs = (share.end - share.begin + a->slab - 1) / sf_max(a->slab, 1);
  int64_t slab = slabs ? sf_min(a->slab, sf_round_up((share.end - share.begin + slabs - 1) / slabs, 16)) : 0;
  for (int64_t j = share.begin; j < share.end; j += slab) {
    int64_t columns = sf_min(slab, share.end - j);
    for (int64_t c = 0; c < columns; c++) a->dbup[j + c] = 0;
    const float *down = a->wdown + j * width;
    if (transposes) {
      transpose(columns, width, down, width, weight, columns);
      down = weight;
    }
    for (int64_t i = 0; i < m; i += rows) {
      int64_t height = sf_min(rows, m - i);
      float beta = i == 0 ? 0 : 1, *h = a->h + i * hidden + j;
      const float *dy = a->dy + i * width;
      sf_sgemm(
          false, !transposes, height, columns, width, 1, dy, width, down, transposes ? columns : width, 0, dg, columns);
      mlp_gradient_pass(height, columns, h, hidden, dg, columns, a->dbup + j);
      sf_sgemm(true, false, columns, width, height, 1, dg, columns, dy, width, beta, a->dwdown + j * width, width);
      sf_sgemm(
          true, false, width, columns, height, 1, a->n + i * width, width, h, hidden, beta, a->dwup + j, hidden);
    }
  }
  sf_range sums = sf_share(width, 16, thread->index, thread->count);
  sum_rows(m, sums.end - sums.begin, a->dy + sums.begin, width, 1, a->dbdown + sums.begin);
}
