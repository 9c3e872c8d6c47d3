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

/// The number that tells this open socket from any other that ever had its descriptor
/// (st_ino, fstat(2)); 0 if the descriptor is not open or no socket.
uint64_t machine_socket_number(int descriptor);

/// Who is at the other end: 4 or 6 for TCP over IPv4 or IPv6, 1 for a Unix socket, 0 for anything
/// else. `address` gets 16 bytes: the IPv6 address, ::ffff:a.b.c.d for IPv4, zeros otherwise;
/// `number` the port, or the peer's user id (SO_PEERCRED).
int machine_peer(int descriptor, uint8_t address[16], uint32_t *number);

/// epoll_create1(2), close-on-exec; -1 with errno.
int machine_epoll(void);

/// Asks for one report when `descriptor` becomes readable or is closed by its peer
/// (EPOLLIN | EPOLLRDHUP | EPOLLONESHOT), whether it was asked for before or not. 0, or -1.
int machine_epoll_once(int epoll, int descriptor);

/// Up to `capacity` descriptors that have a report, without waiting. How many, or -1.
int machine_epoll_take(int epoll, int32_t *descriptors, int capacity);

/// Raises the limit of open descriptors towards `wanted`, as far as the hard limit lets it.
/// What the limit is now.
uint64_t machine_allow_descriptors(uint64_t wanted);

/// Gives free memory of malloc back to the kernel (malloc_trim).
void machine_return_memory(void);
#endif
