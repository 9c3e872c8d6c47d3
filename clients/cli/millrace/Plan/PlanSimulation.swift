// The plan against the slow simulator, which counts what the plan computes.

import Accelerator

/// What stepping the device said.
struct PlanSimulation: Encodable {
    /// Whether clocks, stalls, clashes and every action are those of the plan; null where no
    /// junction was stepped.
    let agrees: Nullable<Bool>
    /// Junctions that were stepped; what a tensor array works is taken from the plan.
    let stepped: [Int]
    /// Clocks from one learned sample to the next, counted.
    let clocksPerSample: Int
    /// Where both differ, one line each.
    let differences: [String]
    /// All requests beyond a memory's ports.
    let clashes: Int
    /// The first of each operation, in words.
    let firstClashes: [String]

    init(_ network: DeviceNetwork, _ plan: DevicePlan) {
        // So many samples fill the pipeline.
        let run = DeviceSimulation(network, plan: plan)
            .run(samples: 2 * network.junctions.count + 2, clashLimit: 4)
        stepped = plan.junctions.indices.filter { plan.junctions[$0].unit != .tensorArray }
        clocksPerSample = run.clocksPerSample
        var differences = plan.junctions.indices.flatMap { index in
            Operation.allCases.flatMap { operation in
                Self.differences(
                    "\(plan.names[index]), \(operation.rawValue)",
                    plan.junctions[index][operation] ?? OperationCost(),
                    run.junctions[index][operation] ?? OperationCost())
            }
        }
        if run.clocksPerSample != plan.clocksPerSample {
            differences.append(
                "clocks per sample: \(plan.clocksPerSample) planned, \(run.clocksPerSample) stepped"
            )
        }
        self.differences = differences
        agrees = Nullable(stepped.isEmpty ? nil : differences.isEmpty)
        clashes = run.junctions.flatMap(PlanReport.operations).reduce(0) { $0 + $1.clashes }
        firstClashes = run.clashes.map(\.description)
    }

    private static func differences(
        _ place: String, _ planned: OperationCost, _ stepped: OperationCost
    ) -> [String] {
        let pairs = [
            ("clocks", planned.clocks, stepped.clocks),
            ("stall clocks", planned.stallClocks, stepped.stallClocks),
            ("clashes", planned.clashes, stepped.clashes),
            ("accesses", planned.actions.accesses, stepped.actions.accesses),
        ]
        var lines = pairs.filter { $0.1 != $0.2 }.map {
            "\(place): \($0.1) \($0.0) planned, \($0.2) stepped"
        }
        if lines.isEmpty, planned.actions != stepped.actions {
            lines.append("\(place): other actions are planned than stepped")
        }
        return lines
    }
}
