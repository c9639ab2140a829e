// The kernels for AVX2 with fused multiply-add.

#include "internal.h"

#include <math.h>

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define WIDTH 8
#define TABLE sf_kernels_avx2

#include "bodies/kernels.h"

#pragma clang attribute pop

#endif
