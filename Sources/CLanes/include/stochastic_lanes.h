// Lanes for the stochastic outer product: looking up 32 floats at once, and counting bits.
#ifndef MILLRACE_STOCHASTIC_LANES_H
#define MILLRACE_STOCHASTIC_LANES_H

/// r[l] = low[index[l] mod 16] where bit 4 of index[l] is 0, else high[index[l] mod 16]
LANES_INLINE lanes_f32 lanes_permute2(lanes_f32 low, lanes_f32 high, lanes_i32 index) {
#if defined(__AVX512F__)
    return (lanes_f32)_mm512_permutex2var_ps((__m512)low, (__m512i)index, (__m512)high);
#elif defined(__AVX2__)
    lanes_f32 r;
    for (int half = 0; half < 2; half++) {
        __m256i i = ((__m256i *)&index)[half];
        // Bits 3 and 4 of an index, each moved to the sign, where blendv looks.
        __m256 bit3 = (__m256)_mm256_slli_epi32(i, 28), bit4 = (__m256)_mm256_slli_epi32(i, 27);
        __m256 first = _mm256_blendv_ps(
            _mm256_permutevar8x32_ps(((__m256 *)&low)[0], i),
            _mm256_permutevar8x32_ps(((__m256 *)&low)[1], i), bit3);
        __m256 second = _mm256_blendv_ps(
            _mm256_permutevar8x32_ps(((__m256 *)&high)[0], i),
            _mm256_permutevar8x32_ps(((__m256 *)&high)[1], i), bit3);
        ((__m256 *)&r)[half] = _mm256_blendv_ps(first, second, bit4);
    }
    return r;
#else
    lanes_f32 r;
    for (int l = 0; l < 16; l++) r[l] = (index[l] & 16 ? high : low)[index[l] & 15];
    return r;
#endif
}
#endif
