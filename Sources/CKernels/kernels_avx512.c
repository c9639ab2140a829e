// The kernels for AVX-512 as in servers since 2017 and AMD since Zen 4.

#include "internal.h"

#include <math.h>

#if defined(__x86_64__)

#pragma clang attribute push(                                                                                          \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)

#define WIDTH 16
#define TABLE sf_kernels_avx512

#include "bodies/kernels.h"

#pragma clang attribute pop

#endif
