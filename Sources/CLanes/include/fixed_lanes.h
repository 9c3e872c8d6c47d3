// Lanes of 16-bit fixed-point numbers, and lists of edges. Included by lanes.h.
#ifndef MILLRACE_FIXED_LANES_H
#define MILLRACE_FIXED_LANES_H
#include "lanes.h"

typedef int16_t lanes_i16 __attribute__((ext_vector_type(32)));
typedef uint16_t lanes_u16 __attribute__((ext_vector_type(32)));

#pragma clang assume_nonnull begin
/// The edges of a junction as lists: up to fan_in edges per right neuron, in tables that lie elsewhere.
/// A table's blocks say where 32 of its entries point: bit b is set where one of them points into
/// 64b ..< 64b + 64. Bits of other blocks may be set too: where all words of a table have equally
/// many, the processor foresees the end of the loop over them. A word of blocks is 0 where it is of no use: a table over more than 4096
/// places, or so many blocks that picking entries one by one is faster.
typedef struct fixed_edges {
    /// Left neurons.
    intptr_t inputs;
    /// Right neurons.
    intptr_t outputs;
    /// Edges of the right neuron that has most; others have pads at the end of their rows.
    intptr_t fan_in;
    /// Entries from row to row of the weights and of `left`: fan_in rounded up to whole 32.
    intptr_t row_stride;
    /// [outputs][row_stride]: the left neuron of every edge; 0xFFFF in the pads.
    const uint16_t *left;
    /// One word for every 32 entries of `left`.
    const uint64_t *left_blocks;
    /// [outputs][inputs rounded up to whole 32]: which edge of the right neuron starts at a left
    /// neuron, 0xFFFF where none does. Null where that table would be big, or an edge is repeated.
    const uint16_t *_Nullable inverse;
    /// One word for every 32 entries of `inverse`; null with it.
    const uint64_t *_Nullable inverse_blocks;
} fixed_edges;

/// The same number in every lane.
LANES_INLINE lanes_i16 lanes_every_i16(int16_t value) { return (lanes_i16)value; }

/// Thirty-two numbers from `p`, any alignment.
LANES_INLINE lanes_i16 lanes_load_i16(const int16_t *p) {
    lanes_i16 r;
    __builtin_memcpy(&r, p, sizeof r);
    return r;
}

/// Thirty-two numbers to `p`, any alignment.
LANES_INLINE void lanes_store_i16(int16_t *p, lanes_i16 v) { __builtin_memcpy(p, &v, sizeof v); }

/// r[l] = (a[l] · b[l] + 2¹⁴) >> 15: the product of fractions of 15 bits, halves upwards. −1 · −1
/// does not occur.
LANES_INLINE lanes_i16 lanes_mulhrs(lanes_i16 a, lanes_i16 b) {
#if defined(__AVX512BW__)
    return (lanes_i16)_mm512_mulhrs_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    lanes_i16 r;
    for (int half = 0; half < 2; half++)
        ((__m256i *)&r)[half] =
            _mm256_mulhrs_epi16(((__m256i *)&a)[half], ((__m256i *)&b)[half]);
    return r;
#else
    lanes_i16 r;
    for (int l = 0; l < 32; l++) r[l] = (int16_t)((((int32_t)a[l] * b[l] >> 14) + 1) >> 1);
    return r;
#endif
}

/// r[l] = a[l] + b[l], saturated to 16 bits.
LANES_INLINE lanes_i16 lanes_adds(lanes_i16 a, lanes_i16 b) {
#if defined(__AVX512BW__)
    return (lanes_i16)_mm512_adds_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    lanes_i16 r;
    for (int half = 0; half < 2; half++)
        ((__m256i *)&r)[half] = _mm256_adds_epi16(((__m256i *)&a)[half], ((__m256i *)&b)[half]);
    return r;
#else
    lanes_i16 r;
    for (int l = 0; l < 32; l++) {
        int32_t sum = (int32_t)a[l] + b[l];
        r[l] = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
    }
    return r;
#endif
}

/// r[l] = v[l], but at least low and at most high.
LANES_INLINE lanes_i16 lanes_hold(lanes_i16 v, lanes_i16 low, lanes_i16 high) {
    return __builtin_elementwise_min(__builtin_elementwise_max(v, low), high);
}

/// In how many lanes a and b differ.
LANES_INLINE int32_t lanes_count_unequal(lanes_i16 a, lanes_i16 b) {
#if defined(__AVX512BW__)
    return __builtin_popcount(_mm512_cmpneq_epi16_mask((__m512i)a, (__m512i)b));
#elif defined(__AVX2__)
    int32_t equal = 0;
    for (int half = 0; half < 2; half++)
        equal += __builtin_popcount((unsigned)_mm256_movemask_epi8(
            _mm256_cmpeq_epi16(((__m256i *)&a)[half], ((__m256i *)&b)[half])));
    return 32 - equal / 2;
#else
    int32_t count = 0;
    for (int l = 0; l < 32; l++) count += a[l] != b[l];
    return count;
#endif
}

/// r[l] = v[2l] + v[2l + 1] in 32 bits.
LANES_INLINE lanes_i32 lanes_pair_sums(lanes_i16 v) {
#if defined(__AVX512BW__)
    return (lanes_i32)_mm512_madd_epi16((__m512i)v, _mm512_set1_epi16(1));
#elif defined(__AVX2__)
    lanes_i32 r;
    for (int half = 0; half < 2; half++)
        ((__m256i *)&r)[half] =
            _mm256_madd_epi16(((__m256i *)&v)[half], _mm256_set1_epi16(1));
    return r;
#else
    lanes_i32 r;
    for (int l = 0; l < 16; l++) r[l] = (int32_t)v[2 * l] + v[2 * l + 1];
    return r;
#endif
}

/// r[l] = a[l] | b[l]
LANES_INLINE lanes_i16 lanes_or_i16(lanes_i16 a, lanes_i16 b) { return a | b; }

/// r[l] = a[l] ^ b[l]
LANES_INLINE lanes_i16 lanes_xor_i16(lanes_i16 a, lanes_i16 b) { return a ^ b; }

/// Whether a and b have a set bit in common.
LANES_INLINE _Bool lanes_any_i16(lanes_i16 a, lanes_i16 b) {
#if defined(__AVX512BW__)
    return _mm512_test_epi16_mask((__m512i)a, (__m512i)b) != 0;
#elif defined(__AVX2__)
    lanes_i16 v = a & b;
    __m256i both = ((__m256i *)&v)[0] | ((__m256i *)&v)[1];
    return !_mm256_testz_si256(both, both);
#else
    int16_t any = 0;
    for (int l = 0; l < 32; l++) any |= a[l] & b[l];
    return any != 0;
#endif
}

#if defined(__AVX512BW__)
/// What lanes_gather does where `blocks` is of use. is_whole: the table is whole blocks.
LANES_INLINE __m512i lanes_gather_blocks(
    const int16_t *table, intptr_t padded_count, __m512i places, uint64_t blocks, _Bool is_whole) {
    __m512i block_of_place = _mm512_srli_epi16(places, 6);
    // Starts as the indices: what no block replaces is an index of nobody.
    __m512i r = places;
    do {
        intptr_t block = __builtin_ctzll(blocks);
        blocks &= blocks - 1;
        __mmask32 here =
            _mm512_cmpeq_epi16_mask(block_of_place, _mm512_set1_epi16((int16_t)block));
        const int16_t *first = table + block * 64;
        const int16_t *second = first + 32;
        // The last block may be half a block; nothing points into the other half.
        if (!is_whole && block * 64 + 32 >= padded_count) second = first;
        r = _mm512_mask2_permutex2var_epi16(
            _mm512_loadu_si512(first), r, here, _mm512_loadu_si512(second));
    } while (blocks != 0);
    return r;
}
#endif

/// r[l] = table[index[l]], or 0 where index[l] is 0xFFFF.
/// - table: `padded_count` numbers, a multiple of 32
/// - blocks: see fixed_edges; 0 picks entries one by one
LANES_INLINE lanes_i16 lanes_gather(
    const int16_t *table, intptr_t padded_count, const uint16_t *index, uint64_t blocks) {
#if defined(__AVX512BW__)
    if (blocks != 0) {
        __m512i places = _mm512_loadu_si512(index);
        __m512i r =
            (padded_count & 63) == 0
                ? lanes_gather_blocks(table, padded_count, places, blocks, 1)
                : lanes_gather_blocks(table, padded_count, places, blocks, 0);
        return (lanes_i16)_mm512_maskz_mov_epi16(
            _mm512_cmpneq_epi16_mask(places, _mm512_set1_epi16(-1)), r);
    }
#endif
    (void)padded_count;
    (void)blocks;
    int16_t picked[32];
    for (int l = 0; l < 32; l++) {
        // Nobody reads the first entry, for nothing: a branch would cost more.
        int16_t value = table[index[l] == 0xFFFF ? 0 : index[l]];
        picked[l] = index[l] == 0xFFFF ? 0 : value;
    }
    lanes_i16 r;
    __builtin_memcpy(&r, picked, sizeof r);
    return r;
}
#pragma clang assume_nonnull end
#endif
