// Adafactor. A factored tensor is walked line by line (a line is all elements along the last axis), and each line knows
// where its row and column moments begin. In a line, a moment runs along with the elements, or, where it lacks the last
// axis, stands still.

typedef struct {
  float factor, rate, decay, moment_decay;
} adafactor_numbers;

// The new parameter and momentum, given the direction before momentum.
INLINE void adafactor_vector(const adafactor_numbers *c, vf direction, vh *m, vf *p) {
  vf momentum = direction * 0.1f + kept_half(*m);
  *p = updated(*p, momentum, c->rate, c->decay);
  *m = to_bfloat16(momentum);
}

static void adafactor_unfactored(const adafactor_numbers *c, const sf_adafactor_tensor *t, const sf_thread *thread) {
  int64_t count = 1;
  for (int64_t axis = 0; axis < t->rank; axis++) count *= t->size[axis];
  sf_range share = sf_share(count, 16, thread->index, thread->count);
  for (int64_t j = share.begin; j < share.end; j += WIDTH) {
    int64_t left = sf_min(share.end - j, WIDTH);
    bool whole = left == WIDTH;
    vf g = (whole ? load(t->g + j) : load_part(t->g + j, left)) * c->factor;
    vf p = whole ? load(t->p + j) : load_part(t->p + j, left);
    vf v = whole ? load(t->v + j) : load_part(t->v + j, left);
    vh m = whole ? load_half(t->m + j) : load_half_part(t->m + j, left);
    v = v * c->moment_decay + (g * g + 1e-30f) * (1 - c->moment_decay);
    adafactor_vector(c, g / __builtin_elementwise_sqrt(v), &m, &p);
    if (whole) {
      store(t->p + j, p);
      store(t->v + j, v);
      store_half(t->m + j, m);
    } else {
      store_part(t->p + j, p, left);
      store_part(t->v + j, v, left);
      store_half_part(t->m + j, m, left);
    }
  }
}

// Adds the squares of one line to its row and column sums.
INLINE void add_squares(
    int64_t n, const float *g, float factor, float *row, bool row_runs, float *column, bool column_runs) {
  vf row_sum = {}, column_sum = {};
  int64_t j = 0;
  for (; j + WIDTH <= n; j += WIDTH) {
    vf x = load(g + j) * factor, square = x * x + 1e-30f;
    if (row_runs) store(row + j, load(row + j) + square);
    else row_sum += square;
    if (column_runs) store(column + j, load(column + j) + square);
    else column_sum += square;
  }
  if (!row_runs) *row += sum_lanes(row_sum);
  if (!column_runs) *column += sum_lanes(column_sum);
  for (; j < n; j++) {
    float x = g[j] * factor, square = x * x + 1e-30f;
    row[row_runs ? j : 0] += square;
    column[column_runs ? j : 0] += square;
  }
}

INLINE void update_line(
    const adafactor_numbers *c, int64_t n, const float *g, const float *row, bool row_runs, const float *column,
    bool column_runs, uint16_t *m, float *p) {
  int64_t j = 0;
  for (; j + WIDTH <= n; j += WIDTH) {
    vf r = row_runs ? load(row + j) : splat(*row), k = column_runs ? load(column + j) : splat(*column);
    vf new_p = load(p + j);
    vh new_m = load_half(m + j);
    adafactor_vector(c, load(g + j) * c->factor * r * k, &new_m, &new_p);
    store(p + j, new_p);
    store_half(m + j, new_m);
  }
  if (j == n) return;
  int64_t left = n - j;
  vf r = row_runs ? load_part(row + j, left) : splat(*row);
  vf k = column_runs ? load_part(column + j, left) : splat(*column);
  vf new_p = load_part(p + j, left);
  vh new_m = load_half_part(m + j, left);
  adafactor_vector(c, load_part(g + j, left) * c->factor * r * k, &new_m, &new_p);
  store_part(p + j, new_p, left);
  store_half_part(m + j, new_m, left);
}

// v <- decay * v + (1 - decay) * mean, the mean from the threads' sums of squares.
static void update_moments(
    const adafactor_numbers *c, const sf_thread *thread, const float *sums, int64_t stride, int64_t count,
    int64_t summed, float *v) {
  sf_range share = sf_share(count, 16, thread->index, thread->count);
  for (int64_t i = share.begin; i < share.end; i++) {
    float sum = 0;
    for (int t = 0; t < thread->count; t++) sum += sums[t * stride + i];
    v[i] = c->moment_decay * v[i] + (1 - c->moment_decay) * (sum / (float)summed);
  }
}

// out = (row / mean of row over the axis reduced in the column)^-1/2.
static void row_factors(const sf_adafactor_layout *l, const float *row, float *out) {
  for (int64_t outer = 0; outer < l->rows; outer += l->row_axis * l->row_inner) {
    for (int64_t inner = 0; inner < l->row_inner; inner++) {
      const float *v = row + outer + inner;
      float sum = 0;
      for (int64_t i = 0; i < l->row_axis; i++) sum += v[i * l->row_inner];
      float mean = sum / (float)l->row_axis;
      for (int64_t i = 0; i < l->row_axis; i++)
        out[outer + inner + i * l->row_inner] = 1 / sqrtf(v[i * l->row_inner] / mean);
    }
  }
}

static void adafactor_factored(
    const adafactor_numbers *c, const sf_adafactor_tensor *t, float *scratch, int64_t stride,
    const sf_thread *thread) {
  sf_adafactor_layout l = sf_adafactor_layout_of(t);
  float *row = scratch + thread->index * stride, *column = row + sf_round_up(l.rows, 16);
  memset(row, 0, (size_t)l.rows * sizeof(float));
  memset(column, 0, (size_t)l.columns * sizeof(float));
  sf_range lines = sf_share(l.lines, 1, thread->index, thread->count);
  for (int64_t line = lines.begin; line < lines.end; line++) {
    sf_adafactor_line at = sf_adafactor_line_of(&l, line);
    add_squares(
        l.length, t->g + line * l.length, c->factor, row + at.row, l.row_runs, column + at.column, l.column_runs);
  }
  sf_barrier(thread);
  update_moments(c, thread, scratch, stride, l.rows, t->size[t->reduced_in_row], t->row);
  update_moments(
      c, thread, scratch + sf_round_up(l.rows, 16), stride, l.columns, t->size[t->reduced_in_column], t->column);
  sf_barrier(thread);
  // Each thread turns its own sums, which nobody reads any more, into factors.
  row_factors(&l, t->row, row);
  for (int64_t i = 0; i < l.columns; i++) column[i] = 1 / sqrtf(t->column[i]);
  for (int64_t line = lines.begin; line < lines.end; line++) {
    sf_adafactor_line at = sf_adafactor_line_of(&l, line);
    int64_t begin = line * l.length;
    update_line(
        c, l.length, t->g + begin, row + at.row, l.row_runs, column + at.column, l.column_runs, t->m + begin,
        t->p + begin);
  }
}

static void KERNEL(adafactor)(const void *arguments, const sf_thread *thread) {
  const sf_adafactor_arguments *a = arguments;
  adafactor_numbers c = {factor_of(a->factor), a->rate, a->decay, 1 - powf((float)*a->step, -0.8f)};
  if (c.moment_decay > 0.999f) c.moment_decay = 0.999f;
  for (int64_t t = 0; t < a->tensor_count; t++) {
    if (a->tensors[t].row) adafactor_factored(&c, &a->tensors[t], a->scratch, a->scratch_stride, thread);
    else adafactor_unfactored(&c, &a->tensors[t], thread);
  }
}
