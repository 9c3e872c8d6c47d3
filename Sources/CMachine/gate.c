// See gate.h. The functions below that have names of the C library do what it does, by the system
// call itself, and judge before or after.
#define _GNU_SOURCE
#include "include/gate.h"
#include "include/machine.h"
#include "include/zmtp.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct row {
    // Written by the thread that takes messages out.
    _Alignas(64) _Atomic uint64_t delivered;
    _Atomic bool useful;
    // Written by the guard: bytes << 16 | the serial's lowest bits, so that what was meant for a
    // connection that had this number before says nothing.
    _Atomic uint64_t forgiven;
    // Written by libzmq's thread.
    _Alignas(64) _Atomic uint64_t serial;
    _Atomic uint64_t read;
    _Atomic uint64_t reads;
    _Atomic uint64_t sent;
    _Atomic uint64_t owed;
    _Atomic uint64_t opened;
    // What the number's connections before had taken out.
    _Atomic uint64_t past;
    // By whoever ended it: serial << 3 | reason. Of another serial it says nothing.
    _Atomic uint64_t ended;
    // libzmq's thread alone.
    _Alignas(64) struct zmtp_stream stream;
    uint64_t seen_delivered;
    uint32_t reads_since;
};

static struct row rows[machine_gate_capacity];
static _Atomic uint8_t listeners[machine_gate_capacity];
static _Thread_local bool is_watching;
static _Atomic int openings;
static _Atomic uint64_t serials;
static _Atomic int top;
static _Atomic uint64_t message_bytes, connection_bytes;
static _Atomic uint64_t pool_bytes, most_pool_bytes;
// Bytes read since all connections were last added up.
static _Atomic uint64_t since_sum;
static _Atomic uint64_t pooled;
// A read of libzmq takes at most so much, and a buffer of this size stays while one message that
// came in it is not taken (v2_decoder_t, in_batch_size).
static const uint64_t read_buffer = 8192;

// Room for a reason below a serial.
enum { reason_bits = 3 };

// Ends that the guard has not seen yet.
enum { end_capacity = 256 };
static pthread_mutex_t ends_lock = PTHREAD_MUTEX_INITIALIZER;
static struct machine_gate_end ends[end_capacity];
static uint64_t ends_written, ends_read;

static struct row *row_of(int descriptor) {
    if (descriptor < 0 || descriptor >= machine_gate_capacity) return NULL;
    return &rows[descriptor];
}

static struct row *guarded(int descriptor) {
    struct row *row = row_of(descriptor);
    return row && atomic_load_explicit(&row->serial, memory_order_relaxed) ? row : NULL;
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void raise_to(_Atomic uint64_t *value, uint64_t least) {
    uint64_t old = atomic_load(value);
    while (old < least && !atomic_compare_exchange_weak(value, &old, least)) {}
}

void machine_gate_open(struct machine_gate_limits limits) {
    raise_to(&message_bytes, limits.message_bytes);
    raise_to(&connection_bytes, limits.connection_bytes);
    atomic_fetch_add(&pool_bytes, limits.pool_bytes);
    atomic_fetch_add(&most_pool_bytes, limits.most_pool_bytes);
    atomic_fetch_add(&openings, 1);
}

void machine_gate_watch(bool watches) { is_watching = watches; }

void machine_gate_watch_listener(int descriptor) {
    if (row_of(descriptor)) atomic_store(&listeners[descriptor], 1);
}

void machine_gate_close(struct machine_gate_limits limits) {
    atomic_fetch_sub(&openings, 1);
    atomic_fetch_sub(&pool_bytes, limits.pool_bytes);
    atomic_fetch_sub(&most_pool_bytes, limits.most_pool_bytes);
}

// Marks the connection with this serial as ended; false if it was, or is another by now.
static bool mark(struct row *row, uint64_t serial, int reason) {
    if (!serial || atomic_load(&row->serial) != serial) return false;
    uint64_t before = atomic_load(&row->ended);
    return before >> reason_bits != serial
        && atomic_compare_exchange_strong(
            &row->ended, &before, serial << reason_bits | (uint64_t)reason);
}

static int reason_of(struct row *row, uint64_t serial) {
    uint64_t ended = atomic_load_explicit(&row->ended, memory_order_relaxed);
    return ended >> reason_bits == serial ? (int)(ended & ((1 << reason_bits) - 1)) : 0;
}

static uint64_t forgiving(uint64_t serial, int64_t bytes) {
    return (uint64_t)bytes << 16 | (serial & 0xFFFF);
}

// Bytes that were read and not taken.
static uint64_t untaken(struct row *row, uint64_t serial, uint64_t delivered) {
    uint64_t forgiven = atomic_load_explicit(&row->forgiven, memory_order_relaxed);
    int64_t base = (forgiven & 0xFFFF) == (serial & 0xFFFF)
        ? (int64_t)forgiven >> 16
        : -(int64_t)atomic_load_explicit(&row->past, memory_order_relaxed);
    int64_t owed =
        (int64_t)(atomic_load_explicit(&row->read, memory_order_relaxed) - delivered) - base;
    return owed > 0 ? (uint64_t)owed : 0;
}

// What this process holds of a connection: bytes that were read and not taken, or the buffers of
// reads since it was last seen to move, whichever is more.
static uint64_t held(struct row *row, uint64_t serial) {
    uint64_t delivered = atomic_load_explicit(&row->delivered, memory_order_acquire);
    if (delivered != row->seen_delivered) {
        row->seen_delivered = delivered;
        row->reads_since = 0;
    }
    uint64_t bytes = untaken(row, serial, delivered);
    if (bytes == 0) row->reads_since = 0;
    uint64_t buffers = row->reads_since < 17 ? row->reads_since : 17;
    return bytes > buffers * read_buffer ? bytes : buffers * read_buffer;
}

static void add_up(uint64_t *sum, uint64_t *most) {
    *sum = *most = 0;
    int count = atomic_load(&top);
    for (int descriptor = 0; descriptor <= count; descriptor++) {
        struct row *row = &rows[descriptor];
        uint64_t serial = atomic_load_explicit(&row->serial, memory_order_relaxed);
        // One that was ended gets nothing more, and libzmq lets go what it has.
        if (!serial || reason_of(row, serial)) continue;
        uint64_t owed = atomic_load_explicit(&row->owed, memory_order_relaxed);
        uint64_t delivered = atomic_load_explicit(&row->delivered, memory_order_relaxed);
        // Everything was taken since it last read.
        if (untaken(row, serial, delivered) == 0) owed = 0;
        *sum += owed;
        if (owed > *most) *most = owed;
    }
}

// Whether a connection that has just read is still within what it and all may have.
static int weigh(struct row *row, uint64_t serial, uint64_t bytes) {
    uint64_t owed = held(row, serial);
    atomic_store_explicit(&row->owed, owed, memory_order_relaxed);
    if (owed > atomic_load_explicit(&connection_bytes, memory_order_relaxed))
        return machine_gate_backlog;
    uint64_t limit = atomic_load_explicit(&pool_bytes, memory_order_relaxed);
    uint64_t since = atomic_fetch_add_explicit(&since_sum, bytes, memory_order_relaxed) + bytes;
    uint64_t known = atomic_load_explicit(&pooled, memory_order_relaxed);
    if (since < machine_gate_sum_interval && known <= limit) return 0;
    atomic_store_explicit(&since_sum, 0, memory_order_relaxed);
    uint64_t sum, most;
    add_up(&sum, &most);
    atomic_store_explicit(&pooled, sum, memory_order_relaxed);
    if (sum <= limit) return 0;
    if (owed <= machine_gate_spared) return 0;
    bool is_useful = atomic_load_explicit(&row->useful, memory_order_relaxed);
    if (!is_useful || owed >= most
        || sum > atomic_load_explicit(&most_pool_bytes, memory_order_relaxed))
        return machine_gate_backlog;
    return 0;
}

static void end(struct row *row, int descriptor, uint64_t serial, int reason) {
    if (!mark(row, serial, reason)) return;
    struct machine_gate_end told = {
        .descriptor = descriptor,
        .reason = reason,
        .serial = serial,
        .owed_bytes = untaken(
            row, serial, atomic_load_explicit(&row->delivered, memory_order_relaxed)),
        .age_nanoseconds = now() - atomic_load_explicit(&row->opened, memory_order_relaxed),
    };
    told.family = machine_peer(descriptor, told.address, &told.number);
    pthread_mutex_lock(&ends_lock);
    // Nobody looks at them: the oldest is forgotten.
    if (ends_written - ends_read == end_capacity) ends_read++;
    ends[ends_written++ % end_capacity] = told;
    pthread_mutex_unlock(&ends_lock);
}

void machine_gate_condemn(int descriptor, uint64_t serial, int reason) {
    struct row *row = row_of(descriptor);
    if (row) end(row, descriptor, serial, reason);
}

bool machine_gate_next_end(struct machine_gate_end *told) {
    pthread_mutex_lock(&ends_lock);
    bool has_one = ends_read < ends_written;
    if (has_one) *told = ends[ends_read++ % end_capacity];
    pthread_mutex_unlock(&ends_lock);
    return has_one;
}

uint64_t machine_gate_serial(int descriptor) {
    struct row *row = row_of(descriptor);
    return row ? atomic_load(&row->serial) : 0;
}

struct machine_gate_traffic machine_gate_traffic(int descriptor) {
    struct machine_gate_traffic traffic = {0};
    struct row *row = row_of(descriptor);
    if (!row) return traffic;
    // All of one connection: again if the number was given to another meanwhile.
    do {
        traffic.serial = atomic_load_explicit(&row->serial, memory_order_acquire);
        traffic.read_bytes = atomic_load_explicit(&row->read, memory_order_acquire);
        traffic.reads = atomic_load_explicit(&row->reads, memory_order_acquire);
        traffic.sent_bytes = atomic_load_explicit(&row->sent, memory_order_acquire);
    } while (atomic_load_explicit(&row->serial, memory_order_acquire) != traffic.serial);
    return traffic;
}

void machine_gate_deliver(int descriptor, uint64_t bytes) {
    struct row *row = row_of(descriptor);
    if (row) atomic_fetch_add_explicit(&row->delivered, bytes, memory_order_release);
}

uint64_t machine_gate_delivered(int descriptor) {
    struct row *row = row_of(descriptor);
    return row ? atomic_load_explicit(&row->delivered, memory_order_acquire) : 0;
}

void machine_gate_forgive(int descriptor, uint64_t serial, int64_t bytes) {
    struct row *row = row_of(descriptor);
    if (row) atomic_store_explicit(&row->forgiven, forgiving(serial, bytes), memory_order_relaxed);
}

void machine_gate_note_useful(int descriptor) {
    struct row *row = row_of(descriptor);
    if (row && !atomic_load_explicit(&row->useful, memory_order_relaxed))
        atomic_store_explicit(&row->useful, true, memory_order_relaxed);
}

bool machine_gate_is_useful(int descriptor) {
    struct row *row = row_of(descriptor);
    return row && atomic_load_explicit(&row->useful, memory_order_relaxed);
}

void machine_gate_refuse(int descriptor, uint64_t serial) {
    struct row *row = row_of(descriptor);
    if (row) (void)mark(row, serial, machine_gate_refused);
}

int machine_gate_ended(int descriptor) {
    struct row *row = guarded(descriptor);
    return row ? reason_of(row, atomic_load(&row->serial)) : 0;
}

size_t machine_gate_row_bytes(void) { return sizeof(struct row); }

// MARK: the C library's names

static void forget(struct row *row) {
    atomic_store(&row->serial, 0);
    atomic_store_explicit(&row->owed, 0, memory_order_relaxed);
}

static void begin(struct row *row, int descriptor) {
    uint64_t delivered = atomic_load_explicit(&row->delivered, memory_order_acquire);
    forget(row);
    uint64_t serial = atomic_fetch_add(&serials, 1) + 1;
    atomic_store_explicit(&row->read, 0, memory_order_release);
    atomic_store_explicit(&row->reads, 0, memory_order_release);
    atomic_store_explicit(&row->sent, 0, memory_order_release);
    atomic_store_explicit(&row->past, delivered, memory_order_relaxed);
    atomic_store_explicit(
        &row->forgiven, forgiving(serial, -(int64_t)delivered), memory_order_relaxed);
    atomic_store_explicit(&row->useful, false, memory_order_relaxed);
    atomic_store_explicit(&row->opened, now(), memory_order_relaxed);
    row->seen_delivered = delivered;
    row->reads_since = 0;
    row->stream = (struct zmtp_stream){0};
    int highest = atomic_load(&top);
    while (highest < descriptor && !atomic_compare_exchange_weak(&top, &highest, descriptor)) {}
    atomic_store(&row->serial, serial);
}

// A new socket may have the number of a connection that was closed: nothing of that is its own.
static int renewed(int descriptor) {
    struct row *row = row_of(descriptor);
    if (row) forget(row);
    return descriptor;
}

int socket(int domain, int type, int protocol) {
    return renewed((int)syscall(SYS_socket, domain, type, protocol));
}

int socketpair(int domain, int type, int protocol, int pair[2]) {
    int result = (int)syscall(SYS_socketpair, domain, type, protocol, pair);
    if (result == 0) {
        renewed(pair[0]);
        renewed(pair[1]);
    }
    return result;
}

int listen(int descriptor, int backlog) {
    if (row_of(descriptor)) atomic_store(&listeners[descriptor], is_watching);
    return (int)syscall(SYS_listen, descriptor, backlog);
}

int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags) {
    int descriptor = (int)syscall(SYS_accept4, listener, address, length, flags);
    if (descriptor < 0) {
        // Of all errors of scarcity libzmq's listener for local sockets knows only this one; any
        // other ends the process.
        if (errno == EMFILE || errno == ENOMEM || errno == ENOBUFS) errno = ENFILE;
        return descriptor;
    }
    bool is_watched = row_of(listener) && atomic_load(&listeners[listener]);
    struct row *row = row_of(descriptor);
    if (!is_watched) return renewed(descriptor);
    if (!row) {
        close(descriptor);
        errno = ECONNABORTED;
        return -1;
    }
    begin(row, descriptor);
    return descriptor;
}

// What libzmq calls where there is no accept4.
int accept(int listener, struct sockaddr *address, socklen_t *length) {
    return accept4(listener, address, length, 0);
}

// Of ThreadSanitizer, which follows numbers of files, too; in no other build.
int __interceptor_close(int descriptor) __attribute__((weak));

// Whoever is gone owes nothing: its row must not wait for the number to be used again.
int close(int descriptor) {
    renewed(descriptor);
    if (__interceptor_close) return __interceptor_close(descriptor);
    return (int)syscall(SYS_close, descriptor);
}

ssize_t recv(int descriptor, void *bytes, size_t count, int flags) {
    struct row *row = guarded(descriptor);
    uint64_t serial = row ? atomic_load_explicit(&row->serial, memory_order_relaxed) : 0;
    if (row && reason_of(row, serial)) {
        errno = ECONNRESET;
        return -1;
    }
    ssize_t taken = syscall(SYS_recvfrom, descriptor, bytes, count, flags, NULL, NULL);
    if (!row || taken <= 0 || (flags & MSG_PEEK)) return taken;
    int reason = zmtp_follow(
        &row->stream, bytes, (size_t)taken,
        atomic_load_explicit(&message_bytes, memory_order_relaxed),
        now() - atomic_load_explicit(&row->opened, memory_order_relaxed));
    if (row->stream.counted > 0) {
        atomic_fetch_add_explicit(&row->reads, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&row->read, row->stream.counted, memory_order_release);
        if (!row->stream.is_encrypted) row->reads_since++;
    }
    if (!reason) reason = weigh(row, serial, (uint64_t)taken);
    if (!reason || !atomic_load_explicit(&openings, memory_order_relaxed)) return taken;
    end(row, descriptor, serial, reason);
    errno = ECONNRESET;
    return -1;
}

ssize_t send(int descriptor, const void *bytes, size_t count, int flags) {
    ssize_t sent = syscall(SYS_sendto, descriptor, bytes, count, flags, NULL, 0);
    struct row *row = sent > 0 ? guarded(descriptor) : NULL;
    if (row) atomic_fetch_add_explicit(&row->sent, (uint64_t)sent, memory_order_release);
    return sent;
}

int connect(int descriptor, const struct sockaddr *address, socklen_t length) {
    // This end asked for the connection: whatever had the number before, it is nobody's attack.
    return (int)syscall(SYS_connect, renewed(descriptor), address, length);
}
