// Tables of edges for junctions that many positions share. Included by lanes.h.
#ifndef MILLRACE_SHARED_LANES_H
#define MILLRACE_SHARED_LANES_H
#include "lanes.h"

#pragma clang assume_nonnull begin
/// The edges of a junction, neuron by neuron of one side.
typedef struct shared_edges {
    /// Neurons of this side.
    intptr_t rows;
    /// The first edge of every row, and the number of edges: rows + 1 entries.
    const uint32_t *starts;
    /// The neuron of the other side of every edge.
    const uint32_t *others;
    /// Where the weight of every edge lies.
    const uint32_t *weights;
} shared_edges;
#pragma clang assume_nonnull end
#endif
