// On a busy machine two threads of a team must not share a processor. One waits for the other, spinning, and the other cannot run
// for as long as it does: a time slice a meeting. The system does not part them while its other processors have work too, and it
// likes to wake a thread beside whoever woke it. Two busy loops on two processors made a step of 150 meetings take 610 ms; with its
// threads apart it takes 1.4 ms, and one thread alone 0.6 (means over two seconds; Linux 6.18, an AMD EPYC).

#include "places.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__linux__)

struct sf_places {
  int count;
  bool known;         // whether `allowed` is
  cpu_set_t allowed;  // what the team's creator may use
  sf_place at[];
};

static int allowed_count(const sf_places *places) {
  if (places->known) return CPU_COUNT(&places->allowed);
  return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

void sf_places_note(sf_places *places, int index) {
  atomic_store_explicit(&places->at[index], sched_getcpu(), memory_order_relaxed);
}

void sf_places_part(sf_places *places, int index) {
  sf_places_note(places, index);
  if (index == 0 || !places->known || sf_places_crowded(places)) return;
  int here = atomic_load_explicit(&places->at[index], memory_order_relaxed);
  bool shared = false;
  cpu_set_t free = places->allowed;
  for (int i = 0; i < places->count; i++) {
    int there = atomic_load_explicit(&places->at[i], memory_order_relaxed);
    if (i == index || there < 0 || there >= CPU_SETSIZE) continue;
    CPU_CLR(there, &free);
    shared = shared || there == here;
  }
  // Source: sched_setaffinity(2): a thread that is on none of the processors given is moved to one of them.
  if (shared && CPU_COUNT(&free) > 0 && sched_setaffinity(0, sizeof free, &free) == 0) sf_places_note(places, index);
}

static void find_allowed(sf_places *places) {
  places->known = sched_getaffinity(0, sizeof places->allowed, &places->allowed) == 0;
}

#else

struct sf_places {
  int count;
  sf_place at[];
};

static int allowed_count(const sf_places *places) {
  (void)places;
  return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

void sf_places_note(sf_places *places, int index) { (void)places, (void)index; }

void sf_places_part(sf_places *places, int index) { (void)places, (void)index; }

static void find_allowed(sf_places *places) { (void)places; }

#endif

sf_places *sf_places_create(int count) {
  sf_places *places = calloc(1, sizeof *places + (size_t)count * sizeof *places->at);
  if (!places) return NULL;
  places->count = count;
  for (int i = 0; i < count; i++) atomic_init(&places->at[i], -1);
  find_allowed(places);
  return places;
}

void sf_places_destroy(sf_places *places) { free(places); }

bool sf_places_crowded(const sf_places *places) { return places->count > allowed_count(places); }
