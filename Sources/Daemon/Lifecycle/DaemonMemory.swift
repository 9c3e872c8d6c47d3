// Every piece of memory of the daemon, handed out once from the arena.

import Accelerator
import WeightStore

/// Where everything lies.
struct DaemonMemory {
    let sections: SectionPair
    let ring: UnsafeMutableRawBufferPointer
    let workspace: UnsafeMutableRawPointer
    let records: UnsafeMutableRawPointer
    let network: NetworkMemory
    let guardian: UnsafeMutableRawPointer

    /// Reserves every line of the plan.
    init(plan: DaemonPlan, settings: DaemonSettings, arena: Arena) {
        func reserve(_ bytes: Int, _ owner: String) -> UnsafeMutableRawBufferPointer {
            arena.reserve(max(bytes, 64), owner: owner, alignment: 4096)
        }
        func base(_ bytes: Int, _ owner: String) -> UnsafeMutableRawPointer {
            guard let base = reserve(bytes, owner).baseAddress else {
                preconditionFailure("a reservation has an address")
            }
            return base
        }
        sections = SectionPair(
            learner: base(plan.layout.section.byteCount, "learner section"),
            learnerLayout: plan.layout.section,
            stream: base(plan.streamLayout.section.byteCount, "stream section"),
            streamLayout: plan.streamLayout)
        ring = reserve(plan.geometry.memoryBytes, "generation ring")
        workspace = base(plan.layout.workspaceBytes, "activations")
        records = base(plan.recordCapacity * plan.recordShape.recordBytes, "sample queue")
        guardian = base(DaemonPlan.guardBytes(plan.layout), "guard")
        let frameBytes = DaemonPlan.frameBytes(settings, plan.schema)
        network = NetworkMemory(
            receive: reserve(frameBytes, "frames"), send: reserve(frameBytes, "frames"),
            predictor: base(plan.layout.predictorWorkspaceBytes, "activations"),
            outputs: base(DaemonPlan.outputBytes(plan.schema), "activations")
                .assumingMemoryBound(to: Float.self),
            staging: base(plan.layout.section.byteCount, "restore staging"))
    }
}
