// A network that does not fit is refused with the table and with what would fit, and that fits.

import Accelerator
import Arithmetic
import Junctions
import Testing

@Suite struct DeviceAdviceTests {
    typealias Small = SmallNetworks

    private func shortage(
        _ network: DeviceNetwork, _ device: DeviceDescription
    ) throws -> (DeviceMemoryMap, String) {
        do throws(DeviceError) {
            _ = try DevicePlan(network, on: device)
        } catch {
            if case .memoryShort(let map, let advice) = error { return (map, advice) }
            throw error
        }
        throw Unexpected()
    }

    private struct Unexpected: Error {}

    @Test func fitsToTheBitAndNotOneBitLess() throws {
        let network = try Small.fpga()
        #expect(try DevicePlan(network, on: Small.device(bits: 98_880)).memory.fits)
        let (map, advice) = try shortage(network, Small.device(bits: 98_879))
        #expect(map.totalBits == 98_880 && !map.fits)
        #expect(advice.contains("schedule = \"sequential\""))
        #expect(advice.contains("format = [8, 2, 5]"))
        // Nothing that is as wide as what is there.
        #expect(!advice.contains("[10, 2, 7]") && !advice.contains("[16, 4, 11]"))
        let text = DeviceError.memoryShort(map, advice: advice).description
        #expect(text.contains("1 bits over") && text.contains("weights (51,200)"))
        #expect(text.contains(map.table) && text.hasSuffix(advice))
    }

    @Test func namesEveryWayThatFits() throws {
        let network = try Small.network([64, 64, 8], [JunctionSpecification(), .init()])
        let (_, advice) = try shortage(network, Small.device(bits: 100_000))
        for line in [
            "# fixed point of 16 bits", "format = [10, 2, 7]", "structure = \"clash-free\"",
            "out-degree = 32", "structure = \"circulant\"", "block = 4", "hidden = [40]",
        ] {
            #expect(advice.contains(line), "\(line) in \(advice)")
        }
        // Half the edges are enough, so a quarter is not named.
        #expect(!advice.contains("out-degree = 16"))
    }

    @Test func whatIsAdvisedFits() throws {
        let network = try Small.network([64, 64, 8], [JunctionSpecification(), .init()])
        let device = Small.device(bits: 100_000)
        let halved = [32, 4].map {
            JunctionSpecification(
                structure: .clashFree(InterleaverSettings(type: 2), .outDegree($0), seed: 0))
        }
        #expect(try DevicePlan(Small.network([64, 64, 8], halved), on: device).memory.fits)
        let dense = [JunctionSpecification(), .init()]
        #expect(try DevicePlan(Small.network([64, 40, 8], dense), on: device).memory.fits)
        #expect(throws: DeviceError.self) {
            try DevicePlan(Small.network([64, 44, 8], dense), on: device)
        }
        #expect(!DeviceMemoryMap(network, on: device).fits)
    }

    @Test func advisesOnlyWhatTheDeviceCanWork() throws {
        let network = try Small.network([64, 64, 8], [JunctionSpecification(), .init()])
        var device = Small.device(bits: 100_000)
        device.transformUnits = nil
        device.arithmetic.fixedBits = 0
        let (_, advice) = try shortage(network, device)
        #expect(!advice.contains("circulant") && !advice.contains("fixed"))
        #expect(advice.contains("hidden = [40]"))
    }

    @Test func combinesNumbersAndShapesWhereNothingElseIsEnough() throws {
        let network = try Small.network([64, 8], [JunctionSpecification()])
        let (_, advice) = try shortage(network, Small.device(bits: 3_000))
        #expect(advice.contains("format = [10, 2, 7]\n") && advice.contains("out-degree = "))
        let (_, none) = try shortage(network, Small.device(bits: 100))
        #expect(none.hasPrefix("nothing tried would fit; the smallest, "))
    }

    @Test func fixedPointBringsWhatItNeeds() throws {
        let network = try Small.network([64, 64, 8], [JunctionSpecification(), .init()])
        func advice(_ settings: [DeviceSetting]?) throws -> String {
            try shortage(
                DeviceNetwork(
                    junctions: network.junctions, inputBits: network.inputBits,
                    schedule: network.schedule, hasMomentum: false, fixedPointSettings: settings),
                Small.device(bits: 100_000)
            ).1
        }
        let rate = DeviceSetting(section: "learning", key: "rate", value: "0.125")
        #expect(try advice([rate]).contains("bits\n  [learning]\n  rate = 0.125\n  [junction.0]"))
        #expect(try !advice([]).contains("learning") && advice([]).contains("fixed"))
        #expect(try !advice(nil).contains("fixed"))
    }

    @Test func momentumKeepsItsFloats() throws {
        let network = try Small.network(
            [64, 64, 8], [JunctionSpecification(), .init()], hasMomentum: true)
        let (_, advice) = try shortage(network, Small.device(bits: 200_000))
        #expect(!advice.contains("fixed") && advice.contains("clash-free"))
    }

    @Test func everyReasonSaysWhatToDo() throws {
        let reasons: [DeviceError] = [
            .unitMissing(junction: 1, structure: "circulant, block 8", unit: "transform-units"),
            .arithmeticUnsuitable(junction: 0, found: "float32", expected: "fixed point"),
            .parallelismUnsuitable(junction: 0, found: 3, expected: "a divisor of its 8 neurons"),
            .tooFewProcessors(needed: 3, available: 2), .tooFewMemories(needed: 3, available: 2),
            .tooManyEdges(junction: 0, found: 3, most: 2),
            .parallelismMiscounted(found: 1, junctions: 2),
        ]
        for reason in reasons {
            let text = reason.description
            #expect(text.contains("choose") || text.contains("take a device"), "\(text)")
        }
    }
}
