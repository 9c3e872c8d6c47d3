// What one row of W may add, in registers, and how sixteen codes choose from it.
//
// Legend as in StochasticKernelSet.swift; *width*: 16, 32 or 65, how many ranks a line has room for.
// It is a literal wherever it is given, so that nothing asks for it where it counts.

import CLanes

/// What one row adds at each rank of a left neuron; −0 where it adds nothing, which changes no
/// weight. Parts beyond the width are not looked at.
struct StochasticLine {
    /// Ranks 0 to 15, 16 to 31, 32 to 47, 48 to 63.
    var first, second, third, fourth: Lanes
    /// Rank 64, in every lane.
    var full: Lanes

    /// The line of a row with this code: the rank chooses it, the sign turns it over.
    @_transparent
    init(_ table: UnsafePointer<Float>, _ code: Int32, width: Int) {
        let stride = width == 65 ? 80 : width
        let line = table + Int(truncatingIfNeeded: code & 127) &* stride
        let signs = SIMD16<Int32>(repeating: code)
        first = lanes_flip_nonzero(load(line, 0), signs)
        second = width > 16 ? lanes_flip_nonzero(load(line, 16), signs) : Lanes.zero
        third = width > 32 ? lanes_flip_nonzero(load(line, 32), signs) : Lanes.zero
        fourth = width > 32 ? lanes_flip_nonzero(load(line, 48), signs) : Lanes.zero
        full = width > 32 ? lanes_flip_nonzero(every(line[64]), signs) : Lanes.zero
    }

    /// What sixteen weights are to add, by the codes of their left neurons.
    @_transparent
    func addend(_ codes: SIMD16<Int32>, width: Int) -> Lanes {
        if width == 16 { return lanes_flip_nonzero(lanes_permute(first, codes), codes) }
        if width == 32 {
            return lanes_flip_nonzero(lanes_permute2(first, second, codes), codes)
        }
        return lanes_flip_nonzero(
            lanes_permute65(first, second, third, fourth, full, codes), codes)
    }
}

/// Sixteen codes from `codes + i`; any alignment.
@_transparent
func loadCodes(_ codes: UnsafePointer<Int32>, _ i: Int) -> SIMD16<Int32> {
    UnsafeRawPointer(codes + i).loadUnaligned(as: SIMD16<Int32>.self)
}
