// The stream of one connection in ZMTP 3 (23/ZMTP, 37/ZMTP): a greeting of 64 bytes, then frames.
// What in it no honest peer does, judged at the byte.
//
// A frame of a message counts; of a command only the form can be judged, because libzmq acts on most
// of them at once. It keeps SUBSCRIBE and CANCEL, of any length, for a socket that has no use for
// them, and counts their bytes nowhere: no such name passes. With CURVE the names are encrypted, and
// libzmq takes a message that is marked as a command for what it decrypts to: so after the handshake
// everything counts as a message there.
//
// Invariants: pure: no rows, no atomics, no clock, no allocation; the verdict about bytes does not
// depend on the pieces in which they come, and nothing is read beyond them.
#ifndef MILLRACE_ZMTP_H
#define MILLRACE_ZMTP_H
#include <stddef.h>
#include <stdint.h>

/// Commands at once, and per second: a peer's heartbeat and ours are two.
enum { zmtp_most_commands = 256, zmtp_commands_per_second = 100 };

/// Commands that begin a connection: READY, or HELLO and INITIATE of CURVE.
enum { zmtp_handshake_commands = 1, zmtp_encrypted_handshake_commands = 2 };

/// Longest command of a handshake: READY has metadata, INITIATE has them in its box, and 257 bytes;
/// libzmq's own are an identity of 255 bytes and two words. And of any other: a PING has at most 23
/// bytes, an ERROR has a reason of up to 255 bytes less its name.
enum { zmtp_longest_handshake = 4096, zmtp_longest_command = 255 };

/// Where a stream is.
enum zmtp_phase { zmtp_in_greeting, zmtp_in_header, zmtp_in_body };

/// What is known of a stream; all zeros before its first byte.
struct zmtp_stream {
    /// Bytes of the frame that are still to come.
    uint64_t left;
    /// Bytes of the frame.
    uint64_t length;
    /// Bytes of the message so far, with the headers of its frames.
    uint64_t message;
    /// Bytes of messages in the pieces that were followed last.
    uint64_t counted;
    /// Commands so far.
    uint32_t commands;
    /// Frames of the message so far.
    uint8_t parts;
    /// As enum zmtp_phase.
    uint8_t phase;
    /// Bytes of the greeting or of the header so far.
    uint8_t position;
    uint8_t flags;
    /// Whether its mechanism is CURVE, where a message is copied out of what was read.
    uint8_t is_encrypted;
    /// Bytes of a command's name that were looked at, and the first of its name.
    uint8_t named;
    uint8_t name[2];
};

/// Follows a stream, whatever pieces it comes in, and sets `counted`. What is wrong with it
/// (machine_gate_endless, _foreign, _abuse), or 0; after that it must not be followed any more.
///
/// - most_message_bytes: of a message of several frames, with their headers; libzmq bounds one frame
/// - age_nanoseconds: since the connection was accepted
int zmtp_follow(
    struct zmtp_stream *stream, const uint8_t *bytes, size_t count, uint64_t most_message_bytes,
    uint64_t age_nanoseconds);
#endif
