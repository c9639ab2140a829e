#include "waiting.h"

#include <limits.h>
#include <stddef.h>
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

// A sleeper is counted before it looks at the value, and the value rises before sleepers are counted: one of both sees the other.

#if defined(__linux__)

// Source: futex(2): FUTEX_WAIT returns at once where the value is no longer `old`. A mutex and a condition wake a thread to wait
// for the mutex; this wakes it to run.

void sf_counter_create(sf_counter *c) { *c = (sf_counter){0}; }

void sf_counter_destroy(sf_counter *c) { (void)c; }

void sf_counter_sleep(sf_counter *c, uint32_t old) {
  atomic_fetch_add(&c->sleepers, 1);
  while (atomic_load(&c->value) == old) syscall(SYS_futex, &c->value, FUTEX_WAIT_PRIVATE, old, NULL, NULL, 0);
  atomic_fetch_sub(&c->sleepers, 1);
}

void sf_counter_wake(sf_counter *c) { syscall(SYS_futex, &c->value, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0); }

#else

void sf_counter_create(sf_counter *c) {
  *c = (sf_counter){0};
  pthread_mutex_init(&c->lock, NULL);
  pthread_cond_init(&c->woken, NULL);
}

void sf_counter_destroy(sf_counter *c) {
  pthread_mutex_destroy(&c->lock);
  pthread_cond_destroy(&c->woken);
}

void sf_counter_sleep(sf_counter *c, uint32_t old) {
  pthread_mutex_lock(&c->lock);
  atomic_fetch_add(&c->sleepers, 1);
  while (atomic_load(&c->value) == old) pthread_cond_wait(&c->woken, &c->lock);
  atomic_fetch_sub(&c->sleepers, 1);
  pthread_mutex_unlock(&c->lock);
}

void sf_counter_wake(sf_counter *c) {
  pthread_mutex_lock(&c->lock);
  pthread_cond_broadcast(&c->woken);
  pthread_mutex_unlock(&c->lock);
}

#endif
