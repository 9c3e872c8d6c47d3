// A part of a matrix turned over, between arrays of any row stride.
#ifndef MILLRACE_TURN_LANES_H
#define MILLRACE_TURN_LANES_H
#include "pruned_lanes.h"

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
#endif
