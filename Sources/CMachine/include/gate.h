// The gate: every byte that libzmq reads from an accepted connection passes here first.
//
// libzmq bounds messages, not the frames of one, and looks at no total over connections. It reads
// with recv(2), writes with send(2) and accepts with accept4(2). A program that has functions of
// these names is asked instead of the C library (gate.c; ELF symbol interposition, ld.so(8)), so
// what a peer may make this process hold is decided before libzmq sees a byte, not some
// milliseconds later. A connection that is refused its bytes ends like one that the peer reset.
//
// Invariants: only connections of listeners that are watched are followed (zmtp.h), from their first
// byte on, and they are judged while a daemon has the gate open; a stream is followed by one thread
// (libzmq's), and what others read or decide are single atomic numbers that hold for one serial;
// nothing here allocates, and nothing waits but for the short list of ends.
#ifndef MILLRACE_GATE_H
#define MILLRACE_GATE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Descriptors below this have a row. Connections with a higher one are ended at once.
enum { machine_gate_capacity = 17408 };

/// Frames that one message may have: ours have one; a few are told of as a mistake, no more.
enum { machine_gate_most_parts = 8 };

/// Bytes that a connection may always have, and that all together are added up after.
enum { machine_gate_spared = 8192, machine_gate_sum_interval = 65536 };

/// Why the gate ended a connection.
enum {
    /// More frames in one message, or more bytes, than any message has.
    machine_gate_endless = 1,
    /// More of it waits than its own high-water mark, or than all together may have waiting.
    machine_gate_backlog = 2,
    /// What it began with is no greeting of ZMTP 3.
    machine_gate_foreign = 3,
    /// Commands (heartbeats) faster than anybody needs them, or such as no peer has a use for.
    machine_gate_abuse = 4,
    /// It does not take what it asked for. Decided by who answers, see machine_gate_condemn.
    machine_gate_unread = 5,
    /// Somebody else has decided, see machine_gate_refuse.
    machine_gate_refused = 6,
};

/// What may be held.
struct machine_gate_limits {
    /// Longest message, with the headers of its frames.
    uint64_t message_bytes;
    /// Most bytes read of one connection and not taken.
    uint64_t connection_bytes;
    /// Of all connections together: beyond it, who brought nothing of use goes, and who owes most.
    uint64_t pool_bytes;
    /// Never more: whoever reads more goes.
    uint64_t most_pool_bytes;
};

/// A connection that the gate ended.
struct machine_gate_end {
    /// Its descriptor; another connection may have it by now.
    int descriptor;
    int reason;
    uint64_t serial;
    uint64_t owed_bytes;
    uint64_t age_nanoseconds;
    /// As machine_peer says.
    int family;
    uint8_t address[16];
    uint32_t number;
};

/// What is known of a connection.
struct machine_gate_traffic {
    uint64_t serial;
    /// Bytes of messages that libzmq has read, and in how many calls. Greeting and commands are no
    /// messages; with CURVE a heartbeat looks like one.
    uint64_t read_bytes;
    uint64_t reads;
    /// Bytes that libzmq has written.
    uint64_t sent_bytes;
};

/// From now on, what this thread makes listen (listen(2)) is watched, or not.
void machine_gate_watch(bool watches);

/// The same for a descriptor that listens already.
void machine_gate_watch_listener(int descriptor);

/// Adds the limits of a daemon: pools add up, of the others the largest holds.
void machine_gate_open(struct machine_gate_limits limits);

/// Takes the pools of a daemon back.
void machine_gate_close(struct machine_gate_limits limits);

/// The number of the connection that `descriptor` is, from 1; 0 if no watched listener made it.
uint64_t machine_gate_serial(int descriptor);

/// What went over a connection; serial 0 if no watched listener made it.
struct machine_gate_traffic machine_gate_traffic(int descriptor);

/// Bytes of a message that was taken out of libzmq.
void machine_gate_deliver(int descriptor, uint64_t bytes);

/// All bytes taken so far of the connections that had this descriptor.
uint64_t machine_gate_delivered(int descriptor);

/// Bytes of a connection that were read and never come out as messages (read − delivered).
void machine_gate_forgive(int descriptor, uint64_t serial, int64_t bytes);

/// A connection has brought something of use.
void machine_gate_note_useful(int descriptor);

/// Whether it has.
bool machine_gate_is_useful(int descriptor);

/// The same as if the gate had decided it: libzmq gets no byte of this connection any more. Nothing
/// if the descriptor is another's by now.
void machine_gate_condemn(int descriptor, uint64_t serial, int reason);

/// libzmq gets no byte of this connection any more, and closes it when one comes.
void machine_gate_refuse(int descriptor, uint64_t serial);

/// Why the connection with this descriptor was ended; 0 if it was not.
int machine_gate_ended(int descriptor);

/// The next connection that the gate ended, oldest first; false when there is none.
bool machine_gate_next_end(struct machine_gate_end *end);

/// Bytes of one row.
size_t machine_gate_row_bytes(void);
#endif
