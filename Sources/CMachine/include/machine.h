// What Swift cannot say about the machine: which instructions it has, the CRC-32C
// instruction, and the Linux calls that Swift's Glibc module leaves out. Nothing else
// belongs here.
#ifndef MILLRACE_MACHINE_H
#define MILLRACE_MACHINE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// 0: no fused multiply-add (or not x86-64). 3: x86-64-v3. 4: x86-64-v4. 64: aarch64.
int machine_instruction_set(void);

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), reflected, initial value and final
/// exclusive-or ~0. `seed` is the CRC of what came before (0 at the start).
uint32_t machine_crc32c(uint32_t seed, const void *bytes, size_t count);

/// The same by table, for machines without the instruction, and as the definition.
uint32_t machine_crc32c_table(uint32_t seed, const void *bytes, size_t count);

/// Limits glibc's malloc to a few arenas: long-lived threaded processes bloat without it.
void machine_limit_malloc_arenas(int arenas);

/// eventfd(2), close-on-exec and non-blocking; -1 with errno.
int machine_eventfd(void);

/// Blocks SIGTERM, SIGINT and SIGHUP, and no other signal, for this thread and those it starts,
/// and returns a non-blocking signalfd(2) that reads them; -1 with errno.
int machine_signalfd(void);

/// The next signal that waits on `descriptor`, or 0.
int machine_next_signal(int descriptor);

/// The process's environment, as environ(7).
char **machine_environment(void);

/// From now on no core is dumped and no other process of the user may look inside
/// (prctl(2), PR_SET_DUMPABLE).
void machine_forbid_dumps(void);

/// Overwrites memory in a way that the compiler keeps (explicit_bzero(3)).
void machine_wipe(void *bytes, size_t count);

/// Names the calling thread; at most 15 bytes.
void machine_name_thread(const char *name);
#endif
