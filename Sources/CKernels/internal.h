// What the kernels' files share.

#ifndef CKERNELS_INTERNAL_H
#define CKERNELS_INTERNAL_H

#include "CKernels.h"

#include <string.h>

/// Seconds of a clock that only rises.
double sf_now(void);

/// A half-open range of indices.
typedef struct {
  int64_t begin, end;
} sf_range;

/// The part of 0..<count that falls to one of `parts`, in whole multiples of `grain` (except at the end).
static inline sf_range sf_share(int64_t count, int64_t grain, int64_t part, int64_t parts) {
  int64_t grains = (count + grain - 1) / grain;
  int64_t begin = grains * part / parts * grain, end = grains * (part + 1) / parts * grain;
  return (sf_range){begin < count ? begin : count, end < count ? end : count};
}

static inline int64_t sf_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t sf_max(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t sf_round_up(int64_t x, int64_t to) { return (x + to - 1) / to * to; }

// MARK: Sizes that kernels and the formulas of their scratch share

/// The rows of one tile when `rows` rows are cut into equal tiles of about `most`.
static inline int64_t equal_tile(int64_t rows, int64_t most) {
  int64_t tiles = (rows + most - 1) / most;
  return tiles <= 1 ? rows : sf_round_up((rows + tiles - 1) / tiles, 8);
}

/// Query rows of a tile in attention: their logits against some 200 keys fit the first-level cache.
enum { ATTENTION_ROWS = 36 };
/// The widest vector, in floats: scratch is counted for it, whatever the level.
enum { SF_WIDEST = 16 };

/// Rows of a whole MLP that each of `threads` threads takes at a time.
int64_t mlp_rows(int64_t m, int64_t hidden, int threads);
/// Rows of an input gradient that each of `threads` threads takes at a time when they live in scratch.
int64_t input_gradient_rows(int64_t m, int64_t k, int threads);
/// Columns of a weight (k,n) that each of `threads` threads transposes at a time; 0: the weight is read as it lies.
int64_t transposed_columns(int64_t m, int64_t n, int threads);
/// Rows of an MLP's gradient at a time.
int64_t mlp_gradient_rows(int64_t m, int64_t slab);
/// Whether it transposes the second layer's weight.
bool mlp_gradient_transposes(int64_t m);

/// The doubles that threads have left at the beginning of their scratch, added in their order.
static inline double thread_total(const sf_thread *thread, const float *scratch, int64_t stride) {
  double total = 0;
  for (int t = 0; t < thread->count; t++) {
    double part;
    memcpy(&part, scratch + t * stride, sizeof part);
    total += part;
  }
  return total;
}

// MARK: Adafactor's factored tensors

/// How the row and column moments of a tensor lie beside it. A line is all elements along the last axis.
typedef struct {
  int64_t lines, length;
  int64_t rows, columns;                  ///< sizes of the moments
  int64_t row_stride[4], column_stride[4];  ///< of each axis of the tensor; 0 for the axis that the moment lacks
  bool row_runs, column_runs;             ///< whether the moment has the last axis
  int64_t row_axis, row_inner;            ///< in the row moment, the axis reduced in the column, and the stride of it
  int64_t rank, size[4];
} sf_adafactor_layout;

typedef struct {
  int64_t row, column;
} sf_adafactor_line;

sf_adafactor_layout sf_adafactor_layout_of(const sf_adafactor_tensor *);

/// Where the moments of a line begin.
static inline sf_adafactor_line sf_adafactor_line_of(const sf_adafactor_layout *l, int64_t line) {
  sf_adafactor_line at = {0, 0};
  for (int64_t axis = l->rank - 2; axis >= 0; axis--) {
    int64_t index = line % l->size[axis];
    line /= l->size[axis];
    at.row += index * l->row_stride[axis];
    at.column += index * l->column_stride[axis];
  }
  return at;
}

// MARK: Levels

/// Every kernel that is compiled for several instruction sets.
#define SF_KERNELS(X)                                                                  \
  X(linear) X(input_gradient) X(weight_gradient) X(mlp) X(mlp_gradient)                \
  X(layer_norm) X(normalize) X(layer_norm_gradient) X(attention) X(attention_gradient) \
  X(patches) X(cross_entropy) X(add) X(copy) X(sum_rows) X(fill)                       \
  X(norm_factor) X(sgd) X(adam) X(adafactor)

/// The kernels of one level.
typedef struct {
#define X(name) sf_kernel name;
  SF_KERNELS(X)
#undef X
} sf_kernels;

extern const sf_kernels sf_kernels_plain;
#if defined(__x86_64__)
extern const sf_kernels sf_kernels_avx2, sf_kernels_avx512;
#endif

#endif
