// A team of threads that meets at barriers.
//
// A run's kernels take from microseconds to milliseconds each, so threads wait by spinning, and only when that lasts
// do they sleep. Between runs they spin for a moment and then sleep until the next.

#include "internal.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
  SPIN_BETWEEN_RUNS_NS = 50 * 1000,
  SPIN_IN_RUN_NS = 2 * 1000 * 1000,
  SPIN_CROWDED_NS = 2 * 1000,  // more threads than processors: the one waited for may need this one
  LINE = 64,
};

typedef struct {
  _Alignas(LINE) _Atomic uint32_t value;
} counter;

struct sf_team {
  counter run;      // rises when a run begins
  counter phase;    // rises when all threads have come to the barrier
  counter arrived;  // threads at the barrier
  counter sleepers;
  _Alignas(LINE) pthread_mutex_t lock;
  pthread_cond_t woken;
  const sf_call *calls;
  size_t call_count;
  bool ending, crowded;
  int count, started;
  pthread_t *threads;
  sf_thread *members;
};

double sf_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Waits until the counter is no longer `old`: spinning first, then asleep.
static void wait_change(sf_team *team, counter *c, uint32_t old, int64_t spin_ns) {
  for (int i = 0; i < 256; i++) {
    if (atomic_load_explicit(&c->value, memory_order_acquire) != old) return;
    relax();
  }
  double end = sf_now() + 1e-9 * (double)spin_ns;
  do {
    for (int i = 0; i < 64; i++) {
      if (atomic_load_explicit(&c->value, memory_order_acquire) != old) return;
      relax();
    }
  } while (sf_now() < end);
  pthread_mutex_lock(&team->lock);
  atomic_fetch_add(&team->sleepers.value, 1);
  while (atomic_load(&c->value) == old) pthread_cond_wait(&team->woken, &team->lock);
  atomic_fetch_sub(&team->sleepers.value, 1);
  pthread_mutex_unlock(&team->lock);
}

static void raise_counter(sf_team *team, counter *c) {
  atomic_fetch_add(&c->value, 1);
  if (atomic_load(&team->sleepers.value) == 0) return;
  pthread_mutex_lock(&team->lock);
  pthread_cond_broadcast(&team->woken);
  pthread_mutex_unlock(&team->lock);
}

void sf_barrier(const sf_thread *thread) {
  if (thread->count == 1) return;
  sf_team *team = thread->team;
  uint32_t phase = atomic_load(&team->phase.value);
  if (atomic_fetch_add(&team->arrived.value, 1) + 1 == (uint32_t)thread->count) {
    atomic_store(&team->arrived.value, 0);
    raise_counter(team, &team->phase);
  } else {
    wait_change(team, &team->phase, phase, team->crowded ? SPIN_CROWDED_NS : SPIN_IN_RUN_NS);
  }
}

static void run_calls(const sf_thread *thread, const sf_call *calls, size_t count, double *seconds) {
  double start = seconds ? sf_now() : 0;
  for (size_t i = 0; i < count; i++) {
    calls[i].kernel(calls[i].arguments, thread);
    sf_barrier(thread);
    if (seconds) {
      double end = sf_now();
      seconds[i] += end - start;
      start = end;
    }
  }
}

static void *member(void *argument) {
  const sf_thread *thread = argument;
  sf_team *team = thread->team;
  for (uint32_t run = 0;; run++) {
    wait_change(team, &team->run, run, team->crowded ? SPIN_CROWDED_NS : SPIN_BETWEEN_RUNS_NS);
    if (team->ending) return NULL;
    run_calls(thread, team->calls, team->call_count, NULL);
  }
}

sf_team *sf_team_create(int threads) {
  if (threads < 1) threads = 1;
  sf_team *team = NULL;
  if (posix_memalign((void **)&team, LINE, sizeof *team) != 0) return NULL;
  *team = (sf_team){.count = threads, .started = 1};
  team->crowded = threads > sysconf(_SC_NPROCESSORS_ONLN);
  pthread_mutex_init(&team->lock, NULL);
  pthread_cond_init(&team->woken, NULL);
  team->threads = calloc((size_t)threads, sizeof *team->threads);
  team->members = calloc((size_t)threads, sizeof *team->members);
  bool made = team->threads && team->members;
  for (int i = 0; made && i < threads; i++) {
    team->members[i] = (sf_thread){.index = i, .count = threads, .team = team};
    if (i == 0) continue;
    made = pthread_create(&team->threads[i], NULL, member, &team->members[i]) == 0;
    if (made) team->started++;
  }
  if (made) return team;
  sf_team_destroy(team);
  return NULL;
}

void sf_team_destroy(sf_team *team) {
  if (!team) return;
  team->ending = true;
  raise_counter(team, &team->run);
  for (int i = 1; i < team->started; i++) pthread_join(team->threads[i], NULL);
  pthread_mutex_destroy(&team->lock);
  pthread_cond_destroy(&team->woken);
  free(team->threads);
  free(team->members);
  free(team);
}

int sf_team_threads(const sf_team *team) { return team->count; }

void sf_team_run(sf_team *team, const sf_call *calls, size_t count, double *seconds) {
  if (count == 0) return;
  team->calls = calls;
  team->call_count = count;
  if (team->count > 1) raise_counter(team, &team->run);
  run_calls(&team->members[0], calls, count, seconds);
}
