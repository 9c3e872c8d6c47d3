// What the lane-aligned kernels ask of sixteen lanes: rows read and written through a shift of
// lanes, l xor s. A word's lowest four bits are s; the two above them are zero.
#ifndef MILLRACE_LANEALIGNED_LANES_H
#define MILLRACE_LANEALIGNED_LANES_H
// Any header of this folder may be the first.
#include "lanes.h"

#if defined(__AVX512F__)
/// l xor s in every lane l; permutations look at the lowest four bits alone.
LANES_INLINE __m512i lanes_shift(uint32_t word) {
    const __m512i own = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_xor_si512(own, _mm512_set1_epi32((int)word));
}
#elif defined(__AVX2__)
/// The same for half of the lanes; which half, says bit 3 of s.
LANES_INLINE __m256i lanes_shift(uint32_t word) {
    const __m256i own = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_xor_si256(own, _mm256_set1_epi32((int)word));
}
#endif

/// r[l] = v[l xor s], v being what lies at `row`: registers where they are shifted in one step,
/// memory where it is the other half's address that shifts.
LANES_INLINE lanes_f32 lanes_shifted(lanes_f32 v, const float *row, uint32_t word) {
#if defined(__AVX512F__)
    (void)row;
    return (lanes_f32)_mm512_permutexvar_ps(lanes_shift(word), (__m512)v);
#elif defined(__AVX2__)
    (void)v;
    lanes_f32 r;
    __m256i shift = lanes_shift(word);
    ((__m256 *)&r)[0] = _mm256_permutevar8x32_ps(_mm256_loadu_ps(row + (word & 8)), shift);
    ((__m256 *)&r)[1] = _mm256_permutevar8x32_ps(_mm256_loadu_ps(row + (~word & 8)), shift);
    return r;
#else
    (void)row;
    lanes_f32 r;
    for (uint32_t l = 0; l < 16; l++) r[l] = v[l ^ (word & 15)];
    return r;
#endif
}

/// Whether sixteen lanes are one register, shifted in one step: then what many blocks add to one
/// row is gathered in it. A constant.
LANES_INLINE _Bool lanes_are_one_register(void) {
#if defined(__AVX512F__)
    return 1;
#else
    return 0;
#endif
}

/// row[l xor s] += v[l]
LANES_INLINE void lanes_add_to_shifted_row(float *row, uint32_t word, lanes_f32 v) {
#if defined(__AVX512F__)
    __m512 sum = _mm512_add_ps(
        _mm512_loadu_ps(row), _mm512_permutexvar_ps(lanes_shift(word), (__m512)v));
    _mm512_storeu_ps(row, sum);
#elif defined(__AVX2__)
    __m256i shift = lanes_shift(word);
    float *low = row + (word & 8), *high = row + (~word & 8);
    __m256 first = _mm256_permutevar8x32_ps(((__m256 *)&v)[0], shift);
    __m256 second = _mm256_permutevar8x32_ps(((__m256 *)&v)[1], shift);
    _mm256_storeu_ps(low, _mm256_add_ps(_mm256_loadu_ps(low), first));
    _mm256_storeu_ps(high, _mm256_add_ps(_mm256_loadu_ps(high), second));
#else
    for (uint32_t l = 0; l < 16; l++) row[l ^ (word & 15)] += v[l];
#endif
}

/// Whether any lane is not zero; −0 is zero, NaN is not.
LANES_INLINE _Bool lanes_any(lanes_f32 v) {
#if defined(__AVX512F__)
    return _mm512_cmp_ps_mask((__m512)v, _mm512_setzero_ps(), _CMP_NEQ_UQ) != 0;
#elif defined(__AVX2__)
    __m256 low = _mm256_cmp_ps(((__m256 *)&v)[0], _mm256_setzero_ps(), _CMP_NEQ_UQ);
    __m256 high = _mm256_cmp_ps(((__m256 *)&v)[1], _mm256_setzero_ps(), _CMP_NEQ_UQ);
    return _mm256_movemask_ps(_mm256_or_ps(low, high)) != 0;
#else
    for (int l = 0; l < 16; l++) {
        if (v[l] != 0) return 1;
    }
    return 0;
#endif
}
#endif
