// Optimizer updates: bound by memory, so each reads and writes every number once.

INLINE float factor_of(const float *factor) { return factor ? *factor : 1; }

INLINE vf updated(vf p, vf direction, float rate, float decay) { return p - (direction * rate + p * decay); }

static void KERNEL(norm_factor)(const void *arguments, const sf_thread *thread) {
  const sf_norm_factor_arguments *a = arguments;
  double total = 0;
  for (int64_t t = 0; t < a->tensor_count; t++) {
    const float *g = a->tensors[t].g;
    sf_range share = sf_share(a->tensors[t].count, 16, thread->index, thread->count);
    // Blocks in float, their sum in double: no digit is lost on large tensors.
    for (int64_t begin = share.begin; begin < share.end; begin += 4096) {
      int64_t end = sf_min(begin + 4096, share.end), j = begin;
      vf sums[4] = {};
      for (; j + 4 * WIDTH <= end; j += 4 * WIDTH)
        for (int u = 0; u < 4; u++) sums[u] += load(g + j + u * WIDTH) * load(g + j + u * WIDTH);
      float rest = 0;
      for (; j < end; j++) rest += g[j] * g[j];
      total += (double)(sum_lanes((sums[0] + sums[1]) + (sums[2] + sums[3])) + rest);
    }
  }
  memcpy(a->scratch + thread->index * a->scratch_stride, &total, sizeof total);
  sf_barrier(thread);
  if (thread->index != 0) return;
  float norm = (float)sqrt(thread_total(thread, a->scratch, a->scratch_stride));
  *a->factor = norm < 1 ? 1 : 1 / norm;
}

static void KERNEL(sgd)(const void *arguments, const sf_thread *thread) {
  const sf_sgd_arguments *a = arguments;
  float factor = factor_of(a->factor);
  for (int64_t t = 0; t < a->tensor_count; t++) {
    sf_range share = sf_share(a->tensors[t].count, 16, thread->index, thread->count);
    float *p = a->tensors[t].p;
    const float *g = a->tensors[t].g;
    float *m = a->tensors[t].m;
    int64_t j = share.begin;
    if (m) {
      for (; j + WIDTH <= share.end; j += WIDTH) {
        vf u = load(g + j) * factor + load(m + j) * 0.9f;
        store(m + j, u);
        store(p + j, updated(load(p + j), u, a->rate, a->decay));
      }
      if (j < share.end) {
        int64_t left = share.end - j;
        vf u = load_part(g + j, left) * factor + load_part(m + j, left) * 0.9f;
        store_part(m + j, u, left);
        store_part(p + j, updated(load_part(p + j, left), u, a->rate, a->decay), left);
      }
      continue;
    }
    for (; j + WIDTH <= share.end; j += WIDTH)
      store(p + j, updated(load(p + j), load(g + j) * factor, a->rate, a->decay));
    if (j < share.end) {
      int64_t left = share.end - j;
      store_part(p + j, updated(load_part(p + j, left), load_part(g + j, left) * factor, a->rate, a->decay), left);
    }
  }
}

typedef struct {
  float factor, rate, decay, m_correction, v_correction;
} adam_numbers;

// p, m and v of one vector; `kept` is 0.9 times the old first moment.
INLINE void adam_vector(const adam_numbers *c, vf g, vf kept, vf *p, vf *m, vf *v) {
  g = g * c->factor;
  *m = g * 0.1f + kept;
  *v = g * g * 0.001f + *v * 0.999f;
  vf root = __builtin_elementwise_sqrt(*v / c->v_correction);
  *p = updated(*p, *m / c->m_correction / (root + 1e-8f), c->rate, c->decay);
}

// Optax multiplies the bfloat16 moment in its own type, in which 0.9 is 0.8984375; compiled, it does not round the
// product.
INLINE vf kept_half(vh m) { return from_bfloat16(m) * 0.8984375f; }

static void KERNEL(adam)(const void *arguments, const sf_thread *thread) {
  const sf_adam_arguments *a = arguments;
  float step = (float)*a->step;
  adam_numbers c = {
    factor_of(a->factor), a->rate, a->decay, 1 - powf(0.9f, step), 1 - powf(0.999f, step),
  };
  for (int64_t t = 0; t < a->tensor_count; t++) {
    sf_range share = sf_share(a->tensors[t].count, 16, thread->index, thread->count);
    const float *g = a->tensors[t].g;
    float *p = a->tensors[t].p, *v = a->tensors[t].v, *m = a->half ? NULL : a->tensors[t].m;
    uint16_t *half = a->half ? a->tensors[t].m : NULL;
    int64_t j = share.begin;
    for (; j + WIDTH <= share.end; j += WIDTH) {
      vf new_p = load(p + j), new_v = load(v + j), new_m;
      adam_vector(
          &c, load(g + j), half ? kept_half(load_half(half + j)) : load(m + j) * 0.9f, &new_p, &new_m, &new_v);
      store(p + j, new_p);
      store(v + j, new_v);
      if (half) store_half(half + j, to_bfloat16(new_m));
      else store(m + j, new_m);
    }
    if (j < share.end) {
      int64_t left = share.end - j;
      vf new_p = load_part(p + j, left), new_v = load_part(v + j, left), new_m;
      vf kept = half ? kept_half(load_half_part(half + j, left)) : load_part(m + j, left) * 0.9f;
      adam_vector(&c, load_part(g + j, left), kept, &new_p, &new_m, &new_v);
      store_part(p + j, new_p, left);
      store_part(v + j, new_v, left);
      if (half) store_half_part(half + j, to_bfloat16(new_m), left);
      else store_part(m + j, new_m, left);
    }
  }
}

