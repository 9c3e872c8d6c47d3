// Vector instructions that Swift's SIMD types do not name. Every function is inlined into its
// caller and compiled for the caller's instruction set; each means the same on every one.
#ifndef MILLRACE_LANES_H
#define MILLRACE_LANES_H
#include <stdint.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef float lanes_f32 __attribute__((ext_vector_type(16)));
typedef int32_t lanes_i32 __attribute__((ext_vector_type(16)));

#define LANES_INLINE static inline __attribute__((always_inline))

/// r[l] = v[index[l] mod 16]
LANES_INLINE lanes_f32 lanes_permute(lanes_f32 v, lanes_i32 index) {
#if defined(__AVX512F__)
    return (lanes_f32)_mm512_permutexvar_ps((__m512i)index, (__m512)v);
#elif defined(__AVX2__)
    __m256 low = ((__m256 *)&v)[0], high = ((__m256 *)&v)[1];
    lanes_f32 r;
    for (int half = 0; half < 2; half++) {
        __m256i i = ((__m256i *)&index)[half];
        // Bit 3 of an index chooses the half: moved to the sign, where blendv looks.
        ((__m256 *)&r)[half] = _mm256_blendv_ps(
            _mm256_permutevar8x32_ps(low, i), _mm256_permutevar8x32_ps(high, i),
            (__m256)_mm256_slli_epi32(i, 28));
    }
    return r;
#else
    lanes_f32 r;
    for (int l = 0; l < 16; l++) r[l] = v[index[l] & 15];
    return r;
#endif
}

typedef float lanes_f32x8 __attribute__((ext_vector_type(8)));

/// The sums of eight vectors, each by halves: 16 → 8 → 4 → 2 → 1 lanes (l + l + half).
LANES_INLINE lanes_f32x8 lanes_sums_of_eight(
    lanes_f32 a, lanes_f32 b, lanes_f32 c, lanes_f32 d, lanes_f32 e, lanes_f32 f, lanes_f32 g,
    lanes_f32 h) {
#define LANES_FOLD(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#define LANES_EIGHTS(a, b)                                                                     \
    (LANES_FOLD(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)                  \
        + LANES_FOLD(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
#define LANES_QUARTERS(a, b)                                                                   \
    (LANES_FOLD(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)                \
        + LANES_FOLD(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31))
#define LANES_PAIRS(a, b)                                                                      \
    (LANES_FOLD(a, b, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29)                \
        + LANES_FOLD(a, b, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31))
    lanes_f32 abcd = LANES_QUARTERS(LANES_EIGHTS(a, b), LANES_EIGHTS(c, d));
    lanes_f32 efgh = LANES_QUARTERS(LANES_EIGHTS(e, f), LANES_EIGHTS(g, h));
    lanes_f32 pairs = LANES_PAIRS(abcd, efgh);
    return LANES_FOLD(pairs, pairs, 0, 2, 4, 6, 8, 10, 12, 14)
        + LANES_FOLD(pairs, pairs, 1, 3, 5, 7, 9, 11, 13, 15);
#undef LANES_FOLD
#undef LANES_EIGHTS
#undef LANES_QUARTERS
#undef LANES_PAIRS
}

#include "lanealigned_lanes.h"
#include "circulant_lanes.h"
#include "stochastic_lanes.h"
#include "edge_lanes.h"
#include "pruned_lanes.h"
#include "fixed_lanes.h"
#include "sweep_lanes.h"
#include "turn_lanes.h"
#include "shared_lanes.h"
#endif
