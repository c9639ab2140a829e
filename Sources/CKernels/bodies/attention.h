// Attention of one image and head at a time: a tile of query rows against all keys, whose logits never leave the cache.
//
// Keys are padded to whole vectors; a padded key's column of k^T is zero, and its weight is set to zero or never read.

// The tensors of one image and head. Rows are `stride` floats apart.
typedef struct {
  int64_t q, k;  // offsets of the first query and the first key
  int64_t stride;
  int64_t keys, padded_keys, d, padded_d;
  float scale;
} attention_item;

INLINE attention_item attention_of(int64_t item, int64_t queries, int64_t keys, int64_t heads, int64_t d) {
  int64_t image = item / heads, head = item % heads;
  return (attention_item){
    .q = (image * queries * heads + head) * d,
    .k = (image * keys * heads + head) * d,
    .stride = heads * d,
    .keys = keys,
    .padded_keys = sf_round_up(keys, WIDTH),
    .d = d,
    .padded_d = sf_round_up(d, WIDTH),
    .scale = 1 / sqrtf((float)d),
  };
}

// k^T [d, padded_keys] of k [keys, d].
static void pack_transposed(const attention_item *t, const float *k, float *out) {
  transpose(t->keys, t->d, k, t->stride, out, t->padded_keys);
  if (t->padded_keys == t->keys) return;
  for (int64_t c = 0; c < t->d; c++)
    for (int64_t j = t->keys; j < t->padded_keys; j++) out[c * t->padded_keys + j] = 0;
}

// All ones in the lanes of the last vector of keys that are keys.
INLINE vi last_lanes(const attention_item *t) {
  vi lane, count = (vi){} + (int32_t)(t->keys - (t->padded_keys - WIDTH));
  for (int i = 0; i < WIDTH; i++) lane[i] = i;
  return lane < count;
}

// Rows of [rows, padded_keys] logits <- exp(scale * logits - max), not normalised. Sets their sums and log(sum of exp).
INLINE void softmax_rows(const attention_item *t, int64_t rows, float *logits, float *sums, float *logsumexp) {
  int64_t last = t->padded_keys - WIDTH;
  vi real = last_lanes(t);
  float largest[ATTENTION_ROWS];
  for (int64_t r = 0; r < rows; r++) {
    float *row = logits + r * t->padded_keys;
    vf most = choose(real, load(row + last), splat(-INFINITY));
    store(row + last, most);
    for (int64_t j = 0; j < last; j += WIDTH) most = larger(most, load(row + j));
    largest[r] = largest_lane(most) * t->scale;
  }
  for (int64_t r = 0; r < rows; r++) {
    float *row = logits + r * t->padded_keys;
    vf sum = {};
    for (int64_t j = 0; j <= last; j += WIDTH) {
      vf e = exponential(load(row + j) * t->scale - largest[r]);
      store(row + j, e);
      sum += e;
    }
    sums[r] = sum_lanes(sum);
  }
  if (!logsumexp) return;
  for (int64_t r = 0; r < rows; r++) logsumexp[r] = largest[r] + logf(sums[r]);
}

// Rows of d numbers as rows of whole vectors: where they are, or a copy in scratch.
INLINE const float *whole_rows(
    const attention_item *t, int64_t rows, const float *x, float *scratch, int64_t *stride) {
  *stride = t->stride;
  if (t->padded_d == t->d) return x;
  pack_rows(rows, t->d, x, t->stride, scratch, t->padded_d);
  *stride = t->padded_d;
  return scratch;
}

static void KERNEL(attention)(const void *arguments, const sf_thread *thread) {
  const sf_attention_arguments *a = arguments;
  sf_range items = sf_share(a->batch * a->heads, 1, thread->index, thread->count);
  float *keys = a->scratch + thread->index * a->scratch_stride;
  for (int64_t item = items.begin; item < items.end; item++) {
    attention_item t = attention_of(item, a->queries, a->keys, a->heads, a->d);
    float *logits = keys + t.d * t.padded_keys, *out = logits + ATTENTION_ROWS * t.padded_keys;
    float *copied = out + ATTENTION_ROWS * t.padded_d;
    int64_t v_stride;
    const float *values = whole_rows(&t, t.keys, a->v + t.k, copied, &v_stride);
    pack_transposed(&t, a->k + t.k, keys);
    for (int64_t i = 0; i < a->queries; i += ATTENTION_ROWS) {
      int64_t rows = sf_min(ATTENTION_ROWS, a->queries - i);
      const float *q = a->q + t.q + i * t.stride;
      float *o = a->o + t.q + i * t.stride, sums[ATTENTION_ROWS];
      tile_product(rows, t.padded_keys, t.d, q, t.stride, 1, keys, t.padded_keys, logits, t.padded_keys, false);
      softmax_rows(&t, rows, logits, sums, a->logsumexp ? a->logsumexp + item * a->queries + i : NULL);
      tile_product(rows, t.padded_d, t.keys, logits, t.padded_keys, 1, values, v_stride, out, t.padded_d, false);
      for (int64_t r = 0; r < rows; r++) copy_scaled(t.d, out + r * t.padded_d, 1 / sums[r], o + r * t.stride);
    }
  }
}

// p holds logits, dp the gradients of the weights. p <- exp(scale * p - logsumexp), dp <- p * (dp - delta) * scale.
INLINE void softmax_gradient_rows(
    const attention_item *t, int64_t rows, float *p, float *dp, const float *logsumexp, const float *delta) {
  int64_t last = t->padded_keys - WIDTH;
  vi real = last_lanes(t);
  for (int64_t r = 0; r < rows; r++, p += t->padded_keys, dp += t->padded_keys) {
    vf inner = splat(delta[r] * t->scale), base = splat(logsumexp[r]);
    for (int64_t j = 0; j < last; j += WIDTH) {
      vf e = exponential(load(p + j) * t->scale - base);
      store(p + j, e);
      store(dp + j, e * (load(dp + j) * t->scale - inner));
    }
    vf e = choose(real, exponential(load(p + last) * t->scale - base), splat(0));
    store(p + last, e);
    store(dp + last, e * (load(dp + last) * t->scale - inner));
  }
}

INLINE float inner_product(int64_t n, const float *a, const float *b) {
  vf sum = {};
  int64_t j = 0;
  for (; j + WIDTH <= n; j += WIDTH) sum += load(a + j) * load(b + j);
  float rest = 0;
  for (; j < n; j++) rest += a[j] * b[j];
  return rest + sum_lanes(sum);
}

// With weights P and dO the gradient of the output, D the row sums of dO * O:
// dV = P^T dO;  dP = dO V^T;  dS = P * (dP - D) / sqrt(d);  dQ = dS K;  dK = dS^T Q.
// Source: arXiv 2205.14135, appendix B.2.
static void KERNEL(attention_gradient)(const void *arguments, const sf_thread *thread) {
  const sf_attention_gradient_arguments *a = arguments;
  sf_range items = sf_share(a->batch * a->heads, 1, thread->index, thread->count);
  float *keys_transposed = a->scratch + thread->index * a->scratch_stride;
  for (int64_t item = items.begin; item < items.end; item++) {
    attention_item t = attention_of(item, a->queries, a->keys, a->heads, a->d);
    int64_t panel = t.d * t.padded_keys, block = t.keys * t.padded_d, tile = ATTENTION_ROWS * t.padded_d;
    float *values_transposed = keys_transposed + panel;
    float *dk = values_transposed + panel, *dv = dk + block, *dq = dv + block;
    float *p = dq + tile, *dp = p + ATTENTION_ROWS * t.padded_keys, *copied = dp + ATTENTION_ROWS * t.padded_keys;
    int64_t k_stride, q_stride, dout_stride;
    const float *keys = whole_rows(&t, t.keys, a->k + t.k, copied, &k_stride);
    pack_transposed(&t, a->k + t.k, keys_transposed);
    pack_transposed(&t, a->v + t.k, values_transposed);
    for (int64_t i = 0; i < a->queries; i += ATTENTION_ROWS) {
      int64_t rows = sf_min(ATTENTION_ROWS, a->queries - i), at = t.q + i * t.stride;
      const float *q = whole_rows(&t, rows, a->q + at, copied + block, &q_stride);
      const float *dout = whole_rows(&t, rows, a->dout + at, copied + block + tile, &dout_stride);
      tile_product(rows, t.padded_keys, t.d, q, q_stride, 1, keys_transposed, t.padded_keys, p, t.padded_keys, false);
      tile_product(
          rows, t.padded_keys, t.d, dout, dout_stride, 1, values_transposed, t.padded_keys, dp, t.padded_keys, false);
      float delta[ATTENTION_ROWS];
      for (int64_t r = 0; r < rows; r++)
        delta[r] = inner_product(t.d, a->o + at + r * t.stride, dout + r * dout_stride);
      softmax_gradient_rows(&t, rows, p, dp, a->logsumexp + item * a->queries + i, delta);
      tile_product(t.keys, t.padded_d, rows, p, 1, t.padded_keys, dout, dout_stride, dv, t.padded_d, i > 0);
      tile_product(t.keys, t.padded_d, rows, dp, 1, t.padded_keys, q, q_stride, dk, t.padded_d, i > 0);
      tile_product(rows, t.padded_d, t.keys, dp, t.padded_keys, 1, keys, k_stride, dq, t.padded_d, false);
      for (int64_t r = 0; r < rows; r++) copy_scaled(t.d, dq + r * t.padded_d, 1, a->q + at + r * t.stride);
    }
    for (int64_t j = 0; j < t.keys; j++) {
      copy_scaled(t.d, dk + j * t.padded_d, 1, a->k + t.k + j * t.stride);
      copy_scaled(t.d, dv + j * t.padded_d, 1, a->v + t.k + j * t.stride);
    }
  }
}
