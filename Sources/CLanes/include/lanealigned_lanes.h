// What the lane-aligned kernels ask of sixteen lanes beside `lanes_permute`.
#ifndef MILLRACE_LANEALIGNED_LANES_H
#define MILLRACE_LANEALIGNED_LANES_H
// Every header of this folder can come first.
#include "lanes.h"

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
