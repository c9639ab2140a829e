// Sums, copies, patches and the loss: little arithmetic, each a single pass over memory.

// y[n] = factor * sum of x's rows; strips of columns whose sums stay in registers.
static void sum_rows(int64_t rows, int64_t n, const float *x, int64_t x_row, float factor, float *y) {
  int64_t j = 0;
  for (; j + 4 * WIDTH <= n; j += 4 * WIDTH) {
    vf sums[4] = {};
    for (int64_t i = 0; i < rows; i++)
      for (int u = 0; u < 4; u++) sums[u] += load(x + i * x_row + j + u * WIDTH);
    for (int u = 0; u < 4; u++) store(y + j + u * WIDTH, sums[u] * factor);
  }
  for (; j + WIDTH <= n; j += WIDTH) {
    vf sum = {};
    for (int64_t i = 0; i < rows; i++) sum += load(x + i * x_row + j);
    store(y + j, sum * factor);
  }
  for (; j < n; j++) {
    float sum = 0;
    for (int64_t i = 0; i < rows; i++) sum += x[i * x_row + j];
    y[j] = sum * factor;
  }
}

static void KERNEL(sum_rows)(const void *arguments, const sf_thread *thread) {
  const sf_sum_rows_arguments *a = arguments;
  if (a->blocks >= thread->count) {
    sf_range blocks = sf_share(a->blocks, 1, thread->index, thread->count);
    for (int64_t b = blocks.begin; b < blocks.end; b++)
      sum_rows(a->rows, a->n, a->x + b * a->x_block, a->x_row, a->factor, a->y + b * a->y_block);
    return;
  }
  sf_range columns = sf_share(a->n, 16, thread->index, thread->count);
  for (int64_t b = 0; b < a->blocks; b++)
    sum_rows(
        a->rows, columns.end - columns.begin, a->x + b * a->x_block + columns.begin, a->x_row, a->factor,
        a->y + b * a->y_block + columns.begin);
}

INLINE void copy_scaled(int64_t n, const float *x, float factor, float *y) {
  int64_t j = 0;
  for (; j + WIDTH <= n; j += WIDTH) store(y + j, load(x + j) * factor);
  for (; j < n; j++) y[j] = x[j] * factor;
}

static void KERNEL(copy)(const void *arguments, const sf_thread *thread) {
  const sf_copy_arguments *a = arguments;
  if (a->rows <= 0) return;
  sf_range lines = sf_share(a->blocks * a->rows, 1, thread->index, thread->count);
  for (int64_t l = lines.begin; l < lines.end; l++) {
    int64_t b = l / a->rows, r = l % a->rows;
    copy_scaled(a->n, a->x + b * a->x_block + r * a->x_row, a->factor, a->y + b * a->y_block + r * a->y_row);
  }
}

static void KERNEL(add)(const void *arguments, const sf_thread *thread) {
  const sf_add_arguments *a = arguments;
  if (a->period <= 0) return;
  sf_range share = sf_share(a->count, 16, thread->index, thread->count);
  for (int64_t begin = share.begin; begin < share.end;) {
    int64_t phase = begin % a->period, n = sf_min(a->period - phase, share.end - begin);
    const float *x = a->a + begin, *b = a->b + phase;
    float *y = a->y + begin;
    int64_t j = 0;
    for (; j + WIDTH <= n; j += WIDTH) store(y + j, load(x + j) + load(b + j));
    for (; j < n; j++) y[j] = x[j] + b[j];
    begin += n;
  }
}

static void KERNEL(fill)(const void *arguments, const sf_thread *thread) {
  const sf_fill_arguments *a = arguments;
  sf_range share = sf_share(a->count, 16, thread->index, thread->count);
  int64_t j = share.begin;
  for (; j + WIDTH <= share.end; j += WIDTH) store(a->y + j, splat(a->value));
  for (; j < share.end; j++) a->y[j] = a->value;
}

static void KERNEL(patches)(const void *arguments, const sf_thread *thread) {
  const sf_patches_arguments *a = arguments;
  int64_t across = a->side / a->patch, line = a->patch * a->channels;
  sf_range rows = sf_share(a->batch * across * across, 1, thread->index, thread->count);
  for (int64_t i = rows.begin; i < rows.end; i++) {
    int64_t image = i / (across * across), top = i / across % across * a->patch, left = i % across * a->patch;
    const float *corner = a->images + ((image * a->side + top) * a->side + left) * a->channels;
    for (int64_t r = 0; r < a->patch; r++)
      memcpy(
          a->rows + (i * a->patch + r) * line, corner + r * a->side * a->channels, (size_t)line * sizeof(float));
  }
}

// The cross-entropy of logits x and labels y is max(x, 0) - x y + log(1 + exp(-|x|)).
INLINE vf cross_entropy(vf x, vf y, vf *gradient) {
  vf magnitude = larger(x, -x), e = exponential(-magnitude);
  vf s = choose(x >= 0, splat(1.0f), e) / (1.0f + e);
  *gradient = s - y;
  // log(1 + e) loses digits of a small e in 1 + e: Kahan's correction with the rounded sum.
  vf sum = 1.0f + e, rest = sum - 1.0f;
  vf logarithm_of_sum = logarithm(sum) * (e / choose(rest > 0, rest, splat(1.0f)));
  return larger(x, splat(0)) - x * y + choose(rest > 0, logarithm_of_sum, e);
}

static void KERNEL(cross_entropy)(const void *arguments, const sf_thread *thread) {
  const sf_cross_entropy_arguments *a = arguments;
  sf_range share = sf_share(a->batch * a->classes, 16, thread->index, thread->count);
  float over_batch = 1 / (float)a->batch;
  double total = 0;
  for (int64_t j = share.begin; j < share.end; j += WIDTH) {
    int64_t left = sf_min(share.end - j, WIDTH);
    vf gradient, loss;
    if (left == WIDTH) {
      loss = cross_entropy(load(a->logits + j), load(a->labels + j), &gradient);
      if (a->gradient) store(a->gradient + j, gradient * over_batch);
      total += (double)sum_lanes(loss);
    } else {
      loss = cross_entropy(load_part(a->logits + j, left), load_part(a->labels + j, left), &gradient);
      if (a->gradient) store_part(a->gradient + j, gradient * over_batch, left);
      for (int64_t i = 0; i < left; i++) total += (double)loss[i];
    }
  }
  if (!a->loss) return;
  memcpy(a->scratch + thread->index * a->scratch_stride, &total, sizeof total);
  sf_barrier(thread);
  if (thread->index == 0) *a->loss = (float)(thread_total(thread, a->scratch, a->scratch_stride) / (double)a->batch);
}
