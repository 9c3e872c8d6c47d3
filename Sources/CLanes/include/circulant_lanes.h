// Sixteen blocks at once: transposes between the order of neurons and the order of lanes, and
// sixteen sums of sixteen lanes.
//
// Written as shuffles of two vectors that every compiler target has: patterns of at most two
// sources within 128-bit lanes, or of whole 128-bit lanes. With AVX-512 each is one instruction;
// with AVX2 one per half.
#ifndef MILLRACE_CIRCULANT_LANES_H
#define MILLRACE_CIRCULANT_LANES_H
#include "lanes.h"

// Sixteen floats at any address. Not functions: sixteen lanes are never handed from one function
// to another, which would depend on the instruction set.
typedef float circulant_f32 __attribute__((ext_vector_type(16), aligned(4), may_alias));
#define circulant_load(p) (*(const circulant_f32 *)(p))
#define circulant_store(p, v) (*(circulant_f32 *)(p) = (v))

// In every 128-bit lane: a0 b0 a1 b1, and a2 b2 a3 b3.
#define CIRCULANT_LOW32(a, b) \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define CIRCULANT_HIGH32(a, b) \
    __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
// In every 128-bit lane: a0 a1 b0 b1, and a2 a3 b2 b3.
#define CIRCULANT_LOW64(a, b) \
    __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define CIRCULANT_HIGH64(a, b) \
    __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
// In every 128-bit lane: a0 a2 b0 b2, and a1 a3 b1 b3.
#define CIRCULANT_EVEN32(a, b) \
    __builtin_shufflevector(a, b, 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30)
#define CIRCULANT_ODD32(a, b) \
    __builtin_shufflevector(a, b, 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31)
// Of the 128-bit lanes A, B: A0 A2 B0 B2, and A1 A3 B1 B3.
#define CIRCULANT_EVEN128(a, b) \
    __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
#define CIRCULANT_ODD128(a, b) \
    __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)
// Of the 128-bit lanes A, B: A0 A1 B0 B1, and A2 A3 B2 B3.
#define CIRCULANT_LOW256(a, b) \
    __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
#define CIRCULANT_HIGH256(a, b) \
    __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31)

// Four rows: lane L of result m holds column 4L + m.
#define CIRCULANT_FOUR(r0, r1, r2, r3, u0, u1, u2, u3) \
    do { \
        lanes_f32 low01 = CIRCULANT_LOW32(r0, r1), high01 = CIRCULANT_HIGH32(r0, r1); \
        lanes_f32 low23 = CIRCULANT_LOW32(r2, r3), high23 = CIRCULANT_HIGH32(r2, r3); \
        u0 = CIRCULANT_LOW64(low01, low23); \
        u1 = CIRCULANT_HIGH64(low01, low23); \
        u2 = CIRCULANT_LOW64(high01, high23); \
        u3 = CIRCULANT_HIGH64(high01, high23); \
    } while (0)

// Columns m, 4 + m, 8 + m and 12 + m from the four groups of rows.
#define CIRCULANT_COLUMNS(a, b, c, d, c0, c4, c8, c12) \
    do { \
        lanes_f32 even01 = CIRCULANT_EVEN128(a, b), odd01 = CIRCULANT_ODD128(a, b); \
        lanes_f32 even23 = CIRCULANT_EVEN128(c, d), odd23 = CIRCULANT_ODD128(c, d); \
        c0 = CIRCULANT_EVEN128(even01, even23); \
        c4 = CIRCULANT_EVEN128(odd01, odd23); \
        c8 = CIRCULANT_ODD128(even01, even23); \
        c12 = CIRCULANT_ODD128(odd01, odd23); \
    } while (0)

// v ← its transpose, sixteen rows of sixteen.
#define CIRCULANT_TRANSPOSE(v) \
    do { \
        lanes_f32 u0, u1, u2, u3, u4, u5, u6, u7, u8, u9, u10, u11, u12, u13, u14, u15; \
        CIRCULANT_FOUR(v[0], v[1], v[2], v[3], u0, u1, u2, u3); \
        CIRCULANT_FOUR(v[4], v[5], v[6], v[7], u4, u5, u6, u7); \
        CIRCULANT_FOUR(v[8], v[9], v[10], v[11], u8, u9, u10, u11); \
        CIRCULANT_FOUR(v[12], v[13], v[14], v[15], u12, u13, u14, u15); \
        CIRCULANT_COLUMNS(u0, u4, u8, u12, v[0], v[4], v[8], v[12]); \
        CIRCULANT_COLUMNS(u1, u5, u9, u13, v[1], v[5], v[9], v[13]); \
        CIRCULANT_COLUMNS(u2, u6, u10, u14, v[2], v[6], v[10], v[14]); \
        CIRCULANT_COLUMNS(u3, u7, u11, u15, v[3], v[7], v[11], v[15]); \
    } while (0)

/// Sixteen blocks, block after block at `from`, k floats apart, to vectors with one lane per block.
/// Of every block min(k, 16) values: value t goes to `to` + r(t) · k, where r reverses four bits,
/// which is row t of k in bit-reversed order where k ≤ 16, and for k > 16 the same once the caller
/// adds to `to` the row of the first of the sixteen. Reads sixteen floats from every block.
LANES_INLINE void circulant_blocks_to_lanes(const float *from, long k, float *to) {
    lanes_f32 v[16];
    v[0] = circulant_load(from);
    v[1] = circulant_load(from + k);
    v[2] = circulant_load(from + 2 * k);
    v[3] = circulant_load(from + 3 * k);
    v[4] = circulant_load(from + 4 * k);
    v[5] = circulant_load(from + 5 * k);
    v[6] = circulant_load(from + 6 * k);
    v[7] = circulant_load(from + 7 * k);
    v[8] = circulant_load(from + 8 * k);
    v[9] = circulant_load(from + 9 * k);
    v[10] = circulant_load(from + 10 * k);
    v[11] = circulant_load(from + 11 * k);
    v[12] = circulant_load(from + 12 * k);
    v[13] = circulant_load(from + 13 * k);
    v[14] = circulant_load(from + 14 * k);
    v[15] = circulant_load(from + 15 * k);
    CIRCULANT_TRANSPOSE(v);
    circulant_store(to, v[0]);
    circulant_store(to + 8 * k, v[1]);
    if (k == 2) return;
    circulant_store(to + 4 * k, v[2]);
    circulant_store(to + 12 * k, v[3]);
    if (k == 4) return;
    circulant_store(to + 2 * k, v[4]);
    circulant_store(to + 10 * k, v[5]);
    circulant_store(to + 6 * k, v[6]);
    circulant_store(to + 14 * k, v[7]);
    if (k == 8) return;
    circulant_store(to + k, v[8]);
    circulant_store(to + 9 * k, v[9]);
    circulant_store(to + 5 * k, v[10]);
    circulant_store(to + 13 * k, v[11]);
    circulant_store(to + 3 * k, v[12]);
    circulant_store(to + 11 * k, v[13]);
    circulant_store(to + 7 * k, v[14]);
    circulant_store(to + 15 * k, v[15]);
}

/// The way back: vectors in bit-reversed order at `from` to sixteen blocks at `to`. Writes
/// sixteen floats at every block, ascending, so that what is too much of one block is overwritten
/// by the next; the last leaves 16 − k of them behind its end where k < 16.
LANES_INLINE void circulant_lanes_to_blocks(const float *from, long k, float *to) {
    lanes_f32 v[16];
    lanes_f32 zero = {0};
    v[0] = circulant_load(from);
    v[1] = circulant_load(from + 8 * k);
    v[2] = k > 2 ? circulant_load(from + 4 * k) : zero;
    v[3] = k > 2 ? circulant_load(from + 12 * k) : zero;
    v[4] = k > 4 ? circulant_load(from + 2 * k) : zero;
    v[5] = k > 4 ? circulant_load(from + 10 * k) : zero;
    v[6] = k > 4 ? circulant_load(from + 6 * k) : zero;
    v[7] = k > 4 ? circulant_load(from + 14 * k) : zero;
    v[8] = k > 8 ? circulant_load(from + k) : zero;
    v[9] = k > 8 ? circulant_load(from + 9 * k) : zero;
    v[10] = k > 8 ? circulant_load(from + 5 * k) : zero;
    v[11] = k > 8 ? circulant_load(from + 13 * k) : zero;
    v[12] = k > 8 ? circulant_load(from + 3 * k) : zero;
    v[13] = k > 8 ? circulant_load(from + 11 * k) : zero;
    v[14] = k > 8 ? circulant_load(from + 7 * k) : zero;
    v[15] = k > 8 ? circulant_load(from + 15 * k) : zero;
    CIRCULANT_TRANSPOSE(v);
    circulant_store(to, v[0]);
    circulant_store(to + k, v[1]);
    circulant_store(to + 2 * k, v[2]);
    circulant_store(to + 3 * k, v[3]);
    circulant_store(to + 4 * k, v[4]);
    circulant_store(to + 5 * k, v[5]);
    circulant_store(to + 6 * k, v[6]);
    circulant_store(to + 7 * k, v[7]);
    circulant_store(to + 8 * k, v[8]);
    circulant_store(to + 9 * k, v[9]);
    circulant_store(to + 10 * k, v[10]);
    circulant_store(to + 11 * k, v[11]);
    circulant_store(to + 12 * k, v[12]);
    circulant_store(to + 13 * k, v[13]);
    circulant_store(to + 14 * k, v[14]);
    circulant_store(to + 15 * k, v[15]);
}

// Two vectors, each folded once: halves, quarters, pairs, single lanes.
#define CIRCULANT_FOLD256(a, b) (CIRCULANT_LOW256(a, b) + CIRCULANT_HIGH256(a, b))
#define CIRCULANT_FOLD128(a, b) (CIRCULANT_EVEN128(a, b) + CIRCULANT_ODD128(a, b))
#define CIRCULANT_FOLD64(a, b) (CIRCULANT_LOW64(a, b) + CIRCULANT_HIGH64(a, b))
#define CIRCULANT_FOLD32(a, b) (CIRCULANT_EVEN32(a, b) + CIRCULANT_ODD32(a, b))

// Four partial sums of each of the vectors n, n + 4, n + 8, n + 12 at v.
#define CIRCULANT_FOLD4(v, s) \
    do { \
        lanes_f32 a = circulant_load(v), b = circulant_load((v) + 64); \
        lanes_f32 c = circulant_load((v) + 128), d = circulant_load((v) + 192); \
        lanes_f32 ab = CIRCULANT_FOLD256(a, b), cd = CIRCULANT_FOLD256(c, d); \
        s = CIRCULANT_FOLD128(ab, cd); \
    } while (0)

/// to[n] = the sum by halves (16 → 8 → 4 → 2 → 1) of the vector at v + 16 n, n = 0 … 15.
LANES_INLINE void circulant_sums(const float *v, float *to) {
    lanes_f32 s0, s1, s2, s3;
    CIRCULANT_FOLD4(v, s0);
    CIRCULANT_FOLD4(v + 16, s1);
    CIRCULANT_FOLD4(v + 32, s2);
    CIRCULANT_FOLD4(v + 48, s3);
    lanes_f32 s01 = CIRCULANT_FOLD64(s0, s1), s23 = CIRCULANT_FOLD64(s2, s3);
    circulant_store(to, CIRCULANT_FOLD32(s01, s23));
}

/// −v in every lane, of zeros too (Swift's SIMD types subtract from zero). As an operand of a
/// fused multiply-add it costs nothing.
LANES_INLINE lanes_f32 circulant_negated(lanes_f32 v) { return -v; }

// Sixteen 16-bit numbers, worked on in 32 bits.

typedef int16_t circulant_i16 __attribute__((ext_vector_type(16), aligned(2), may_alias));

/// Sixteen numbers at any address, signs extended.
LANES_INLINE lanes_i32 circulant_widen(const int16_t *p) {
    return __builtin_convertvector(*(const circulant_i16 *)p, lanes_i32);
}

/// The low halves to any address.
LANES_INLINE void circulant_narrow(lanes_i32 v, int16_t *p) {
    *(circulant_i16 *)p = __builtin_convertvector(v, circulant_i16);
}

/// v held to ±32767.
LANES_INLINE lanes_i32 circulant_held(lanes_i32 v) {
    lanes_i32 limit = (lanes_i32)(32767);
    return __builtin_elementwise_max(__builtin_elementwise_min(v, limit), -limit);
}

/// −1 in lanes where a ≠ b, else 0.
LANES_INLINE lanes_i32 circulant_differs(lanes_i32 a, lanes_i32 b) { return a != b; }

typedef int64_t lanes_i64 __attribute__((ext_vector_type(16)));

/// The same numbers in 64 bits.
LANES_INLINE lanes_i64 circulant_widest(lanes_i32 v) {
    return __builtin_convertvector(v, lanes_i64);
}

/// to[l] = (sums[l] + 2^(n − 1)) · 2^−n, rounded down and held to ±32767, n ≥ 1; returns how many
/// it held.
LANES_INLINE long circulant_finish(lanes_i64 sums, int n, int16_t *to) {
    lanes_i64 limit = (lanes_i64)(32767);
    lanes_i64 rounded = (sums + (lanes_i64)(1LL << (n - 1))) >> (lanes_i64)(n);
    lanes_i64 held = __builtin_elementwise_max(__builtin_elementwise_min(rounded, limit), -limit);
    *(circulant_i16 *)to = __builtin_convertvector(held, circulant_i16);
    return -__builtin_reduce_add((lanes_i64)(held != rounded));
}

/// The sum of the lanes.
LANES_INLINE int64_t circulant_total(lanes_i64 v) { return __builtin_reduce_add(v); }
#endif
