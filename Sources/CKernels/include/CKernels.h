/// Kernels of a training step on the processor: a team of threads, matrix products from a library that is loaded at
/// run time, and fused float32 kernels, each compiled for several instruction sets of which the best is picked at run
/// time.
///
/// Every tensor is float32, row-major and dense unless a stride is named. `[m, n]` is m rows of n floats. A kernel is
/// run by all threads of a team at once (`sf_team_run`) and divides its work among them; the outcome does not depend
/// on how many they are, beyond rounding. Scratch memory comes from the caller: thread i uses `scratch + i *
/// scratch_stride`, and `sf_..._scratch` says how many floats each thread needs. Scratch holds nothing between calls.
/// Scratch should be aligned to 64 bytes, and so should its stride.

#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// MARK: The processor

/// The instruction sets that kernels are compiled for, in rising order.
enum { SF_LEVEL_PLAIN = 0, SF_LEVEL_AVX2 = 1, SF_LEVEL_AVX512 = 2 };

/// The best level of this processor.
int sf_cpu_level(void);
/// The level in use: the processor's best until `sf_set_level`.
int sf_level(void);
/// Uses another level (for tests). Returns the level now in use: never one above the processor's.
/// Not to be called while a team runs.
int sf_set_level(int level);
/// Writes the processor's name, at most `size` bytes with the closing zero; empty where it is not known.
void sf_cpu_name(char *name, size_t size);

// MARK: Threads

typedef struct sf_team sf_team;

/// What a kernel knows of the thread that runs it.
typedef struct sf_thread {
  int index;  ///< 0 is the caller of `sf_team_run`.
  int count;
  sf_team *team;
} sf_thread;

/// A kernel: run by every thread of the team with the same arguments.
typedef void (*sf_kernel)(const void *arguments, const sf_thread *thread);

/// One kernel and its arguments.
typedef struct sf_call {
  sf_kernel kernel;
  const void *arguments;
} sf_call;

/// Creates a team of `threads` (at least 1), of which the caller is one. NULL when threads cannot be created.
/// Between runs the others sleep.
sf_team *sf_team_create(int threads);
/// Ends the team's threads and frees it. NULL is allowed.
void sf_team_destroy(sf_team *team);
/// The number of threads, the caller included.
int sf_team_threads(const sf_team *team);
/// Runs the calls one after another, each on all threads; all threads finish a call before the next begins.
///
/// `seconds` is NULL or has room for `count` numbers: the wall time of each call is added to it.
/// One thread at a time may run a team.
void sf_team_run(sf_team *team, const sf_call *calls, size_t count, double *seconds);
/// Waits until all threads of the team have come here. Only within a kernel, and by all threads or none.
void sf_barrier(const sf_thread *thread);

// MARK: Matrix products

/// The libraries that matrix products can come from.
enum { SF_PRODUCTS_NONE = 0, SF_PRODUCTS_ONEDNN = 1, SF_PRODUCTS_OPENBLAS = 2 };

/// Loads a library ("onednn" or "openblas") and makes it the one in use. Sets OMP_NUM_THREADS to 1 first: products
/// run within the threads of a team. Returns 0, or -1 and a sentence in `message`. Loading again is cheap.
int sf_products_load(const char *library, char *message, size_t message_size);
/// The library in use, `SF_PRODUCTS_...`.
int sf_products_library(void);
/// The name and version of the library in use, such as "oneDNN 2.6.3"; "" when none is loaded. Static memory.
const char *sf_products_version(void);

/// c[m,n] = alpha * op(a)[m,k] op(b)[k,n] + beta * c on the calling thread alone, all row-major; with beta = 0, c
/// need not be initialised. `lda` is the length of a stored row of a, which is [m,k], or [k,m] when `transpose_a`.
/// Does nothing when no library is loaded.
void sf_sgemm(
    bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda,
    const float *b, int64_t ldb, float beta, float *c, int64_t ldc);

// MARK: Dense layers

/// For each i < count: y_i[m,n] = x[m,k] w_i[k,n] + bias_i[n] + residual[m,n]; activated_i[m,n] = gelu(y_i).
///
/// All products share x and n. `bias_i`, `residual` and `activated_i` may be NULL. `y_i` may be `residual` itself.
typedef struct sf_linear_arguments {
  int64_t m, n, k;
  int64_t count;  ///< 1...3
  const float *x;
  const float *w[3];
  const float *bias[3];
  const float *residual;
  float *y[3];
  float *activated[3];
} sf_linear_arguments;

void sf_linear(const void *arguments, const sf_thread *thread);

/// y[m,width] = gelu(h) wdown + bdown + residual, where h[m,hidden] = n[m,width] wup + bup: a whole MLP on one tile
/// of rows after the other, so that gelu(h) never leaves the cache. h is kept for the backward pass.
///
/// `residual` may be NULL, and may be `y` itself. Less traffic, and memory, than `sf_linear` twice.
typedef struct sf_mlp_arguments {
  int64_t m, width, hidden;
  const float *n;
  const float *wup;    ///< [width,hidden]
  const float *bup;    ///< [hidden]
  float *h;            ///< [m,hidden]
  const float *wdown;  ///< [hidden,width]
  const float *bdown;  ///< [width]
  const float *residual;
  float *y;
  float *scratch;
  int64_t scratch_stride;  ///< sf_mlp_scratch
} sf_mlp_arguments;

void sf_mlp(const void *arguments, const sf_thread *thread);
/// Floats of scratch for each of `threads` threads.
int64_t sf_mlp_scratch(int64_t m, int64_t hidden, int threads);

/// dx[m,k] = sum over i < count of dy_i[m,n_i] w_i[k,n_i]^T, and then
///
/// - without a norm (`x` is NULL): out = dx + residual;
/// - with one: out = (gradient of layer norm at x, given that dx is the gradient of its output) + residual,
///   dscale[k] = sum over rows of dx * normalised x, dbias[k] = sum over rows of dx.
///
/// `residual` may be NULL, and may be `out` itself. `dy_i` and `out` must not overlap.
typedef struct sf_input_gradient_arguments {
  int64_t m, k;
  int64_t count;  ///< 1...3
  int64_t n[3];
  const float *dy[3];
  const float *w[3];
  const float *x;                     ///< [m,k], the input of the layer norm, or NULL
  const float *mean;                  ///< [m]
  const float *reciprocal_deviation;  ///< [m]
  const float *scale;                 ///< [k]
  const float *residual;              ///< [m,k] or NULL
  float *out;                         ///< [m,k]
  float *dscale;                      ///< [k]
  float *dbias;                       ///< [k]
  float *scratch;
  int64_t scratch_stride;  ///< sf_input_gradient_scratch
} sf_input_gradient_arguments;

void sf_input_gradient(const void *arguments, const sf_thread *thread);
/// Floats of scratch for each of `threads` threads, where no weight has more than `n` columns.
int64_t sf_input_gradient_scratch(int64_t m, int64_t k, int64_t n, int threads);

/// For each i < count: dw_i[k,n] = x[m,k]^T dy_i[m,n]; dbias_i[n] = column sums of dy_i, where it is not NULL.
typedef struct sf_weight_gradient_arguments {
  int64_t m, k, n;
  int64_t count;  ///< 1...3
  const float *x;
  const float *dy[3];
  float *dw[3];
  float *dbias[3];
} sf_weight_gradient_arguments;

void sf_weight_gradient(const void *arguments, const sf_thread *thread);

/// The backward of an MLP, x -> h = n wup + bup -> gelu(h) wdown + bdown, except for the gradient of n.
///
/// With g = gelu(h) and dg = dy wdown^T:  h <- dh = dg * gelu'(h);  dwdown = g^T dy;  dbdown = column sums of dy;
/// dwup = n^T dh;  dbup = column sums of dh. The gradient of n is then `sf_input_gradient` of dh and wup. Works on
/// column slabs of the hidden width, each of one thread.
typedef struct sf_mlp_gradient_arguments {
  int64_t m, width, hidden;
  float *h;            ///< [m,hidden]; in: before the GELU, out: its gradient
  const float *dy;     ///< [m,width]
  const float *n;      ///< [m,width], what the up projection read
  const float *wdown;  ///< [hidden,width]
  float *dwdown;       ///< [hidden,width]
  float *dbdown;       ///< [width]
  float *dwup;         ///< [width,hidden]
  float *dbup;         ///< [hidden]
  int64_t slab;        ///< columns of the hidden width at a time; `sf_mlp_gradient_slab` is a good choice
  float *scratch;
  int64_t scratch_stride;  ///< sf_mlp_gradient_scratch
} sf_mlp_gradient_arguments;

void sf_mlp_gradient(const void *arguments, const sf_thread *thread);
/// A good slab for these sizes on this many threads.
int64_t sf_mlp_gradient_slab(int64_t m, int64_t width, int64_t hidden, int threads);
/// Floats of scratch for each thread.
int64_t sf_mlp_gradient_scratch(int64_t m, int64_t width, int64_t slab);

// MARK: Layer norm

/// Epsilon of every layer norm. Source: Flax, `linen.LayerNorm`.
#define SF_LAYER_NORM_EPSILON 1e-6f

/// y[m,n] = (x - mean) * reciprocal_deviation * scale + bias over each row; the variance is biased.
/// `mean` and `reciprocal_deviation` are [m]; both may be NULL if they are not needed. y may be x.
typedef struct sf_layer_norm_arguments {
  int64_t m, n;
  const float *x;
  const float *scale;
  const float *bias;
  float *y;
  float *mean;
  float *reciprocal_deviation;
} sf_layer_norm_arguments;

void sf_layer_norm(const void *arguments, const sf_thread *thread);
/// y again, from the statistics that `sf_layer_norm` left: the same bits.
void sf_normalize(const void *arguments, const sf_thread *thread);

/// dx[m,n] = gradient of layer norm + residual (or NULL; may be dx); dscale[n] and dbias[n] as in
/// `sf_input_gradient`. dx may be dy.
typedef struct sf_layer_norm_gradient_arguments {
  int64_t m, n;
  const float *x;
  const float *mean;
  const float *reciprocal_deviation;
  const float *scale;
  const float *dy;
  const float *residual;
  float *dx;
  float *dscale;
  float *dbias;
  float *scratch;
  int64_t scratch_stride;  ///< sf_layer_norm_gradient_scratch
} sf_layer_norm_gradient_arguments;

void sf_layer_norm_gradient(const void *arguments, const sf_thread *thread);
/// Floats of scratch for each thread.
int64_t sf_layer_norm_gradient_scratch(int64_t n);

// MARK: Attention

/// o = softmax(q k^T / sqrt(d)) v for each image and head.
///
/// q, o: [batch, queries, heads, d]; k, v: [batch, keys, heads, d];
/// logsumexp: [batch, heads, queries], of the scaled logits; may be NULL if it is not needed. o may be q.
typedef struct sf_attention_arguments {
  int64_t batch, queries, keys, heads, d;
  const float *q;
  const float *k;
  const float *v;
  float *o;
  float *logsumexp;
  float *scratch;
  int64_t scratch_stride;  ///< sf_attention_scratch
} sf_attention_arguments;

void sf_attention(const void *arguments, const sf_thread *thread);
/// Floats of scratch for each thread.
int64_t sf_attention_scratch(int64_t queries, int64_t keys, int64_t d);

/// The gradients of q, k and v, each written over its tensor. Shapes as in `sf_attention`; do: [batch, queries,
/// heads, d].
/// The gradient of q is that of the query before the scale 1 / sqrt(d).
typedef struct sf_attention_gradient_arguments {
  int64_t batch, queries, keys, heads, d;
  float *q;                ///< in: q, out: its gradient
  float *k;                ///< in: k, out: its gradient
  float *v;                ///< in: v, out: its gradient
  const float *o;          ///< what `sf_attention` gave
  const float *logsumexp;  ///< what `sf_attention` gave
  const float *dout;       ///< the gradient of o
  float *scratch;
  int64_t scratch_stride;  ///< sf_attention_gradient_scratch
} sf_attention_gradient_arguments;

void sf_attention_gradient(const void *arguments, const sf_thread *thread);
/// Floats of scratch for each thread.
int64_t sf_attention_gradient_scratch(int64_t queries, int64_t keys, int64_t d);

// MARK: Images and loss

/// rows[batch * (side/patch)^2, patch * patch * channels] from images[batch, side, side, channels]: the patches of a
/// convolution with stride `patch`; pixels that fill no whole patch are dropped.
typedef struct sf_patches_arguments {
  int64_t batch, side, patch, channels;
  const float *images;
  float *rows;
} sf_patches_arguments;

void sf_patches(const void *arguments, const sf_thread *thread);

/// loss[1] = mean over images of the sum over classes of the sigmoid cross-entropy;
/// gradient[batch, classes] = (sigmoid(logits) - labels) / batch. Either may be NULL; gradient may be logits.
/// Source: Optax, `sigmoid_binary_cross_entropy`.
typedef struct sf_cross_entropy_arguments {
  int64_t batch, classes;
  const float *logits;
  const float *labels;
  float *loss;
  float *gradient;
  float *scratch;
  int64_t scratch_stride;  ///< at least 16
} sf_cross_entropy_arguments;

void sf_cross_entropy(const void *arguments, const sf_thread *thread);

// MARK: Small operations

/// y[i] = a[i] + b[i mod period], i < count; y may be a or b. `period` = `count` adds tensors of equal size; a
/// smaller one repeats b over leading axes.
typedef struct sf_add_arguments {
  int64_t count, period;
  const float *a;
  const float *b;
  float *y;
} sf_add_arguments;

void sf_add(const void *arguments, const sf_thread *thread);

/// y[b, r, i] = factor * x[b, r, i] for b < blocks, r < rows, i < n, where each tensor has its own strides (in
/// floats) of b and r, and i is dense. Stride 0 in x repeats. Prepends, drops, takes, tiles and scales tokens.
typedef struct sf_copy_arguments {
  int64_t blocks, rows, n;
  const float *x;
  int64_t x_block, x_row;
  float *y;
  int64_t y_block, y_row;
  float factor;
} sf_copy_arguments;

void sf_copy(const void *arguments, const sf_thread *thread);

/// y[b, i] = factor * sum over r < rows of x[b, r, i], b < blocks, i < n; x has strides of b and r, y one of b.
/// Gradients of biases, positions and tiled tokens; the mean over tokens.
typedef struct sf_sum_rows_arguments {
  int64_t blocks, rows, n;
  const float *x;
  int64_t x_block, x_row;
  float *y;
  int64_t y_block;
  float factor;
} sf_sum_rows_arguments;

void sf_sum_rows(const void *arguments, const sf_thread *thread);

/// y[i] = value, i < count.
typedef struct sf_fill_arguments {
  int64_t count;
  float *y;
  float value;
} sf_fill_arguments;

void sf_fill(const void *arguments, const sf_thread *thread);

// MARK: Updates

/// p[i] <- p[i] - (rate * u[i] + decay * p[i]), where u is the optimizer's direction. In all updates the gradient is
/// multiplied with `*factor` first (the factor of clipping), or taken as it is when `factor` is NULL; it is not
/// changed.
/// `step` points to the number of this update: 1 for the first, the counter after its increment.

/// The factor of clipping to norm 1: min(1, 1 / sqrt(sum of squares of all gradients)).
typedef struct sf_norm_tensor {
  int64_t count;
  const float *g;
} sf_norm_tensor;

typedef struct sf_norm_factor_arguments {
  const sf_norm_tensor *tensors;
  int64_t tensor_count;
  float *factor;  ///< [1]
  float *scratch;
  int64_t scratch_stride;  ///< at least 16
} sf_norm_factor_arguments;

void sf_norm_factor(const void *arguments, const sf_thread *thread);

/// u = g; with momentum m = g + 0.9 m and u = m. Source: Optax, `trace`.
typedef struct sf_sgd_tensor {
  int64_t count;
  float *p;
  const float *g;
  float *m;  ///< null without momentum
} sf_sgd_tensor;

typedef struct sf_sgd_arguments {
  const sf_sgd_tensor *tensors;
  int64_t tensor_count;
  const float *factor;
  float rate, decay;
} sf_sgd_arguments;

void sf_sgd(const void *arguments, const sf_thread *thread);

/// Adam with b1 = 0.9, b2 = 0.999, epsilon = 1e-8 outside the root and bias correction; the first moment in float32
/// or in bfloat16. Then m = 0.1 g + b m with b = 0.8984375, which is 0.9 in bfloat16, computed in float32 and rounded
/// to nearest even when stored; the direction uses it before it is rounded. So does Optax 0.2.8 under `jax.jit`.
/// Source: Optax, `scale_by_adam`.
typedef struct sf_adam_tensor {
  int64_t count;
  float *p;
  const float *g;
  void *m;  ///< float, or uint16_t that are bfloat16
  float *v;
} sf_adam_tensor;

typedef struct sf_adam_arguments {
  const sf_adam_tensor *tensors;
  int64_t tensor_count;
  const float *factor;
  const int32_t *step;
  float rate, decay;
  bool half;  ///< whether m is bfloat16
} sf_adam_arguments;

void sf_adam(const void *arguments, const sf_thread *thread);

/// Adafactor without update clipping or parameter scaling, with momentum 0.9 in bfloat16 (as `sf_adam` keeps it)
/// without bias correction; decay of the second moment min(1 - step^-0.8, 0.999), 1e-30 added to the squared
/// gradient.
///
/// A tensor of up to four axes. Factored: `row` lacks axis `reduced_in_row`, the largest, and `column` lacks axis
/// `reduced_in_column`, the second largest. Not factored: `row` is NULL and `v` has the size of p.
/// Source: Optax, `scale_by_factored_rms` and `ema`; arXiv 2106.04560, section 3.4.
typedef struct sf_adafactor_tensor {
  int64_t rank;
  int64_t size[4];
  int64_t reduced_in_row, reduced_in_column;
  float *p;
  const float *g;
  uint16_t *m;
  float *row;
  float *column;
  float *v;
} sf_adafactor_tensor;

typedef struct sf_adafactor_arguments {
  const sf_adafactor_tensor *tensors;
  int64_t tensor_count;
  const float *factor;
  const int32_t *step;
  float rate, decay;
  float *scratch;
  int64_t scratch_stride;  ///< the greatest sf_adafactor_scratch of the tensors
} sf_adafactor_arguments;

void sf_adafactor(const void *arguments, const sf_thread *thread);
/// Floats of scratch for each thread, for this tensor.
int64_t sf_adafactor_scratch(const sf_adafactor_tensor *tensor);

/// *step += 1, by thread 0.
typedef struct sf_increment_arguments {
  int32_t *step;
} sf_increment_arguments;

void sf_increment(const void *arguments, const sf_thread *thread);

#ifdef __cplusplus
}
#endif

#endif
