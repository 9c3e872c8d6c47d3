// Vector instructions of the N:M kernels: choices by bits, order of magnitudes, packed indices
// and the transposition of a tile. Every function means the same on every instruction set.
#ifndef MILLRACE_PRUNED_LANES_H
#define MILLRACE_PRUNED_LANES_H

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

#define LANES_PAIRS_LOW(a, b)                                                                  \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define LANES_PAIRS_HIGH(a, b)                                                                 \
    __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define LANES_TWOS_LOW(a, b)                                                                   \
    __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define LANES_TWOS_HIGH(a, b)                                                                  \
    __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
#define LANES_FOURS_EVEN(a, b)                                                                 \
    __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
#define LANES_FOURS_ODD(a, b)                                                                  \
    __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)

/// A tile turned over: to[16 c + r] = from[r stride + c] for r < rows and c < 16, and 0 for the
/// rest of r < 16. - to: 256 floats, not overlapping
LANES_INLINE void lanes_transpose(const float *from, intptr_t stride, intptr_t rows, float *to) {
    lanes_f32 a[16], b[16];
    if (rows >= 16) {
        for (int r = 0; r < 16; r++) __builtin_memcpy(&a[r], from + r * stride, 64);
    } else {
        for (int r = 0; r < 16; r++) {
            if (r < rows) __builtin_memcpy(&a[r], from + r * stride, 64);
            else a[r] = (lanes_f32)(0);
        }
    }
    for (int q = 0; q < 16; q += 4) {
        lanes_f32 ab = LANES_PAIRS_LOW(a[q], a[q + 1]), cd = LANES_PAIRS_LOW(a[q + 2], a[q + 3]);
        lanes_f32 AB = LANES_PAIRS_HIGH(a[q], a[q + 1]);
        lanes_f32 CD = LANES_PAIRS_HIGH(a[q + 2], a[q + 3]);
        b[q] = LANES_TWOS_LOW(ab, cd);
        b[q + 1] = LANES_TWOS_HIGH(ab, cd);
        b[q + 2] = LANES_TWOS_LOW(AB, CD);
        b[q + 3] = LANES_TWOS_HIGH(AB, CD);
    }
    // Of b[4 p + q], four lanes f hold rows 4 p ... 4 p + 3 of column 4 f + q.
    for (int q = 0; q < 4; q++) {
        lanes_f32 even0 = LANES_FOURS_EVEN(b[q], b[q + 4]);
        lanes_f32 odd0 = LANES_FOURS_ODD(b[q], b[q + 4]);
        lanes_f32 even1 = LANES_FOURS_EVEN(b[q + 8], b[q + 12]);
        lanes_f32 odd1 = LANES_FOURS_ODD(b[q + 8], b[q + 12]);
        lanes_f32 columns[4] = {LANES_FOURS_EVEN(even0, even1), LANES_FOURS_EVEN(odd0, odd1),
            LANES_FOURS_ODD(even0, even1), LANES_FOURS_ODD(odd0, odd1)};
        for (int f = 0; f < 4; f++) __builtin_memcpy(to + 16 * (4 * f + q), &columns[f], 64);
    }
}
#endif
