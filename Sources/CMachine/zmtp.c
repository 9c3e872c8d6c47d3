// See zmtp.h.
#include "include/zmtp.h"
#include "include/gate.h"

#include <stdbool.h>

enum { flag_more = 1, flag_long = 2, flag_command = 4 };

// A command is its name's length, its name, its data. All that a NULL connection may send have names
// of four or five letters: READY, ERROR, PING, PONG.
enum { looked_at = 3, shortest_ping = 7 };

static bool is_handshake(const struct zmtp_stream *stream) {
    return stream->commands
        <= (stream->is_encrypted ? zmtp_encrypted_handshake_commands : zmtp_handshake_commands);
}

static int begin_command(struct zmtp_stream *stream, uint64_t age_nanoseconds) {
    stream->named = 0;
    if (stream->flags & flag_more) return machine_gate_abuse;
    uint64_t allowed =
        zmtp_most_commands + age_nanoseconds / 1000000000u * zmtp_commands_per_second;
    if (stream->commands >= allowed || stream->commands == UINT32_MAX) return machine_gate_abuse;
    stream->commands++;
    if (is_handshake(stream))
        return stream->length <= zmtp_longest_handshake ? 0 : machine_gate_abuse;
    if (stream->is_encrypted) return 0;
    return stream->length > 0 && stream->length <= zmtp_longest_command ? 0 : machine_gate_abuse;
}

// Whether what is in a frame comes out of libzmq as a message.
static bool counts(const struct zmtp_stream *stream) {
    return !(stream->flags & flag_command) || (stream->is_encrypted && !is_handshake(stream));
}

static int begin_body(
    struct zmtp_stream *stream, uint64_t most_message_bytes, uint64_t age_nanoseconds)
{
    stream->left = stream->length;
    stream->phase = zmtp_in_body;
    if (stream->flags & flag_command) {
        int wrong = begin_command(stream, age_nanoseconds);
        if (wrong || !counts(stream)) return wrong;
    }
    uint64_t head = (stream->flags & flag_long) ? 9 : 2;
    stream->counted += head;
    stream->parts++;
    stream->message += stream->length + head;
    bool is_last = !(stream->flags & flag_more);
    // libzmq itself bounds one frame.
    bool is_fair = (is_last && stream->parts == 1)
        || (stream->parts <= machine_gate_most_parts && stream->length <= UINT32_MAX
            && stream->message <= most_message_bytes);
    if (is_last) stream->message = stream->parts = 0;
    return is_fair ? 0 : machine_gate_endless;
}

static int read_greeting(struct zmtp_stream *stream, uint8_t byte) {
    uint8_t place = stream->position++;
    if (stream->position == 64) {
        stream->phase = zmtp_in_header;
        stream->position = 0;
    }
    if (place == 12) stream->is_encrypted = byte == 'C';
    if (place == 0) return byte == 0xFF ? 0 : machine_gate_foreign;
    if (place == 9) return (byte & 1) ? 0 : machine_gate_foreign;
    return place != 10 || byte >= 3 ? 0 : machine_gate_foreign;
}

static int read_header(
    struct zmtp_stream *stream, uint8_t byte, uint64_t most_message_bytes,
    uint64_t age_nanoseconds)
{
    if (stream->position == 0) {
        stream->flags = byte;
        stream->length = 0;
        stream->position = 1;
        return 0;
    }
    stream->length = stream->length << 8 | byte;
    if ((stream->flags & flag_long) && stream->position++ < 8) return 0;
    stream->position = 0;
    return begin_body(stream, most_message_bytes, age_nanoseconds);
}

// The first bytes of a command over a connection without encryption.
static int read_name(struct zmtp_stream *stream, uint8_t byte) {
    uint8_t place = stream->named++;
    if (place == 0) {
        stream->name[0] = byte;
        return byte == 4 || byte == 5 ? 0 : machine_gate_abuse;
    }
    if (place == 1) {
        stream->name[1] = byte;
        return 0;
    }
    // libzmq 4.3.4 takes the length of a PING's context to be its size less 7, also of a shorter one.
    bool is_ping = stream->name[0] == 4 && stream->name[1] == 'P' && byte == 'I';
    return is_ping && stream->length < shortest_ping ? machine_gate_abuse : 0;
}

int zmtp_follow(
    struct zmtp_stream *stream, const uint8_t *bytes, size_t count, uint64_t most_message_bytes,
    uint64_t age_nanoseconds)
{
    stream->counted = 0;
    while (count > 0) {
        int wrong = 0;
        size_t step = 1;
        if (stream->phase == zmtp_in_greeting) {
            wrong = read_greeting(stream, *bytes);
        } else if (stream->phase == zmtp_in_header) {
            wrong = read_header(stream, *bytes, most_message_bytes, age_nanoseconds);
        } else if ((stream->flags & flag_command) && !stream->is_encrypted
            && stream->named < looked_at)
        {
            wrong = read_name(stream, *bytes);
            stream->left--;
        } else {
            step = stream->left < count ? (size_t)stream->left : count;
            stream->left -= step;
            if (counts(stream)) stream->counted += step;
        }
        if (wrong) return wrong;
        if (stream->phase == zmtp_in_body && stream->left == 0) stream->phase = zmtp_in_header;
        bytes += step;
        count -= step;
    }
    return 0;
}
