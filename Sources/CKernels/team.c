// A team of threads that meets at barriers.
//
// A run's kernels take from microseconds to milliseconds each, so threads wait by spinning, and when that lasts they sleep.
// Whom they wait for may have lost its processor to another process for milliseconds: a thread that found out by waiting
// that long spins for microseconds from then on, and longer again only while that turns out to have been too short. Between
// runs they spin for a moment and then sleep until the next.

#include "internal.h"
#include "places.h"
#include "waiting.h"

#include <stdlib.h>
#include <time.h>

enum {
  SPIN_BETWEEN_RUNS_NS = 50 * 1000,
  SPIN_MOST_NS = 2 * 1000 * 1000,
  SPIN_LEAST_NS = 16 * 1000,
  SPIN_CROWDED_NS = 2 * 1000,  // more threads than processors: the one waited for may need this one
  LONG_NS = 1000 * 1000,       // no thread that runs keeps the others waiting so much longer than they would spin
};

typedef struct {
  _Alignas(SF_LINE) sf_thread thread;
  int64_t patience_ns;  // how long it spins at a meeting
  pthread_t handle;
} member;

struct sf_team {
  sf_counter run;    // rises when a run begins
  sf_counter phase;  // rises when all threads have come to the barrier
  _Alignas(SF_LINE) _Atomic uint32_t arrived;  // threads at the barrier
  _Alignas(SF_LINE) const sf_call *calls;
  size_t call_count;
  bool ending;
  int count, started;
  member *members;
  sf_places *places;
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

// Waits until the counter is no longer `old`: spinning first, then asleep. Returns how long it slept, and before that spun, in
// nanoseconds; 0 where it did not sleep.
static int64_t wait_change(const sf_thread *thread, sf_counter *c, uint32_t old, int64_t spin_ns) {
  for (int i = 0; i < 256; i++) {
    if (atomic_load_explicit(&c->value, memory_order_acquire) != old) return 0;
    relax();
  }
  double start = sf_now(), end = start + 1e-9 * (double)spin_ns;
  do {
    for (int i = 0; i < 64; i++) {
      if (atomic_load_explicit(&c->value, memory_order_acquire) != old) return 0;
      relax();
    }
  } while (sf_now() < end);
  sf_places_note(thread->team->places, thread->index);
  sf_counter_sleep(c, old);
  sf_places_part(thread->team->places, thread->index);
  return (int64_t)(1e9 * (sf_now() - start));
}

static void raise_counter(const sf_thread *thread, sf_counter *c) {
  atomic_fetch_add(&c->value, 1);
  if (atomic_load(&c->sleepers) == 0) return;
  sf_places_part(thread->team->places, thread->index);
  sf_counter_wake(c);
}

void sf_barrier(const sf_thread *thread) {
  if (thread->count == 1) return;
  sf_team *team = thread->team;
  uint32_t phase = atomic_load(&team->phase.value);
  if (atomic_fetch_add(&team->arrived, 1) + 1 == (uint32_t)thread->count) {
    atomic_store(&team->arrived, 0);
    raise_counter(thread, &team->phase);
  } else {
    member *self = &team->members[thread->index];
    int64_t waited = wait_change(thread, &team->phase, phase, self->patience_ns);
    if (waited == 0 || sf_places_crowded(team->places)) return;
    self->patience_ns = waited >= LONG_NS ? SPIN_LEAST_NS : sf_min(2 * self->patience_ns, SPIN_MOST_NS);
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

static void *live(void *argument) {
  const sf_thread *thread = argument;
  sf_team *team = thread->team;
  for (uint32_t run = 0;; run++) {
    wait_change(thread, &team->run, run, sf_places_crowded(team->places) ? SPIN_CROWDED_NS : SPIN_BETWEEN_RUNS_NS);
    if (team->ending) return NULL;
    run_calls(thread, team->calls, team->call_count, NULL);
  }
}

sf_team *sf_team_create(int threads) {
  if (threads < 1) threads = 1;
  sf_team *team = NULL;
  if (posix_memalign((void **)&team, SF_LINE, sizeof *team) != 0) return NULL;
  *team = (sf_team){.count = threads, .started = 1};
  sf_counter_create(&team->run);
  sf_counter_create(&team->phase);
  team->places = sf_places_create(threads);
  bool made = team->places && posix_memalign((void **)&team->members, SF_LINE, (size_t)threads * sizeof(member)) == 0;
  if (!made) team->members = NULL;
  for (int i = 0; made && i < threads; i++) {
    team->members[i] = (member){
        .thread = {.index = i, .count = threads, .team = team},
        .patience_ns = sf_places_crowded(team->places) ? SPIN_CROWDED_NS : SPIN_MOST_NS};
    if (i == 0) continue;
    made = pthread_create(&team->members[i].handle, NULL, live, &team->members[i].thread) == 0;
    if (made) team->started++;
  }
  if (made) return team;
  sf_team_destroy(team);
  return NULL;
}

void sf_team_destroy(sf_team *team) {
  if (!team) return;
  team->ending = true;
  if (team->started > 1) raise_counter(&team->members[0].thread, &team->run);
  for (int i = 1; i < team->started; i++) pthread_join(team->members[i].handle, NULL);
  sf_counter_destroy(&team->run);
  sf_counter_destroy(&team->phase);
  sf_places_destroy(team->places);
  free(team->members);
  free(team);
}

int sf_team_threads(const sf_team *team) { return team->count; }

void sf_team_run(sf_team *team, const sf_call *calls, size_t count, double *seconds) {
  if (count == 0) return;
  team->calls = calls;
  team->call_count = count;
  const sf_thread *caller = &team->members[0].thread;
  if (team->count > 1) raise_counter(caller, &team->run);
  run_calls(caller, calls, count, seconds);
}
