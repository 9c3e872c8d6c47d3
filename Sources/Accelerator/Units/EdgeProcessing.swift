// Edge processors.

import Junctions

/// What edge processors do for a junction.
struct EdgeProcessing {
    let processors: EdgeProcessors
    let device: DeviceDescription

    init(_ processors: EdgeProcessors, _ device: DeviceDescription) {
        self.processors = processors
        self.device = device
    }

    func cost(
        _ junction: DeviceJunction, schedule: Schedule, parallelism: Int, isFirst: Bool
    ) -> JunctionCost {
        let clocks = (junction.weightCount + parallelism - 1) / parallelism
        return JunctionCost(
            unit: .edgeProcessors, parallelism: parallelism,
            overheadClocks: processors.overheadClocks + processors.processClocks,
            feedforward: OperationCost(clocks: clocks), backprop: OperationCost(clocks: clocks),
            update: OperationCost(clocks: clocks), updatesDuringBackprop: true)
    }
}
