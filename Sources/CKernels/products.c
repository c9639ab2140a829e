// Matrix products from a library that is loaded at run time, so that everything else works without one.
//
// Products run within the threads of a team, each on one thread: the libraries' own threads stay off.

#include "internal.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

typedef int (*dnnl_sgemm_function)(
    char, char, int64_t, int64_t, int64_t, float, const float *, int64_t, const float *, int64_t, float, float *,
    int64_t);
typedef void (*cblas_sgemm_function)(
    int order, int transpose_a, int transpose_b, int m, int n, int k, float, const float *, int, const float *, int,
    float, float *, int);

typedef struct {
  int major, minor, patch;  // and more
} dnnl_version_numbers;

static dnnl_sgemm_function dnnl_sgemm;
static cblas_sgemm_function cblas_sgemm;
static char dnnl_version_text[64], openblas_version_text[256];
static int library = SF_PRODUCTS_NONE;

// The first of several names that can be loaded.
static void *open_library(const char *const *names, char *message, size_t size) {
  for (; *names; names++) {
    void *handle = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
    if (handle) return handle;
    const char *error = dlerror();
    if (message && size) snprintf(message, size, "%s", error ? error : "cannot be loaded");
  }
  return NULL;
}

static int missing(const char *symbol, char *message, size_t size) {
  if (message && size) snprintf(message, size, "the library lacks %s", symbol);
  return -1;
}

static int load_dnnl(char *message, size_t size) {
  static const char *const names[] = {"libdnnl.so.3", "libdnnl.so.2", "libdnnl.so", NULL};
  if (dnnl_sgemm) return 0;
  void *handle = open_library(names, message, size);
  if (!handle) return -1;
  const dnnl_version_numbers *(*version)(void) =
      (const dnnl_version_numbers *(*)(void))dlsym(handle, "dnnl_version");
  if (version) {
    const dnnl_version_numbers *v = version();
    snprintf(dnnl_version_text, sizeof dnnl_version_text, "oneDNN %d.%d.%d", v->major, v->minor, v->patch);
  }
  dnnl_sgemm = (dnnl_sgemm_function)dlsym(handle, "dnnl_sgemm");
  return dnnl_sgemm ? 0 : missing("dnnl_sgemm", message, size);
}

static int load_openblas(char *message, size_t size) {
  static const char *const names[] = {"libopenblas.so.0", "libopenblas.so", NULL};
  if (cblas_sgemm) return 0;
  void *handle = open_library(names, message, size);
  if (!handle) return -1;
  void (*set_threads)(int) = (void (*)(int))dlsym(handle, "openblas_set_num_threads");
  if (!set_threads) return missing("openblas_set_num_threads", message, size);
  set_threads(1);
  char *(*configuration)(void) = (char *(*)(void))dlsym(handle, "openblas_get_config");
  snprintf(openblas_version_text, sizeof openblas_version_text, "%s", configuration ? configuration() : "OpenBLAS");
  cblas_sgemm = (cblas_sgemm_function)dlsym(handle, "cblas_sgemm");
  return cblas_sgemm ? 0 : missing("cblas_sgemm", message, size);
}

int sf_products_load(const char *name, char *message, size_t size) {
  int wanted = strcmp(name, "onednn") == 0     ? SF_PRODUCTS_ONEDNN
               : strcmp(name, "openblas") == 0 ? SF_PRODUCTS_OPENBLAS
                                               : SF_PRODUCTS_NONE;
  if (wanted == SF_PRODUCTS_NONE) {
    if (message && size) snprintf(message, size, "unknown library %s: expected onednn or openblas", name);
    return -1;
  }
  setenv("OMP_NUM_THREADS", "1", 1);
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
#if defined(__GLIBC__)
  // Products allocate their packed operands anew in every call: from the heap, not from the kernel.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
  int failed = wanted == SF_PRODUCTS_ONEDNN ? load_dnnl(message, size) : load_openblas(message, size);
  if (failed) return -1;
  library = wanted;
  return 0;
}

int sf_products_library(void) { return library; }

const char *sf_products_version(void) {
  switch (library) {
  case SF_PRODUCTS_ONEDNN: return dnnl_version_text;
  case SF_PRODUCTS_OPENBLAS: return openblas_version_text;
  default: return "";
  }
}

void sf_sgemm(
    bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda,
    const float *b, int64_t ldb, float beta, float *c, int64_t ldc) {
  if (m <= 0 || n <= 0) return;
  switch (library) {
  case SF_PRODUCTS_ONEDNN:
    dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    return;
  case SF_PRODUCTS_OPENBLAS: {
    enum { ROW_MAJOR = 101, AS_IS = 111, TRANSPOSED = 112 };
    cblas_sgemm(
        ROW_MAJOR, transpose_a ? TRANSPOSED : AS_IS, transpose_b ? TRANSPOSED : AS_IS, (int)m, (int)n, (int)k, alpha, a,
        (int)lda, b, (int)ldb, beta, c, (int)ldc);
    return;
  }
  default: return;
  }
}
