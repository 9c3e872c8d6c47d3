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

/// One of 65 entries for each lane: r[l] = e[index[l] mod 128] for e = (first, second, third,
/// fourth, full), where all of `full` is entry 64 (and whatever is above).
LANES_INLINE lanes_f32 lanes_permute65(
    lanes_f32 first, lanes_f32 second, lanes_f32 third, lanes_f32 fourth, lanes_f32 full,
    lanes_i32 index) {
#if defined(__AVX512F__)
    __m512i i = (__m512i)index;
    __m512 below = _mm512_permutex2var_ps((__m512)first, i, (__m512)second);
    __m512 above = _mm512_permutex2var_ps((__m512)third, i, (__m512)fourth);
    below = _mm512_mask_mov_ps(below, _mm512_test_epi32_mask(i, _mm512_set1_epi32(32)), above);
    return (lanes_f32)_mm512_mask_mov_ps(
        below, _mm512_test_epi32_mask(i, _mm512_set1_epi32(64)), (__m512)full);
#elif defined(__AVX2__)
    lanes_f32 r;
    for (int half = 0; half < 2; half++) {
        __m256i i = ((__m256i *)&index)[half];
        __m256 bit3 = (__m256)_mm256_slli_epi32(i, 28), bit4 = (__m256)_mm256_slli_epi32(i, 27);
        __m256 bit5 = (__m256)_mm256_slli_epi32(i, 26), bit6 = (__m256)_mm256_slli_epi32(i, 25);
        __m256 found[4];
        for (int part = 0; part < 4; part++) {
            const __m256 *p = (const __m256 *)(part < 2 ? part ? &second : &first
                                                        : part == 3 ? &fourth : &third);
            found[part] = _mm256_blendv_ps(
                _mm256_permutevar8x32_ps(p[0], i), _mm256_permutevar8x32_ps(p[1], i), bit3);
        }
        __m256 below = _mm256_blendv_ps(found[0], found[1], bit4);
        __m256 above = _mm256_blendv_ps(found[2], found[3], bit4);
        ((__m256 *)&r)[half] = _mm256_blendv_ps(
            _mm256_blendv_ps(below, above, bit5), ((__m256 *)&full)[half], bit6);
    }
    return r;
#else
    lanes_f32 r;
    for (int l = 0; l < 16; l++) {
        int i = index[l] & 127;
        r[l] = i >= 64 ? full[l] : (i & 32 ? (i & 16 ? fourth : third)
                                           : (i & 16 ? second : first))[i & 15];
    }
    return r;
#endif
}

/// r[l] = v[l] with its sign changed where signs[l] is negative and v[l] is not 0
LANES_INLINE lanes_f32 lanes_flip_nonzero(lanes_f32 v, lanes_i32 signs) {
#if defined(__AVX512F__)
    __m512i bits = (__m512i)v;
    __mmask16 nonzero = _mm512_test_epi32_mask(bits, _mm512_set1_epi32(0x7FFFFFFF));
    __m512i flip = _mm512_and_si512((__m512i)signs, _mm512_set1_epi32(INT32_MIN));
    return (lanes_f32)_mm512_mask_xor_epi32(bits, nonzero, bits, flip);
#else
    // Twice the magnitude and its negation: one of the two is negative where it is not 0.
    lanes_i32 bits = (lanes_i32)v, twice = bits + bits;
    return (lanes_f32)(bits ^ ((twice | -twice) & signs & INT32_MIN));
#endif
}

/// How many bits are set in each lane.
LANES_INLINE lanes_i32 lanes_popcount(lanes_i32 v) {
    typedef uint32_t words __attribute__((ext_vector_type(16)));
    words w = (words)v;
    w = w - ((w >> 1) & 0x55555555u);
    w = (w & 0x33333333u) + ((w >> 2) & 0x33333333u);
    w = (w + (w >> 4)) & 0x0F0F0F0Fu;
    w = w + (w >> 8);
    return (lanes_i32)((w + (w >> 16)) & 127u);
}

/// Small integers (below 2^24) as floats.
LANES_INLINE lanes_f32 lanes_to_float(lanes_i32 v) {
    return __builtin_convertvector(v, lanes_f32);
}
#endif
