// Where fixed point meets floats: values and errors cross over at the layers of neurons between
// junctions of different arithmetic.

import Arithmetic
import Junctions
import Kernels

extension Network {
    func prepareFixedTables(_ workspace: UnsafeMutableRawPointer) {}
    func truncate(_ b: LayerBoundary, to p: FixedPlace, _ w: UnsafeMutableRawPointer) {}
    func round(_ b: LayerBoundary, to p: FixedPlace, _ w: UnsafeMutableRawPointer) {}
    func widen(_ p: FixedPlace, to b: LayerBoundary, _ w: UnsafeMutableRawPointer) {}
    func roundErrors(_ b: LayerBoundary, to p: FixedPlace, _ w: UnsafeMutableRawPointer) {}
    func multiplyByFixedDerivative(
        _ p: FixedPlace, _ b: LayerBoundary, _ w: UnsafeMutableRawPointer
    ) {}
    func applyFixed(
        _ layer: NetworkLayer, _ p: FixedPlace, _ n: Int, _ w: UnsafeMutableRawPointer,
        _ k: KernelSet
    ) {}
    func backpropFixed(
        _ junction: FixedJunction, _ memory: JunctionMemory, _ layer: NetworkLayer, _ index: Int,
        _ rule: UpdateRule, _ generator: UnsafeMutablePointer<UInt64>,
        _ workspace: UnsafeMutableRawPointer, _ kernels: KernelSet
    ) {}
}
