/// What Swift cannot call of the system: functions with variable arguments, and flags that are only macros. Where a system
/// lacks one, it does nothing and says so.

#ifndef CPROCESS_H
#define CPROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// Has the system kill this process as soon as its parent ends. Returns false where that cannot be had, or where `parent` has
/// ended already (then nobody waits for this process).
/// Source: prctl(2), PR_SET_PDEATHSIG: the signal comes when the parent's *thread* that started it ends.
bool sfp_die_with_parent(pid_t parent);

/// Limits the private writable memory of this process to `bytes`; beyond it allocations fail.
/// Source: setrlimit(2), RLIMIT_DATA: since Linux 4.7 it counts private mappings too, and no code, which RLIMIT_AS does.
bool sfp_limit_data(uint64_t bytes);

/// Writes no core file, however this process ends.
bool sfp_write_no_core(void);

/// Involuntary context switches of this process so far, all threads together; -1 where unknown.
int64_t sfp_involuntary_switches(void);

/// The type of the file system that `path` is on, as `f_type` of statfs(2); -1 where unknown.
int64_t sfp_file_system(const char *path);

/// Starts `arguments[0]` with the descriptors `input`, `output`, `errors` as 0, 1, 2 and no other, default signals, none blocked.
/// Returns 0 or an error number.
int sfp_spawn(
    pid_t *process, const char *path, char *const arguments[], char *const environment[], int input, int output,
    int errors);

#endif
