// Vectors over listed edges: gathers, scatters, the first lanes of a vector, and sums of four
// vectors at once. lanes.h includes this file, which has its types from there.
#ifndef MILLRACE_EDGE_LANES_H
#define MILLRACE_EDGE_LANES_H
#include "lanes.h"

typedef float edge_f32x4 __attribute__((ext_vector_type(4)));

/// r[l] = x[index[l]]
LANES_INLINE lanes_f32 edge_gather(const float *x, const uint32_t *index) {
    lanes_f32 r;
#if defined(__AVX512F__)
    r = (lanes_f32)_mm512_i32gather_ps(_mm512_loadu_si512(index), x, 4);
#else
    for (int l = 0; l < 16; l++) r[l] = x[index[l]];
#endif
    return r;
}

/// x[index[l]] = v[l]; the indices differ
LANES_INLINE void edge_scatter(float *x, const uint32_t *index, lanes_f32 v) {
#if defined(__AVX512F__)
    _mm512_i32scatter_ps(x, _mm512_loadu_si512(index), (__m512)v, 4);
#else
    for (int l = 0; l < 16; l++) x[index[l]] = v[l];
#endif
}

/// Lanes 0 ..< count of p, zero in the others; reads nothing else. count: 0 to 15
LANES_INLINE lanes_f32 edge_load_first(const float *p, intptr_t count) {
#if defined(__AVX512F__)
    return (lanes_f32)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
#else
    lanes_f32 r = 0;
    for (int l = 0; l < count; l++) ((float *)&r)[l] = p[l];
    return r;
#endif
}

/// Writes lanes 0 ..< count of v, nothing else. count: 0 to 15
LANES_INLINE void edge_store_first(float *p, intptr_t count, lanes_f32 v) {
#if defined(__AVX512F__)
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)v);
#else
    for (int l = 0; l < count; l++) p[l] = ((float *)&v)[l];
#endif
}

/// r[l] = x[index[l]] for l < count, zero in the others; reads nothing else. count: 0 to 15
LANES_INLINE lanes_f32 edge_gather_first(const float *x, const uint32_t *index, intptr_t count) {
#if defined(__AVX512F__)
    __mmask16 mask = (__mmask16)((1u << count) - 1);
    return (lanes_f32)_mm512_mask_i32gather_ps(
        _mm512_setzero_ps(), mask, _mm512_maskz_loadu_epi32(mask, index), x, 4);
#else
    lanes_f32 r = 0;
    for (int l = 0; l < count; l++) ((float *)&r)[l] = x[index[l]];
    return r;
#endif
}

/// x[index[l]] = v[l] for l < count; the indices differ. count: 0 to 15
LANES_INLINE void edge_scatter_first(
    float *x, const uint32_t *index, intptr_t count, lanes_f32 v) {
#if defined(__AVX512F__)
    __mmask16 mask = (__mmask16)((1u << count) - 1);
    _mm512_mask_i32scatter_ps(
        x, mask, _mm512_maskz_loadu_epi32(mask, index), (__m512)v, 4);
#else
    for (int l = 0; l < count; l++) x[index[l]] = ((float *)&v)[l];
#endif
}

/// The sums of four vectors, each by halves: 16 → 8 (l + l+8), 8 → 4, 4 → 2, 2 → 1.
LANES_INLINE edge_f32x4 edge_sums(lanes_f32 a, lanes_f32 b, lanes_f32 c, lanes_f32 d) {
    typedef lanes_f32 v;
    v ab = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
        + __builtin_shufflevector(
              a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    v cd = __builtin_shufflevector(c, d, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
        + __builtin_shufflevector(
              c, d, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    v fours = __builtin_shufflevector(
                  ab, cd, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
        + __builtin_shufflevector(
              ab, cd, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    v twos = fours
        + __builtin_shufflevector(
              fours, fours, 2, 3, 2, 3, 6, 7, 6, 7, 10, 11, 10, 11, 14, 15, 14, 15);
    v ones = twos
        + __builtin_shufflevector(
              twos, twos, 1, 1, 1, 1, 5, 5, 5, 5, 9, 9, 9, 9, 13, 13, 13, 13);
    return __builtin_shufflevector(ones, ones, 0, 4, 8, 12);
}

/// r[l] = v[index[l] mod 16], with indices of one byte
LANES_INLINE lanes_f32 edge_permute(lanes_f32 v, const uint8_t *index) {
#if defined(__AVX512F__)
    __m512i wide = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)index));
    return (lanes_f32)_mm512_permutexvar_ps(wide, (__m512)v);
#elif defined(__AVX2__)
    __m256 low = ((__m256 *)&v)[0], high = ((__m256 *)&v)[1];
    lanes_f32 r;
    for (int half = 0; half < 2; half++) {
        __m256i i = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(index + 8 * half)));
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

/// x[index[l]] += v[l], one after another; the indices may repeat
LANES_INLINE void edge_add_in_order(float *x, const uint32_t *index, lanes_f32 v) {
    for (int l = 0; l < 16; l++) x[index[l]] += v[l];
}

/// Bit l is set where p[l] is not zero, l < count; reads nothing else. count: 0 to 16
LANES_INLINE uint32_t edge_nonzero(const float *p, intptr_t count) {
#if defined(__AVX512F__)
    __mmask16 mask = (__mmask16)((1u << count) - 1);
    return _mm512_mask_cmp_ps_mask(
        mask, _mm512_maskz_loadu_ps(mask, p), _mm512_setzero_ps(), _CMP_NEQ_UQ);
#else
    uint32_t bits = 0;
    for (int l = 0; l < count; l++) bits |= (uint32_t)(p[l] != 0) << l;
    return bits;
#endif
}

/// Pairs of neighbours: r[2l] = x[2 index[l]], r[2l + 1] = x[2 index[l] + 1], l < 8
LANES_INLINE lanes_f32 edge_gather_pairs(const float *x, const uint32_t *index) {
    lanes_f32 r;
#if defined(__AVX512F__)
    r = (lanes_f32)_mm512_i32gather_pd(_mm256_loadu_si256((const __m256i *)index), x, 8);
#else
    for (int l = 0; l < 8; l++) {
        const float *pair = x + 2 * (uintptr_t)index[l];
        r[2 * l] = pair[0];
        r[2 * l + 1] = pair[1];
    }
#endif
    return r;
}

/// x[2 index[l] + 1] = v[l]; the indices differ
LANES_INLINE void edge_scatter_seconds(float *x, const uint32_t *index, lanes_f32 v) {
#if defined(__AVX512F__)
    _mm512_i32scatter_ps(x + 1, _mm512_loadu_si512(index), (__m512)v, 8);
#else
    for (int l = 0; l < 16; l++) x[2 * (uintptr_t)index[l] + 1] = v[l];
#endif
}

/// A block of 16 × 16: to[c · toStride + r] = from[r · fromStride + c]. Four times, rows r and
/// r + 8 are shuffled into rows 2r and 2r + 1, which turns the eight bits of an address by one.
LANES_INLINE void edge_transpose(
    const float *from, intptr_t fromStride, float *to, intptr_t toStride) {
    lanes_f32 a[16], b[16];
    for (int r = 0; r < 16; r++) __builtin_memcpy(&a[r], from + r * fromStride, 64);
    for (int turn = 0; turn < 4; turn++) {
        for (int r = 0; r < 8; r++) {
            b[2 * r] = __builtin_shufflevector(
                a[r], a[r + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            b[2 * r + 1] = __builtin_shufflevector(
                a[r], a[r + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        }
        for (int r = 0; r < 16; r++) a[r] = b[r];
    }
    for (int r = 0; r < 16; r++) __builtin_memcpy(to + r * toStride, &a[r], 64);
}
#endif
