// Vectors of WIDTH floats, in the instruction set of the file that includes this. No include guard: once a level.

typedef float vf __attribute__((vector_size(4 * WIDTH)));
typedef float vf_unaligned __attribute__((vector_size(4 * WIDTH), aligned(4)));
typedef int32_t vi __attribute__((vector_size(4 * WIDTH)));
typedef uint32_t vu __attribute__((vector_size(4 * WIDTH)));
typedef float vf4 __attribute__((vector_size(16 * WIDTH)));
typedef float vf4_unaligned __attribute__((vector_size(16 * WIDTH), aligned(4)));
typedef int32_t vi4 __attribute__((vector_size(16 * WIDTH)));
typedef uint16_t vh __attribute__((vector_size(2 * WIDTH)));
typedef uint16_t vh_unaligned __attribute__((vector_size(2 * WIDTH), aligned(2)));

#define INLINE static inline __attribute__((always_inline, unused))

INLINE vf load(const float *p) { return *(const vf_unaligned *)p; }
INLINE void store(float *p, vf x) { *(vf_unaligned *)p = x; }
INLINE vf4 load_4(const float *p) { return *(const vf4_unaligned *)p; }
INLINE void store_4(float *p, vf4 x) { *(vf4_unaligned *)p = x; }

// The first `count` < WIDTH lanes; the others are zero.
INLINE vf load_part(const float *p, int64_t count) {
  vf x = {};
  for (int64_t i = 0; i < count; i++) x[i] = p[i];
  return x;
}
INLINE void store_part(float *p, vf x, int64_t count) {
  for (int64_t i = 0; i < count; i++) p[i] = x[i];
}

// bfloat16, rounded to nearest even; a NaN stays one.
INLINE vf from_bfloat16(vh x) { return (vf)(__builtin_convertvector(x, vu) << 16); }
INLINE vh to_bfloat16(vf x) {
  vu bits = (vu)x, rounded = bits + 0x7fff + ((bits >> 16) & 1);
  vu is_nan = (vu)(x != x);
  return __builtin_convertvector(((rounded & ~is_nan) | ((bits | 0x400000) & is_nan)) >> 16, vh);
}
INLINE vh load_half(const uint16_t *p) { return *(const vh_unaligned *)p; }
INLINE void store_half(uint16_t *p, vh x) { *(vh_unaligned *)p = x; }
INLINE vh load_half_part(const uint16_t *p, int64_t count) {
  vh x = {};
  for (int64_t i = 0; i < count; i++) x[i] = p[i];
  return x;
}
INLINE void store_half_part(uint16_t *p, vh x, int64_t count) {
  for (int64_t i = 0; i < count; i++) p[i] = x[i];
}

#define VF vf
#define VI vi
#define FUNCTION(name) name
#include "functions.h"
#undef VF
#undef VI
#undef FUNCTION
// The same on four vectors at a time: a chain of dependent operations on one alone leaves the processor waiting.
#define VF vf4
#define VI vi4
#define FUNCTION(name) name##_4
#include "functions.h"
#undef VF
#undef VI
#undef FUNCTION

// The upper half of the lanes (or quarter, or eighth) laid over the lower.
#if WIDTH == 16
#define FOLD_8(x) __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)
#define FOLD_4(x) __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3)
#define FOLD_2(x) __builtin_shufflevector(x, x, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1)
#define FOLD_1(x) __builtin_shufflevector(x, x, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0)
#elif WIDTH == 8
#define FOLD_8(x) (x)
#define FOLD_4(x) __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3)
#define FOLD_2(x) __builtin_shufflevector(x, x, 2, 3, 0, 1, 2, 3, 0, 1)
#define FOLD_1(x) __builtin_shufflevector(x, x, 1, 0, 1, 0, 1, 0, 1, 0)
#else
#define FOLD_8(x) (x)
#define FOLD_4(x) (x)
#define FOLD_2(x) __builtin_shufflevector(x, x, 2, 3, 0, 1)
#define FOLD_1(x) __builtin_shufflevector(x, x, 1, 0, 1, 0)
#endif

INLINE float sum_lanes(vf x) {
  if (WIDTH > 8) x += FOLD_8(x);
  if (WIDTH > 4) x += FOLD_4(x);
  x += FOLD_2(x);
  x += FOLD_1(x);
  return x[0];
}
INLINE float largest_lane(vf x) {
  x = larger(x, FOLD_8(x));
  x = larger(x, FOLD_4(x));
  x = larger(x, FOLD_2(x));
  x = larger(x, FOLD_1(x));
  return x[0];
}

// log(x) for normal x > 0, within 2 units in the last place. Cephes' logf.
INLINE vf logarithm(vf x) {
  vi bits = (vi)x - 0x3f3504f3;  // sqrt(1/2)
  vi exponent = bits >> 23;
  vf m = (vf)((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;  // x = 2^exponent (1 + m), 1 + m in [sqrt(1/2), sqrt 2)
  vf e = __builtin_convertvector(exponent, vf);
  vf z = m * m;
  vf p = m * 7.0376836292e-2f - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  p = p * m * z;
  p = p + e * -2.12194440e-4f;
  p = p - 0.5f * z;
  return m + p + e * 0.693359375f;
}
