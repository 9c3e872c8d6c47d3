// Goal: what a network with blocks costs is charged junction by junction, those inside blocks
// first, with as many vectors as each works; and figures, names and fields go together.

import Accelerator
import Junctions
import Learning
import Testing

@Suite struct BlockChargeTests {
    /// 8 moments of 2 channels: convolution, norm, shortcut with a projection, recurrent layer.
    private static var configuration: LearnerConfiguration {
        var it = LearnerConfiguration.classifier(features: 16, hidden: [7], classes: 3)
        it.inputShape = [8, 2]
        it.blocks = [
            .convolution(
                ConvolutionBlock(
                    dimensions: 1, channels: 4, kernel: GridExtent(1, 3), padding: .same,
                    activation: .sigmoid)),
            .groupNorm(groups: 2, activation: .relu),
            .residual(ResidualBlock(span: 2, projection: .convolution(JunctionSpecification()))),
            .lstm(LSTMBlock(units: 6, projected: 5)),
        ]
        return it.on(.edge())
    }

    private static let names = [
        "block 0", "block 2", "block 3 input", "block 3 recurrent", "block 3 projection",
        "junction 0", "junction 1",
    ]

    @Test func theDeviceSeesEveryJunction() throws {
        let network = Self.configuration.deviceNetwork
        #expect(network.junctions.indices.map(network.name) == Self.names)
        #expect(network.junctions.map(\.uses) == [8, 8, 8, 8, 8, 1, 1])
        #expect(network.junctions.map(\.inputs) == [6, 2, 4, 5, 6, 5, 7])
        #expect(network.junctions.map(\.outputs) == [4, 4, 24, 24, 5, 7, 3])
        // The shortcut begins at the input, as the convolution does: nobody wants their errors.
        #expect(
            network.junctions.map { $0.place?.readsInput } == [
                true, true, false, false, false, nil, nil,
            ])
        #expect(network.junctions[0].hasTable && !network.junctions[3].hasTable)
        #expect(network.blocks.map(\.kind) == ["conv1d", "group-norm", "residual", "lstm"])
        #expect(network.blocks.map(\.inputs) == [16, 32, 32, 32])
        #expect(network.blocks.map(\.scaledChannels) == [0, 4, 0, 0])
        #expect(network.blocks[3].kept > 8 * 4 * 6)
        let reports = Self.configuration.blockReports
        #expect(reports.map(\.junctions.count) == [1, 0, 1, 3])
        #expect(reports[3].junctions[1].weightCount == 24 * 5)
        #expect(reports[0].output == .planar(rows: 1, columns: 8, channels: 4))
    }

    @Test func chargesAreCountsTimesConstants() throws {
        let harness = try LearnerHarness(Self.configuration)
        #expect(harness.layout.junctionNames == Self.names)
        for step in 0..<40 {
            let features = (0..<16).map { Float(($0 + step) % 5) * 0.25 }
            harness.sample(features, step % 4 == 0 ? .none : .classIndex(Int32(step % 3)))
        }
        #expect(harness.charges == harness.expectedCharges(learned: 30, inferred: 10))
        let section = UnsafeRawPointer(harness.section)
        let status = try #require(harness.layout.deviceStatus(section))
        #expect(status.junctions.map(\.name) == Self.names)
        #expect(status.junctions.map(\.junction) == Array(0..<7))
        let clocks = status.junctions[3].operations.map(\.total.clocks)
        #expect(clocks.count == 3 && clocks.allSatisfy { $0 > 0 })
        #expect(harness.layout.junctionReports(section).map(\.name).count == 7)
        // Without a device it learns the same.
        let plain = try LearnerHarness(Self.configuration.on(nil))
        for step in 0..<40 {
            let features = (0..<16).map { Float(($0 + step) % 5) * 0.25 }
            plain.sample(features, step % 4 == 0 ? .none : .classIndex(Int32(step % 3)))
        }
        #expect(plain.charges.allSatisfy { $0 == 0 })
        #expect(
            plain.layout.junctionMatrices(plain.section).map(\.weights)
                == harness.layout.junctionMatrices(harness.section).map(\.weights))
    }

    @Test func aPlainNetworkHasNoNames() throws {
        let harness = try LearnerHarness(
            LearnerConfiguration.classifier(features: 5, hidden: [7], classes: 3).on(.edge()))
        #expect(harness.layout.junctionNames == nil)
        let status = harness.layout.deviceStatus(UnsafeRawPointer(harness.section))
        #expect(status?.junctions.allSatisfy { $0.name == nil } == true)
    }
}
