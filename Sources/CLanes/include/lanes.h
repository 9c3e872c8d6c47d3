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

#include "lanealigned_lanes.h"
#include "circulant_lanes.h"
#include "stochastic_lanes.h"
#include "edge_lanes.h"
#include "turn_lanes.h"
#include "pruned_lanes.h"
#include "fixed_lanes.h"
#include "sweep_lanes.h"
#include "shared_lanes.h"
#endif
