// How threads wait for a number to change: asleep until the thread that changes it wakes them.

#ifndef CKERNELS_WAITING_H
#define CKERNELS_WAITING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum { SF_LINE = 64 };  // bytes of a cache line

/// A number that only rises, on a line of its own, and how many threads sleep until it does.
typedef struct {
  _Alignas(SF_LINE) _Atomic uint32_t value;
  _Atomic uint32_t sleepers;
#if !defined(__linux__)
  pthread_mutex_t lock;
  pthread_cond_t woken;
#endif
} sf_counter;

void sf_counter_create(sf_counter *);
void sf_counter_destroy(sf_counter *);
/// Sleeps until the counter is no longer `old`.
void sf_counter_sleep(sf_counter *, uint32_t old);
/// Wakes all who sleep. Not needed, and slow, where `sleepers` is 0 after the counter rose.
void sf_counter_wake(sf_counter *);

#endif
