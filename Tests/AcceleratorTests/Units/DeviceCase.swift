// Devices and networks that the tests of units and of the simulation share.

import Accelerator
import Arithmetic
import Junctions

/// What tests put on a device.
enum DeviceCase {
    /// A device with every unit of the simulation, in memories that hold anything.
    static func device(
        processClocks: Int = 0, readPorts: Int = 1, writePorts: Int = 1,
        stochastic: StochasticUnit? = nil,
        transform: TransformUnits? = nil
    ) -> DeviceDescription {
        DeviceDescription(
            name: "test", title: "a device of tests", source: "none", clockHertz: 15e6,
            memory: DeviceMemory(
                capacityBits: 1 << 40, widthBits: 16, readPorts: readPorts,
                writePorts: writePorts),
            arithmetic: DeviceArithmetic(fixedBits: 16, floatBits: 32),
            edgeProcessors: EdgeProcessors(count: 1 << 20, processClocks: processClocks),
            stochasticUnit: stochastic, transformUnits: transform)
    }

    /// (10,2,7)
    static var tenBits: NumberArithmetic { fixed(10, 2, 7) }
    /// (16,4,11)
    static var sixteenBits: NumberArithmetic { fixed(16, 4, 11) }

    private static func fixed(_ width: Int, _ integer: Int, _ fraction: Int) -> NumberArithmetic {
        guard let format = FixedFormat(width, integer, fraction) else {
            preconditionFailure("a format")
        }
        return .fixed(format)
    }

    /// A junction; nil where its structure is impossible.
    static func junction(
        _ structure: WeightStructure, _ inputs: Int, _ outputs: Int,
        _ arithmetic: NumberArithmetic = tenBits, increment: Increment = .exact,
        hasTable: Bool = true
    ) -> DeviceJunction? {
        let specification = JunctionSpecification(
            structure: structure, increment: increment, arithmetic: arithmetic)
        guard let made = try? specification.junction(inputs: inputs, outputs: outputs) else {
            return nil
        }
        return DeviceJunction(specification, made, hasTable: hasTable)
    }

    /// 1024-64-32 with out-degrees 4 and 16 and 128 and 32 edges per clock.
    static func fpga(_ schedule: Schedule) -> DeviceNetwork {
        let settings = [(4, 128, 1024, 64), (16, 32, 64, 32)]
        return DeviceNetwork(
            junctions: settings.compactMap { degree, z, inputs, outputs in
                junction(
                    .clashFree(
                        InterleaverSettings(type: 2, parallelism: z), .outDegree(degree),
                        seed: 1),
                    inputs, outputs)
            },
            inputBits: 8, schedule: schedule, hasMomentum: false)
    }

    /// The plan of a network at given z.
    static func plan(
        _ network: DeviceNetwork, _ z: [Int], _ device: DeviceDescription = device()
    ) throws -> DevicePlan {
        try DevicePlan(network, on: device, parallelism: z)
    }
}
