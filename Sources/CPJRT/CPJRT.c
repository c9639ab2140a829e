#include "CPJRT.h"

#include <dlfcn.h>
#include <stdio.h>

struct sfj_table {
  size_t size;
  void *extensions;
  struct {
    size_t size;
    void *extensions;
    int major, minor;
  } version;
  void *functions[];
};

const sfj_table *sfj_load(const char *path, bool *is_library, char *problem, size_t problem_size) {
  *is_library = false;
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    const char *text = dlerror();
    snprintf(problem, problem_size, "%s", text != NULL ? text : "cannot be loaded");
    return NULL;
  }
  *is_library = true;
  const sfj_table *(*get)(void) = (const sfj_table *(*)(void))dlsym(library, "GetPjrtApi");
  const sfj_table *table = get != NULL ? get() : NULL;
  if (table == NULL) {
    snprintf(problem, problem_size, "%s", get != NULL ? "GetPjrtApi returns nothing" : "it has no GetPjrtApi");
    dlclose(library);
  }
  return table;
}

size_t sfj_table_size(const sfj_table *table) { return table->size; }

// Before the size is known to reach it, nothing of the version is read.
int sfj_major(const sfj_table *table) { return table->size >= sizeof(sfj_table) ? table->version.major : -1; }

int sfj_minor(const sfj_table *table) { return table->size >= sizeof(sfj_table) ? table->version.minor : -1; }

bool sfj_has(const sfj_table *table, int place) {
  size_t end = offsetof(sfj_table, functions) + ((size_t)place + 1) * sizeof(void *);
  return table->size >= end && table->functions[place] != NULL;
}

sfj_error *sfj_call(const sfj_table *table, int place, void *arguments) {
  // Those that handle errors return nothing, and what is in the register then is no error.
  if (place == sfj_error_destroy || place == sfj_error_message) {
    ((void (*)(void *))table->functions[place])(arguments);
    return NULL;
  }
  return ((sfj_error * (*)(void *)) table->functions[place])(arguments);
}
