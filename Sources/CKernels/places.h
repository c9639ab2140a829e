// Which processor each thread of a team is on, and how a thread leaves one that another thread of its team needs.

#ifndef CKERNELS_PLACES_H
#define CKERNELS_PLACES_H

#include <stdatomic.h>
#include <stdbool.h>

/// Where a thread was last known to be: a processor, or -1.
typedef _Atomic int sf_place;

typedef struct sf_places sf_places;

/// Places of `count` threads, on the processors that the caller may use; NULL where memory is short.
sf_places *sf_places_create(int count);
void sf_places_destroy(sf_places *);
/// Whether they are fewer than the threads.
bool sf_places_crowded(const sf_places *);
/// Notes where the calling thread is, number `index` of the team.
void sf_places_note(sf_places *, int index);
/// Notes it too, and moves the calling thread to a processor where no thread of the team was last seen, if it is on one where a
/// thread was. Thread 0 is the caller's own and stays where it is.
void sf_places_part(sf_places *, int index);

#endif
