// Layer norm and its gradient, row by row; a row stays in the first-level cache.

INLINE float row_sum(int64_t n, const float *x) {
  vf sums[4] = {};
  int64_t j = 0;
  for (; j + 4 * WIDTH <= n; j += 4 * WIDTH) {
    for (int u = 0; u < 4; u++) sums[u] += load(x + j + u * WIDTH);
  }
  for (; j + WIDTH <= n; j += WIDTH) sums[0] += load(x + j);
  if (j < n) sums[1] += load_part(x + j, n - j);
  return sum_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

INLINE float row_square_deviation(int64_t n, const float *x, float mean) {
  vf sums[4] = {};
  int64_t j = 0;
  for (; j + 4 * WIDTH <= n; j += 4 * WIDTH) {
    for (int u = 0; u < 4; u++) {
      vf d = load(x + j + u * WIDTH) - mean;
      sums[u] += d * d;
    }
  }
  for (; j + WIDTH <= n; j += WIDTH) {
    vf d = load(x + j) - mean;
    sums[0] += d * d;
  }
  float rest = 0;
  for (; j < n; j++) rest += (x[j] - mean) * (x[j] - mean);
  return rest + sum_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

INLINE void normalize_row(
    int64_t n, const float *x, float mean, float reciprocal, const float *scale, const float *bias, float *y) {
  int64_t j = 0;
  for (; j + WIDTH <= n; j += WIDTH)
    store(y + j, (load(x + j) - mean) * reciprocal * load(scale + j) + load(bias + j));
  if (j < n) {
    int64_t left = n - j;
    vf normalised = (load_part(x + j, left) - mean) * reciprocal;
    store_part(y + j, normalised * load_part(scale + j, left) + load_part(bias + j, left), left);
  }
}

static void KERNEL(layer_norm)(const void *arguments, const sf_thread *thread) {
  const sf_layer_norm_arguments *a = arguments;
  int64_t n = a->n;
  sf_range rows = sf_share(a->m, 1, thread->index, thread->count);
  for (int64_t i = rows.begin; i < rows.end; i++) {
    const float *x = a->x + i * n;
    float mean = row_sum(n, x) / (float)n;
    float reciprocal = 1 / sqrtf(row_square_deviation(n, x, mean) / (float)n + SF_LAYER_NORM_EPSILON);
    normalize_row(n, x, mean, reciprocal, a->scale, a->bias, a->y + i * n);
    if (a->mean) a->mean[i] = mean;
    if (a->reciprocal_deviation) a->reciprocal_deviation[i] = reciprocal;
  }
}

static void KERNEL(normalize)(const void *arguments, const sf_thread *thread) {
  const sf_layer_norm_arguments *a = arguments;
  int64_t n = a->n;
  sf_range rows = sf_share(a->m, 1, thread->index, thread->count);
  for (int64_t i = rows.begin; i < rows.end; i++)
    normalize_row(n, a->x + i * n, a->mean[i], a->reciprocal_deviation[i], a->scale, a->bias, a->y + i * n);
}

static void clear_norm_sums(int64_t n, float *dscale, float *dbias) {
  memset(dscale, 0, (size_t)n * sizeof(float));
  memset(dbias, 0, (size_t)n * sizeof(float));
}

// With w = dy * scale and z the normalised x:
// dx = (w - mean(w) - z mean(w z)) / deviation;  dscale += dy z;  dbias += dy.
static void norm_gradient_rows(
    int64_t rows, int64_t n, const float *x, const float *mean, const float *reciprocal, const float *scale,
    const float *dy, const float *residual, float *dx, float *dscale, float *dbias) {
  int64_t whole = n / WIDTH * WIDTH, left = n - whole;
  for (int64_t i = 0; i < rows; i++, x += n, dy += n, dx += n) {
    vf center = splat(mean[i]), factor = splat(reciprocal[i]);
    vf w_sum = {}, wz_sum = {};
    for (int64_t j = 0; j < whole; j += WIDTH) {
      vf d = load(dy + j), z = (load(x + j) - center) * factor, w = d * load(scale + j);
      store(dscale + j, load(dscale + j) + d * z);
      store(dbias + j, load(dbias + j) + d);
      w_sum += w;
      wz_sum += w * z;
    }
    if (left) {
      vf d = load_part(dy + whole, left), z = (load_part(x + whole, left) - center) * factor;
      vf w = d * load_part(scale + whole, left);
      store_part(dscale + whole, load_part(dscale + whole, left) + d * z, left);
      store_part(dbias + whole, load_part(dbias + whole, left) + d, left);
      w_sum += w;
      wz_sum += w * z;  // lanes beyond the row have w = 0
    }
    vf w_mean = splat(sum_lanes(w_sum) / (float)n), wz_mean = splat(sum_lanes(wz_sum) / (float)n);
    for (int64_t j = 0; j < whole; j += WIDTH) {
      vf z = (load(x + j) - center) * factor, w = load(dy + j) * load(scale + j);
      vf d = (w - w_mean - z * wz_mean) * factor;
      if (residual) d += load(residual + j);
      store(dx + j, d);
    }
    if (left) {
      vf z = (load_part(x + whole, left) - center) * factor;
      vf w = load_part(dy + whole, left) * load_part(scale + whole, left);
      vf d = (w - w_mean - z * wz_mean) * factor;
      if (residual) d += load_part(residual + whole, left);
      store_part(dx + whole, d, left);
    }
    if (residual) residual += n;
  }
}

// The threads' sums, added in their order.
static void add_norm_sums(
    const sf_thread *thread, int64_t n, const float *scratch, int64_t stride, float *dscale, float *dbias) {
  sf_range share = sf_share(n, 16, thread->index, thread->count);
  int64_t second = sf_round_up(n, 16);
  for (int64_t j = share.begin; j < share.end; j++) {
    float s = 0, b = 0;
    for (int t = 0; t < thread->count; t++) {
      s += scratch[t * stride + j];
      b += scratch[t * stride + second + j];
    }
    dscale[j] = s;
    dbias[j] = b;
  }
}

static void KERNEL(layer_norm_gradient)(const void *arguments, const sf_thread *thread) {
  const sf_layer_norm_gradient_arguments *a = arguments;
  int64_t n = a->n;
  sf_range rows = sf_share(a->m, 1, thread->index, thread->count);
  float *dscale = a->scratch + thread->index * a->scratch_stride, *dbias = dscale + sf_round_up(n, 16);
  clear_norm_sums(n, dscale, dbias);
  int64_t at = rows.begin * n;
  norm_gradient_rows(
      rows.end - rows.begin, n, a->x + at, a->mean + rows.begin, a->reciprocal_deviation + rows.begin, a->scale,
      a->dy + at, a->residual ? a->residual + at : NULL, a->dx + at, dscale, dbias);
  sf_barrier(thread);
  add_norm_sums(thread, n, a->scratch, a->scratch_stride, a->dscale, a->dbias);
}
