// Which level's kernels run, and the public entry to each.

#include "internal.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

static int best_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  return avx2 && avx512 ? SF_LEVEL_AVX512 : avx2 ? SF_LEVEL_AVX2 : SF_LEVEL_PLAIN;
#else
  return SF_LEVEL_PLAIN;
#endif
}

static int level = -1;

int sf_cpu_level(void) {
  static int known = -1;
  int found = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (found < 0) __atomic_store_n(&known, found = best_level(), __ATOMIC_RELAXED);
  return found;
}

int sf_level(void) {
  int chosen = __atomic_load_n(&level, __ATOMIC_RELAXED);
  return chosen < 0 ? sf_cpu_level() : chosen;
}

int sf_set_level(int wanted) {
  int allowed = wanted < SF_LEVEL_PLAIN ? SF_LEVEL_PLAIN : (int)sf_min(wanted, sf_cpu_level());
  __atomic_store_n(&level, allowed, __ATOMIC_RELAXED);
  return allowed;
}

void sf_cpu_name(char *name, size_t size) {
  if (size == 0) return;
  name[0] = 0;
#if defined(__x86_64__)
  unsigned words[12] = {0};
  for (unsigned i = 0; i < 3; i++) {
    unsigned *w = words + 4 * i;
    if (!__get_cpuid(0x80000002 + i, w, w + 1, w + 2, w + 3)) return;
  }
  const char *brand = (const char *)words;
  size_t length = strnlen(brand, sizeof words);
  while (length && *brand == ' ') brand++, length--;
  while (length && brand[length - 1] == ' ') length--;
  if (length >= size) length = size - 1;
  memcpy(name, brand, length);
  name[length] = 0;
#endif
}

static const sf_kernels *kernels(void) {
#if defined(__x86_64__)
  switch (sf_level()) {
  case SF_LEVEL_AVX512: return &sf_kernels_avx512;
  case SF_LEVEL_AVX2: return &sf_kernels_avx2;
  }
#endif
  return &sf_kernels_plain;
}

#define X(name)                                                                                                        \
  void sf_##name(const void *arguments, const sf_thread *thread) { kernels()->name(arguments, thread); }
SF_KERNELS(X)
#undef X

void sf_increment(const void *arguments, const sf_thread *thread) {
  const sf_increment_arguments *a = arguments;
  if (thread->index == 0) *a->step += 1;
}
