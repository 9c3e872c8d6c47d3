// Turning over: a tile, a part of a matrix between arrays of any row stride, a few vectors.
#ifndef MILLRACE_TURN_LANES_H
#define MILLRACE_TURN_LANES_H

// Everything here is inlined: nothing is passed in registers that a processor may lack.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"

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

#define LANES_ZIP_LOW(a, b)                                                                    \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define LANES_ZIP_HIGH(a, b)                                                                   \
    __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

/// Turned over: to[count l + g] = v[g][l]. - count: 1, 2 or 4
LANES_INLINE void lanes_store_turned(lanes_i32 *v, int count, int32_t *to) {
    lanes_i32 low = LANES_ZIP_LOW(v[0], v[count / 2]), high = LANES_ZIP_HIGH(v[0], v[count / 2]);
    if (count == 1) {
        __builtin_memcpy(to, v, 64);
    } else if (count == 2) {
        __builtin_memcpy(to, &low, 64);
        __builtin_memcpy(to + 16, &high, 64);
    } else {
        lanes_i32 odd_low = LANES_ZIP_LOW(v[1], v[3]), odd_high = LANES_ZIP_HIGH(v[1], v[3]);
        lanes_i32 all[4] = {LANES_ZIP_LOW(low, odd_low), LANES_ZIP_HIGH(low, odd_low),
            LANES_ZIP_LOW(high, odd_high), LANES_ZIP_HIGH(high, odd_high)};
        __builtin_memcpy(to, all, sizeof all);
    }
}
#undef LANES_ZIP_LOW
#undef LANES_ZIP_HIGH

/// to[c to_stride + r] = from[r stride + c] for r < rows and c < columns, and 0 for the rest of
/// r < 16. - rows, columns: 1 to 16. Reads sixteen columns.
LANES_INLINE void lanes_turn_part(
    const float *from, intptr_t stride, intptr_t rows, float *to, intptr_t to_stride,
    intptr_t columns) {
    float tile[256];
    lanes_transpose(from, stride, rows, tile);
    for (intptr_t c = 0; c < columns; c++)
        __builtin_memcpy(to + c * to_stride, tile + 16 * c, 64);
}
#pragma clang diagnostic pop
#endif
