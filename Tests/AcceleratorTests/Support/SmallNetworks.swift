// Networks and devices to lay out, without weights.

import Accelerator
import Arithmetic
import Junctions
import Testing

enum SmallNetworks {
    /// A network of these widths with one specification per junction.
    static func network(
        _ widths: [Int], _ specifications: [JunctionSpecification], inputBits: Int = 32,
        schedule: Schedule = .sequential, hasMomentum: Bool = false, hasTables: Bool = false
    ) throws -> DeviceNetwork {
        DeviceNetwork(
            junctions: try specifications.enumerated().map { index, specification in
                DeviceJunction(
                    specification,
                    try specification.junction(
                        inputs: widths[index], outputs: widths[index + 1]),
                    hasTable: hasTables)
            }, inputBits: inputBits, schedule: schedule, hasMomentum: hasMomentum)
    }

    static func fixed(_ width: Int, _ integerBits: Int) throws -> NumberArithmetic {
        .fixed(try #require(FixedFormat(width, integerBits, width - 1 - integerBits)))
    }

    /// The network of arXiv 1806.01087: 1024-64-32, out-degrees 4 and 16, 10 bits, 8-bit pixels.
    static func fpga(
        parallelism: [Int?] = [128, 32], schedule: Schedule = .pipeline
    ) throws -> DeviceNetwork {
        let arithmetic = try fixed(10, 2)
        return try network(
            [1024, 64, 32],
            zip([4, 16], parallelism).map { degree, z in
                JunctionSpecification(
                    structure: .clashFree(
                        InterleaverSettings(type: 2, parallelism: z), .outDegree(degree), seed: 7),
                    arithmetic: arithmetic)
            }, inputBits: 8, schedule: schedule, hasTables: true)
    }

    /// A device with every unit.
    static func device(
        processors: Int = 160, bits: Int = 1 << 40, memories: Int? = nil, wordBits: Int = 36,
        parallelism: DeviceParallelism = .auto, holdsSeeds: Bool = false, floatBits: Int = 32,
        masterBits: Int? = nil
    ) -> DeviceDescription {
        DeviceDescription(
            name: "test", title: "", source: "", clockHertz: 15e6,
            memory: DeviceMemory(
                capacityBits: bits, count: memories, widthBits: wordBits, holdsSeeds: holdsSeeds),
            arithmetic: DeviceArithmetic(
                fixedBits: 16, floatBits: floatBits, masterBits: masterBits),
            parallelism: parallelism, edgeProcessors: EdgeProcessors(count: processors),
            stochasticUnit: StochasticUnit(converters: 8, lanes: 4),
            transformUnits: TransformUnits(butterflies: 2, multipliers: 4),
            tensorArray: TensorArray(
                rows: 4, columns: 4, addClocks: 2, reductionLanes: 2, updateLanes: 2))
    }
}
