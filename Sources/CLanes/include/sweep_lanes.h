// Lanes of 16-bit numbers within clusters of eight, and the edges of a junction in sweeps. Included
// by lanes.h.
//
// A cluster is eight neighbouring lanes, 128 bits: what every x86 processor permutes by bytes in
// one instruction. Transpositions are shuffles that the compiler knows, the same on every one.
#ifndef MILLRACE_SWEEP_LANES_H
#define MILLRACE_SWEEP_LANES_H
#include "fixed_lanes.h"

typedef int32_t lanes_d32 __attribute__((ext_vector_type(16)));
typedef int64_t lanes_q64 __attribute__((ext_vector_type(8)));

#pragma clang diagnostic push
// Everything is inlined: how vectors would be passed does not matter.
#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang assume_nonnull begin
/// The edges of a clash-free junction of types 2, 3 or zeros, without a list.
///
/// Left neurons lie in columns · rows memories: neuron i in row i div columns of column i mod
/// columns. A sweep reads each of them once, in `rows` clocks; clock r of sweep s reads row
/// (φ[s][c] + r) mod rows of column c. Edge (s, r, c) ends at right neuron
/// ((s · rows + r) · groups + c div (columns / groups)) div clocks.
///
/// Both weights and left neurons are kept in clusters of 8 words, 8 / rows columns of `rows`
/// numbers each. Cluster l of vector k of block b (32 columns, so `rows` vectors) has the columns
/// 32b + 8l + k · (8 / rows) + q, q < 8 / rows. Of left neurons, word row · (8 / rows) + q is row
/// `row` of column q ("arranged"). Of weights, word q · rows + r is the edge of clock r. What
/// leads from the one to the other is a permutation of the cluster's bytes.
typedef struct fixed_sweeps {
    /// Left neurons: rows · columns.
    intptr_t inputs;
    /// Right neurons: sweeps · rows · groups / clocks.
    intptr_t outputs;
    /// Clocks of a sweep: 1, 2, 4 or 8.
    intptr_t rows;
    /// Sweeps.
    intptr_t sweeps;
    /// Right neurons that a clock serves, a power of two; columns / groups is a multiple of 32.
    intptr_t groups;
    /// Clocks that a right neuron takes; 1 unless groups is 1.
    intptr_t clocks;
    /// [sweeps][inputs / 32][64]: the byte of arranged left neurons that each byte of the edges
    /// comes from, in its cluster.
    const uint8_t *turns;
    /// The same the other way: from edges to arranged left neurons. Null where nobody learns.
    const uint8_t *_Nullable returns;
    /// [sweeps · groups][8], padded to 32 with 0xFFFF: the right neuron of each word of a cluster.
    const uint16_t *neurons;
    /// One word for every 32 entries of `neurons`, as in fixed_edges.
    const uint64_t *neuron_blocks;
    /// [outputs], padded to 32 with 0xFFFF: where the neuron's sum is among those of FF, which lie
    /// [sweeps / 4, rounded up][groups][4 sweeps][8 words]. Only used where clocks is 1.
    const uint16_t *places;
    /// One word for every 32 entries of `places`.
    const uint64_t *place_blocks;
} fixed_sweeps;

/// r's bytes = v's bytes at `bytes`, 0 to 15, in every cluster by itself.
LANES_INLINE lanes_i16 lanes_turn(lanes_i16 v, const uint8_t *bytes) {
#if defined(__AVX512BW__)
    return (lanes_i16)_mm512_shuffle_epi8((__m512i)v, _mm512_loadu_si512(bytes));
#elif defined(__AVX2__)
    lanes_i16 r;
    for (int half = 0; half < 2; half++)
        ((__m256i *)&r)[half] = _mm256_shuffle_epi8(
            ((__m256i *)&v)[half], _mm256_loadu_si256((const __m256i *)(bytes + 32 * half)));
    return r;
#else
    // Bytes come in pairs, the two of a number.
    int16_t from[32], to[32];
    __builtin_memcpy(from, &v, sizeof v);
    for (int l = 0; l < 32; l++) to[l] = from[(l & ~7) + (bytes[2 * l] >> 1)];
    lanes_i16 r;
    __builtin_memcpy(&r, to, sizeof r);
    return r;
#endif
}

/// The eight numbers at `p` in every cluster.
LANES_INLINE lanes_i16 lanes_every_cluster(const int16_t *p) {
    int64_t q __attribute__((ext_vector_type(2)));
    __builtin_memcpy(&q, p, sizeof q);
    return (lanes_i16)__builtin_shufflevector(q, q, 0, 1, 0, 1, 0, 1, 0, 1);
}

/// Bit l is set where cluster l has a number that is not 0.
LANES_INLINE uint32_t lanes_busy_clusters(lanes_i16 v) {
#if defined(__AVX512BW__)
    uint32_t halves = _mm512_test_epi64_mask((__m512i)v, (__m512i)v);
#else
    lanes_q64 q = (lanes_q64)v;
    uint32_t halves = 0;
    for (int l = 0; l < 8; l++) halves |= (uint32_t)(q[l] != 0) << l;
#endif
    uint32_t both = (halves | halves >> 1) & 0x55;
    both = (both | both >> 1) & 0x33;
    return (both | both >> 2) & 0x0F;
}

/// Whether `v` has a bit of `bits` in some lane.
LANES_INLINE _Bool lanes_touch(lanes_i16 v, int16_t bits) {
    return lanes_any_i16(v, lanes_every_i16(bits));
}

/// |v|; −2¹⁵ stays.
LANES_INLINE lanes_i16 lanes_magnitude_i16(lanes_i16 v) {
    lanes_i16 sign = v >> 15;
    return (v ^ sign) - sign;
}

/// v[l] · 2^−shift towards −∞, shift 0 to 15.
LANES_INLINE lanes_i16 lanes_shift_i16(lanes_i16 v, int32_t shift) {
#if defined(__AVX512BW__)
    return (lanes_i16)_mm512_sra_epi16((__m512i)v, _mm_cvtsi32_si128(shift));
#else
    return v >> (lanes_i16)(int16_t)shift;
#endif
}

/// ⌊v[l] · 2^−shift⌋ of numbers without a sign, shift 0 to 15.
LANES_INLINE lanes_i16 lanes_shift_unsigned(lanes_i16 v, int32_t shift) {
#if defined(__AVX512BW__)
    return (lanes_i16)_mm512_srl_epi16((__m512i)v, _mm_cvtsi32_si128(shift));
#else
    return (lanes_i16)((lanes_u16)v >> (lanes_u16)(uint16_t)shift);
#endif
}

/// v[l] · 2^−shift, halves upwards, shift 1 to 15.
LANES_INLINE lanes_i16 lanes_shift_half_up(lanes_i16 v, int32_t shift) {
    // (half + 1) >> 1 could overflow.
    lanes_i16 half = lanes_shift_i16(v, shift - 1);
    return (half >> 1) + (half & 1);
}

/// The words at even places, in 32 bits.
LANES_INLINE lanes_i32 lanes_even_words(lanes_i16 v) { return (lanes_i32)v << 16 >> 16; }

/// The words at odd places, in 32 bits.
LANES_INLINE lanes_i32 lanes_odd_words(lanes_i16 v) { return (lanes_i32)v >> 16; }

/// Which blocks of 64 places, of 16, numbers from 0 to 1023 are in, as `lanes_gather` takes them;
/// 0 where it has no use for them.
LANES_INLINE uint64_t lanes_blocks_of(lanes_i16 v) {
#if defined(__AVX512BW__)
    __m512i one = _mm512_sllv_epi16(_mm512_set1_epi16(1), _mm512_srli_epi16((__m512i)v, 6));
    uint32_t pairs = (uint32_t)_mm512_reduce_or_epi32(one);
    return (pairs | pairs >> 16) & 0xFFFF;
#else
    (void)v;
    return 0;
#endif
}

/// r[l] = v[l] where bits[l] is not 0, else 0.
LANES_INLINE lanes_i16 lanes_where_set(lanes_i16 bits, lanes_i16 v) {
    return (lanes_i16)(bits != (lanes_i16)(int16_t)0) & v;
}

/// Cluster i is the sum of the clusters of the i-th vector.
LANES_INLINE lanes_i16 lanes_cluster_sums(lanes_i16 a, lanes_i16 b, lanes_i16 c, lanes_i16 d) {
#define LANES_PICK(x, y, i, j, k, l)                                                               \
    (lanes_i16) __builtin_shufflevector(                                                           \
        (lanes_q64)x, (lanes_q64)y, 2 * i, 2 * i + 1, 2 * j, 2 * j + 1, 2 * k, 2 * k + 1, 2 * l,   \
        2 * l + 1)
    lanes_i16 ab = LANES_PICK(a, b, 0, 1, 4, 5) + LANES_PICK(a, b, 2, 3, 6, 7);
    lanes_i16 cd = LANES_PICK(c, d, 0, 1, 4, 5) + LANES_PICK(c, d, 2, 3, 6, 7);
    return LANES_PICK(ab, cd, 0, 2, 4, 6) + LANES_PICK(ab, cd, 1, 3, 5, 7);
#undef LANES_PICK
}

/// In every cluster, words become sums of all words that are a multiple of `rows` from them.
LANES_INLINE lanes_i16 lanes_column_sums(lanes_i16 v, intptr_t rows) {
    if (rows <= 4)
        v += (lanes_i16)__builtin_shufflevector(
            (lanes_q64)v, (lanes_q64)v, 1, 0, 3, 2, 5, 4, 7, 6);
    if (rows <= 2)
        v += (lanes_i16)__builtin_shufflevector(
            (lanes_d32)v, (lanes_d32)v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    if (rows == 1) {
        lanes_d32 d = (lanes_d32)v;
        v += (lanes_i16)((d << 16) | ((d >> 16) & 0xFFFF));
    }
    return v;
}

#define LANES_LOW16(a, b)                                                                          \
    __builtin_shufflevector(                                                                       \
        a, b, 0, 32, 1, 33, 2, 34, 3, 35, 8, 40, 9, 41, 10, 42, 11, 43, 16, 48, 17, 49, 18, 50,    \
        19, 51, 24, 56, 25, 57, 26, 58, 27, 59)
#define LANES_HIGH16(a, b)                                                                         \
    __builtin_shufflevector(                                                                       \
        a, b, 4, 36, 5, 37, 6, 38, 7, 39, 12, 44, 13, 45, 14, 46, 15, 47, 20, 52, 21, 53, 22, 54,  \
        23, 55, 28, 60, 29, 61, 30, 62, 31, 63)
#define LANES_LOW32(a, b)                                                                          \
    (lanes_i16) __builtin_shufflevector(                                                           \
        (lanes_d32)a, (lanes_d32)b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define LANES_HIGH32(a, b)                                                                         \
    (lanes_i16) __builtin_shufflevector(                                                           \
        (lanes_d32)a, (lanes_d32)b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define LANES_LOW64(a, b)                                                                          \
    (lanes_i16) __builtin_shufflevector((lanes_q64)a, (lanes_q64)b, 0, 8, 2, 10, 4, 12, 6, 14)
#define LANES_HIGH64(a, b)                                                                         \
    (lanes_i16) __builtin_shufflevector((lanes_q64)a, (lanes_q64)b, 1, 9, 3, 11, 5, 13, 7, 15)

/// Transposes `rows` vectors cluster by cluster, in units of 8 / rows words, times `factor`: unit u
/// of vector r becomes unit r of vector u. Its own inverse.
/// - from, to: vector r at r · from_stride, vector u at u · to_stride
/// Returns the bits that numbers have, before the factor.
LANES_INLINE lanes_i16 lanes_transpose_clusters(
    const int16_t *from, intptr_t from_stride, int16_t *to, intptr_t to_stride, intptr_t rows,
    int16_t factor) {
    lanes_i16 v[8], t[8], bits = (lanes_i16)(int16_t)0;
#define LANES_TAKE(count)                                                                          \
    for (int r = 0; r < count; r++) {                                                              \
        v[r] = lanes_load_i16(from + r * from_stride);                                             \
        bits |= v[r];                                                                              \
        v[r] *= (lanes_i16)factor;                                                                 \
    }
    switch (rows) {
    case 1:
        LANES_TAKE(1)
        lanes_store_i16(to, v[0]);
        break;
    case 2:
        LANES_TAKE(2)
        lanes_store_i16(to, LANES_LOW64(v[0], v[1]));
        lanes_store_i16(to + to_stride, LANES_HIGH64(v[0], v[1]));
        break;
    case 4:
        LANES_TAKE(4)
        t[0] = LANES_LOW32(v[0], v[1]);
        t[1] = LANES_HIGH32(v[0], v[1]);
        t[2] = LANES_LOW32(v[2], v[3]);
        t[3] = LANES_HIGH32(v[2], v[3]);
        for (int half = 0; half < 2; half++) {
            lanes_store_i16(to + 2 * half * to_stride, LANES_LOW64(t[half], t[half + 2]));
            lanes_store_i16(to + (2 * half + 1) * to_stride, LANES_HIGH64(t[half], t[half + 2]));
        }
        break;
    default:
        LANES_TAKE(8)
        for (int pair = 0; pair < 4; pair++) {
            t[pair] = LANES_LOW16(v[2 * pair], v[2 * pair + 1]);
            t[pair + 4] = LANES_HIGH16(v[2 * pair], v[2 * pair + 1]);
        }
        for (int half = 0; half < 2; half++) {
            // Four words of four columns each, from rows 0 to 3 and 4 to 7.
            lanes_i16 *s = t + 4 * half;
            lanes_i16 low[2] = {LANES_LOW32(s[0], s[1]), LANES_LOW32(s[2], s[3])};
            lanes_i16 high[2] = {LANES_HIGH32(s[0], s[1]), LANES_HIGH32(s[2], s[3])};
            int16_t *u = to + 4 * half * to_stride;
            lanes_store_i16(u, LANES_LOW64(low[0], low[1]));
            lanes_store_i16(u + to_stride, LANES_HIGH64(low[0], low[1]));
            lanes_store_i16(u + 2 * to_stride, LANES_LOW64(high[0], high[1]));
            lanes_store_i16(u + 3 * to_stride, LANES_HIGH64(high[0], high[1]));
        }
    }
#undef LANES_TAKE
    return bits;
}

/// Thirty-two unsigned bytes from `p`, as numbers.
LANES_INLINE lanes_i16 lanes_widen_bytes(const void *p) {
    uint8_t bytes __attribute__((ext_vector_type(32)));
    __builtin_memcpy(&bytes, p, sizeof bytes);
    return (lanes_i16)__builtin_convertvector(bytes, lanes_u16);
}

/// r[l] = (v[l] · 2⁸ · factor) >> 16, unsigned, for v of 8 bits.
LANES_INLINE lanes_i16 lanes_scale_bytes(lanes_i16 v, uint16_t factor) {
    lanes_u16 shifted = (lanes_u16)v << 8;
#if defined(__AVX512BW__)
    return (lanes_i16)_mm512_mulhi_epu16((__m512i)shifted, _mm512_set1_epi16((int16_t)factor));
#elif defined(__AVX2__)
    lanes_i16 r;
    for (int half = 0; half < 2; half++)
        ((__m256i *)&r)[half] = _mm256_mulhi_epu16(
            ((__m256i *)&shifted)[half], _mm256_set1_epi16((int16_t)factor));
    return r;
#else
    lanes_i16 r;
    for (int l = 0; l < 32; l++) r[l] = (int16_t)(((uint32_t)shifted[l] * factor) >> 16);
    return r;
#endif
}
#pragma clang assume_nonnull end
#pragma clang diagnostic pop
#endif
