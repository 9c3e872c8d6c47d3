// Vector instructions of the N:M kernels: choices by bits, order of magnitudes and packed indices.
// Every function means the same on every instruction set.
#ifndef MILLRACE_PRUNED_LANES_H
#define MILLRACE_PRUNED_LANES_H
#include "turn_lanes.h"

// Everything here is inlined: nothing is passed in registers that a processor may lack.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"

typedef uint8_t lanes_u8 __attribute__((ext_vector_type(16)));
typedef uint16_t lanes_u16_half __attribute__((ext_vector_type(16)));

#define LANES_BITS                                                                             \
    (lanes_i32)                                                                                \
    {                                                                                          \
        1, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 8, 1 << 9, 1 << 10,    \
            1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15                                        \
    }

/// r[l] = bit l of `bits` ? yes[l] : no[l]
LANES_INLINE lanes_f32 lanes_choose(uint16_t bits, lanes_f32 yes, lanes_f32 no) {
#if defined(__AVX512F__)
    return (lanes_f32)_mm512_mask_blend_ps(bits, (__m512)no, (__m512)yes);
#else
    lanes_i32 mask = (((lanes_i32)(int32_t)bits) & LANES_BITS) != (lanes_i32)(0);
    return (lanes_f32)((mask & (lanes_i32)yes) | (~mask & (lanes_i32)no));
#endif
}

/// Bit l is set where a[l] > b[l], as signed integers.
LANES_INLINE uint16_t lanes_greater_bits(lanes_i32 a, lanes_i32 b) {
#if defined(__AVX512F__)
    return _mm512_cmpgt_epi32_mask((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    lanes_i32 mask = a > b;
    return (uint16_t)(_mm256_movemask_ps((__m256)mask.lo)
                      | (_mm256_movemask_ps((__m256)mask.hi) << 8));
#else
    uint16_t bits = 0;
    for (int l = 0; l < 16; l++) bits |= (uint16_t)((a[l] > b[l]) << l);
    return bits;
#endif
}

/// Four floats at `p`, four times; any alignment.
LANES_INLINE lanes_f32 lanes_fours(const float *p) {
#if defined(__AVX512F__)
    return (lanes_f32)_mm512_broadcast_f32x4(_mm_loadu_ps(p));
#else
    typedef float lanes_four __attribute__((ext_vector_type(4)));
    lanes_four v;
    __builtin_memcpy(&v, p, sizeof v);
    return __builtin_shufflevector(v, v, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3);
#endif
}

/// Number `which` of each four lanes, 0 to 3 and a constant, in all four.
LANES_INLINE lanes_f32 lanes_of_four(lanes_f32 v, int which) {
    switch (which) {
    case 0:
        return __builtin_shufflevector(v, v, 0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12);
    case 1:
        return __builtin_shufflevector(v, v, 1, 1, 1, 1, 5, 5, 5, 5, 9, 9, 9, 9, 13, 13, 13, 13);
    case 2:
        return __builtin_shufflevector(
            v, v, 2, 2, 2, 2, 6, 6, 6, 6, 10, 10, 10, 10, 14, 14, 14, 14);
    default:
        return __builtin_shufflevector(
            v, v, 3, 3, 3, 3, 7, 7, 7, 7, 11, 11, 11, 11, 15, 15, 15, 15);
    }
}

/// r[l] = words[l] & bit ? yes[l] : no[l]. - bit: the same in all lanes
LANES_INLINE lanes_f32 lanes_where_bit(lanes_i32 words, lanes_i32 bit, lanes_f32 yes, lanes_f32 no) {
#if defined(__AVX512F__)
    return (lanes_f32)_mm512_mask_blend_ps(
        _mm512_test_epi32_mask((__m512i)words, (__m512i)bit), (__m512)no, (__m512)yes);
#else
    lanes_i32 mask = (words & bit) != (lanes_i32)(0);
    return (lanes_f32)((mask & (lanes_i32)yes) | (~mask & (lanes_i32)no));
#endif
}

/// r[l] = a[l] > b[l] ? words[l] | bit[l] : words[l]
LANES_INLINE lanes_i32 lanes_mark_greater(lanes_i32 a, lanes_i32 b, lanes_i32 words, lanes_i32 bit) {
#if defined(__AVX512F__)
    return (lanes_i32)_mm512_mask_or_epi32(
        (__m512i)words, _mm512_cmpgt_epi32_mask((__m512i)a, (__m512i)b), (__m512i)words,
        (__m512i)bit);
#else
    return words | ((a > b) & bit);
#endif
}

/// Whether any lanes differ.
LANES_INLINE uint16_t lanes_differ(lanes_i32 a, lanes_i32 b) {
    lanes_i32 difference = (a ^ b) & (lanes_i32)(0x7FFFFFFF);
    return lanes_greater_bits(difference, (lanes_i32)(0));
}

/// The larger of each pair of signed integers.
LANES_INLINE lanes_i32 lanes_larger(lanes_i32 a, lanes_i32 b) {
    return __builtin_elementwise_max(a, b);
}

/// The smaller of each pair of signed integers.
LANES_INLINE lanes_i32 lanes_smaller(lanes_i32 a, lanes_i32 b) {
    return __builtin_elementwise_min(a, b);
}

/// r[l] = a[l] > b[l] ? yes[l] : no[l]
LANES_INLINE lanes_i32 lanes_if_greater(lanes_i32 a, lanes_i32 b, lanes_i32 yes, lanes_i32 no) {
    lanes_i32 mask = a > b;
    return (mask & yes) | (~mask & no);
}

/// Each of 16 / group numbers at `p` in the lanes of its group; any alignment. - group: 4, 8 or 16
LANES_INLINE lanes_i32 lanes_of_groups(const int32_t *p, intptr_t group) {
    if (group == 16) return (lanes_i32)(*p);
#if defined(__AVX512F__)
    if (group == 8) {
        const __m512i index = _mm512_set_epi32(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
        int64_t pair;
        __builtin_memcpy(&pair, p, sizeof pair);
        return (lanes_i32)_mm512_permutexvar_epi32(index, _mm512_set1_epi64(pair));
    }
    const __m512i index = _mm512_set_epi32(3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0);
    __m512i fours = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)p));
    return (lanes_i32)_mm512_permutexvar_epi32(index, fours);
#else
    const uint16_t odd = group == 8 ? 0xFF00 : 0xF0F0;
    const intptr_t half = group == 8 ? 0 : 2;
    lanes_f32 low = lanes_choose(odd, (lanes_f32)(lanes_i32)(p[1]), (lanes_f32)(lanes_i32)(*p));
    lanes_f32 high =
        lanes_choose(odd, (lanes_f32)(lanes_i32)(p[half + 1]), (lanes_f32)(lanes_i32)(p[half]));
    return (lanes_i32)lanes_choose(0xFF00, high, low);
#endif
}

/// Magnitudes as integers in the same order: the bits without the sign.
LANES_INLINE lanes_i32 lanes_magnitude(lanes_f32 v) {
    return (lanes_i32)v & (lanes_i32)(0x7FFFFFFF);
}

/// Sixteen words of 8, 16 or 32 bits at `p`, widened; any alignment. - bytes: 1, 2 or 4
LANES_INLINE lanes_i32 lanes_load_words(const uint8_t *p, intptr_t bytes) {
    if (bytes == 1) {
        lanes_u8 v;
        __builtin_memcpy(&v, p, sizeof v);
        return __builtin_convertvector(v, lanes_i32);
    }
    if (bytes == 2) {
        lanes_u16_half v;
        __builtin_memcpy(&v, p, sizeof v);
        return __builtin_convertvector(v, lanes_i32);
    }
    lanes_i32 v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

/// The low 8, 16 or 32 bits of sixteen words to `p`; any alignment. - bytes: 1, 2 or 4
LANES_INLINE void lanes_store_words(lanes_i32 words, uint8_t *p, intptr_t bytes) {
    if (bytes == 1) {
        lanes_u8 v = __builtin_convertvector(words, lanes_u8);
        __builtin_memcpy(p, &v, sizeof v);
    } else if (bytes == 2) {
        lanes_u16_half v = __builtin_convertvector(words, lanes_u16_half);
        __builtin_memcpy(p, &v, sizeof v);
    } else {
        __builtin_memcpy(p, &words, sizeof words);
    }
}

#define LANES_UNROLL _Pragma("clang loop unroll(full)")

/// Sorts one more magnitude into the largest so far, `count` of them, the largest first.
LANES_INLINE void lanes_insert(lanes_i32 *largest, int count, lanes_i32 key) {
    LANES_UNROLL for (int t = 0; t < count; t++) {
        lanes_i32 larger = lanes_larger(largest[t], key);
        key = lanes_smaller(largest[t], key);
        largest[t] = larger;
    }
}

/// Two adjacent magnitudes, the larger and the smaller.
#define LANES_SORT_PAIR(p, high, low)                                                          \
    lanes_i32 high = lanes_larger(keys[p], keys[p + 1]);                                       \
    lanes_i32 low = lanes_smaller(keys[p], keys[p + 1])

/// The three largest of four magnitudes, the largest first: what two sorted pairs merge to.
LANES_INLINE void lanes_best_of_four(const lanes_i32 *keys, lanes_i32 *best) {
    LANES_SORT_PAIR(0, a, b);
    LANES_SORT_PAIR(2, c, d);
    lanes_i32 loser = lanes_smaller(a, c), second = lanes_larger(b, d);
    best[0] = lanes_larger(a, c);
    best[1] = lanes_larger(loser, second);
    best[2] = lanes_smaller(loser, second);
}
#undef LANES_SORT_PAIR

/// The smallest magnitude that is kept of a group, and the largest other.
LANES_INLINE void lanes_last_and_next(
    const lanes_i32 *keys, int kept, int group, lanes_i32 *last, lanes_i32 *next) {
    if (kept == 2 && group == 8) {
        // Of two sorted threes a and b: the second is the greatest of a1, b1 and min(a0, b0), the
        // third that of a2, b2, min(a0, b1) and min(a1, b0), except for what is second already.
        lanes_i32 a[3], b[3];
        lanes_best_of_four(keys, a);
        lanes_best_of_four(keys + 4, b);
        *last = lanes_larger(lanes_smaller(a[0], b[0]), lanes_larger(a[1], b[1]));
        lanes_i32 crossed =
            lanes_larger(lanes_smaller(a[0], b[1]), lanes_smaller(a[1], b[0]));
        *next = lanes_larger(crossed, lanes_larger(a[2], b[2]));
        return;
    }
    if (kept == 2 && group == 4) {
        lanes_i32 best[3];
        lanes_best_of_four(keys, best);
        *last = best[1];
        *next = best[2];
        return;
    }
    lanes_i32 largest[5];
    LANES_UNROLL for (int t = 0; t <= kept; t++) largest[t] = (lanes_i32)(-1);
    LANES_UNROLL for (int p = 0; p < group; p++) lanes_insert(largest, kept + 1, keys[p]);
    *last = largest[kept - 1];
    *next = largest[kept];
}

/// Which of `group` magnitudes are kept where some are equal: bits of lanes per position. Those
/// that are greater than the last that is kept, then those that equal it, the lower first.
LANES_INLINE void lanes_keep_first(
    const lanes_i32 *keys, int group, int kept, lanes_i32 last, uint16_t *bits) {
    lanes_i32 taken = (lanes_i32)(0);
    LANES_UNROLL for (int p = 0; p < group; p++) taken -= keys[p] > last;
    LANES_UNROLL for (int p = 0; p < group; p++) {
        lanes_i32 ties = (keys[p] == last) & (taken < (lanes_i32)(kept));
        taken -= ties;
        bits[p] = lanes_greater_bits(keys[p], last) | lanes_greater_bits((lanes_i32)(0), ties);
    }
}

/// Selects in sixteen lanes at once: `kept` of each `group` of the sixteen positions v[p].
/// - bits: which lanes keep position p. - thresholds: [16 / group][16]
/// - values: [16 kept / group][16], slots ascending by position. - words: their packed positions
LANES_INLINE void lanes_select(
    const lanes_f32 *v, int kept, int group, uint16_t *bits, int32_t *thresholds, float *values,
    lanes_i32 *words) {
    *words = (lanes_i32)(0);
    LANES_UNROLL for (int g = 0; g < 16 / group; g++) {
        lanes_i32 keys[16], last, next;
        LANES_UNROLL for (int p = 0; p < group; p++) keys[p] = lanes_magnitude(v[g * group + p]);
        lanes_last_and_next(keys, kept, group, &last, &next);
        lanes_i32 threshold = next + ((last - next) >> 1);
        if (thresholds) __builtin_memcpy(thresholds + g * 16, &threshold, 64);
        if (lanes_greater_bits(last, next) == 0xFFFF) {
            LANES_UNROLL for (int p = 0; p < group; p++)
                bits[g * group + p] = lanes_greater_bits(keys[p], threshold);
        } else {
            lanes_keep_first(keys, group, kept, last, bits + g * group);
        }
        if (!values) continue;
        if (kept == 2) {
            // The first that is kept is the last to be written going down, the second going up;
            // at the ends nothing is asked, since two are kept.
            const lanes_f32 *own = v + g * group;
            const uint16_t *lanes = bits + g * group;
            lanes_f32 first = own[group - 2], second = own[1];
            lanes_i32 low = (lanes_i32)(g * group + group - 2);
            lanes_i32 high = (lanes_i32)((g * group + 1) << 4);
            LANES_UNROLL for (int p = group - 3; p >= 0; p--) {
                first = lanes_choose(lanes[p], own[p], first);
                low = (lanes_i32)lanes_choose(
                    lanes[p], (lanes_f32)(lanes_i32)(g * group + p), (lanes_f32)low);
            }
            LANES_UNROLL for (int p = 2; p < group; p++) {
                second = lanes_choose(lanes[p], own[p], second);
                high = (lanes_i32)lanes_choose(
                    lanes[p], (lanes_f32)(lanes_i32)((g * group + p) << 4), (lanes_f32)high);
            }
            __builtin_memcpy(values + g * 32, &first, 64);
            __builtin_memcpy(values + g * 32 + 16, &second, 64);
            *words |= (low | high) << (8 * g);
            continue;
        }
        // Each that is kept is pushed in at the end: the first of them ends in front.
        lanes_f32 slots[4];
        lanes_i32 word = (lanes_i32)(0);
        LANES_UNROLL for (int t = 0; t < kept; t++) slots[t] = (lanes_f32)(0);
        LANES_UNROLL for (int p = 0; p < group; p++) {
            uint16_t lanes = bits[g * group + p];
            LANES_UNROLL for (int t = 0; t < kept - 1; t++)
                slots[t] = lanes_choose(lanes, slots[t + 1], slots[t]);
            slots[kept - 1] = lanes_choose(lanes, v[g * group + p], slots[kept - 1]);
            lanes_i32 pushed = (word >> 4) | (lanes_i32)((g * group + p) << (4 * (kept - 1)));
            word = (lanes_i32)lanes_choose(lanes, (lanes_f32)pushed, (lanes_f32)word);
        }
        LANES_UNROLL for (int t = 0; t < kept; t++)
            __builtin_memcpy(values + (g * kept + t) * 16, &slots[t], 64);
        *words |= word << (4 * kept * g);
    }
}

/// One tile of the forward view: lanes are rows, positions columns. See `PrunedKernels`.
/// - w: the tile's corner. - rows: 1 to 16. - columns: those that are not padding
LANES_INLINE void lanes_select_forward(
    const float *w, intptr_t stride, intptr_t rows, intptr_t columns, int kept, int group,
    float *values, uint8_t *indices, uint16_t *masks, int32_t *thresholds) {
    lanes_f32 v[16];
    lanes_i32 words;
    uint16_t bits[16];
    lanes_i32 own[4];
    lanes_transpose(w, stride, rows, (float *)v);
    lanes_select(v, kept, group, bits, thresholds ? (int32_t *)own : 0, values, &words);
    if (thresholds) lanes_store_turned(own, 16 / group, thresholds);
    lanes_store_words(words, indices, 8 * kept / group);
    if (!masks) return;
    uint16_t real = rows >= 16 ? 0xFFFF : (uint16_t)((1 << rows) - 1);
    LANES_UNROLL for (int p = 0; p < 16; p++) masks[p] = p < columns ? bits[p] & real : 0;
}

/// One tile of the backward view: lanes are columns, positions rows.
LANES_INLINE void lanes_select_backward(
    const float *w, intptr_t stride, intptr_t rows, intptr_t columns, int kept, int group,
    uint16_t *masks, int32_t *thresholds, float *values, uint8_t *indices) {
    lanes_f32 v[16];
    lanes_i32 words;
    uint16_t bits[16];
    if (rows >= 16) {
        LANES_UNROLL for (int r = 0; r < 16; r++) __builtin_memcpy(&v[r], w + r * stride, 64);
    } else {
        LANES_UNROLL for (int r = 0; r < 16; r++) {
            if (r < rows) __builtin_memcpy(&v[r], w + r * stride, 64);
            else v[r] = (lanes_f32)(0);
        }
    }
    lanes_select(v, kept, group, bits, thresholds, values, &words);
    if (values) lanes_store_words(words, indices, 8 * kept / group);
    lanes_i32 column_bits = (lanes_i32)(0);
    LANES_UNROLL for (int r = 0; r < 16; r++) {
        lanes_i32 with = column_bits | (lanes_i32)(1 << r);
        column_bits = (lanes_i32)lanes_choose(bits[r], (lanes_f32)with, (lanes_f32)column_bits);
    }
    if (rows < 16) column_bits &= (lanes_i32)((1 << rows) - 1);
    lanes_u16_half narrow = __builtin_convertvector(column_bits, lanes_u16_half);
    __builtin_memcpy(masks, &narrow, sizeof narrow);
    for (intptr_t c = columns < 0 ? 0 : columns; c < 16; c++) masks[c] = 0;
}
#undef LANES_UNROLL
#pragma clang diagnostic pop
#endif
