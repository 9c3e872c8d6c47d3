// Goal: the network of the residual papers (32 layers: 31 convolutions in three groups, with or
// without projections, and one linear layer) is made, and learns.

import Junctions
import Kernels
import Learning
import Testing

@Suite struct ResidualNetworkTests {
    /// ResNet-32 for 32 x 32 x 3; `width` channels in the first group.
    static func network(
        projection: ResidualBlock.Projection, width: Int = 16, recompute: Int = 0
    ) -> LearnerConfiguration {
        var blocks = [BlockNetworks.conv2d(width, kernel: 3, .relu)]
        for group in 0..<3 {
            for unit in 0..<5 {
                let channels = width << group
                let isFirst = group > 0 && unit == 0
                blocks.append(
                    BlockNetworks.conv2d(channels, kernel: 3, stride: isFirst ? 2 : 1, .relu))
                blocks.append(BlockNetworks.conv2d(channels, kernel: 3, .identity))
                blocks.append(BlockNetworks.shortcut(2, isFirst ? projection : .none, .relu))
            }
        }
        blocks.append(.globalPooling(.average))
        return BlockCase("ResNet-32", shape: [32, 32, 3], blocks) {
            $0.task = .classification(classCount: 10)
            $0.initialisation = .lecunUniform
            $0.learningRate = 1e-3
            $0.recompute = recompute
        }.configuration
    }

    @Test(arguments: [
        ResidualBlock.Projection.padded, .convolution(JunctionSpecification()),
    ])
    func resNet32Learns(_ projection: ResidualBlock.Projection) throws {
        let configuration = Self.network(projection: projection)
        let harness = try LearnerHarness(configuration)
        let convolutions = harness.layout.junctionReports(harness.section).filter {
            $0.name.hasPrefix("block.")
        }
        #expect(convolutions.count == (projection == .padded ? 31 : 33))
        let (features, _) = BlockNetworks.sample(configuration, 1)
        let first = harness.sample(features, .classIndex(3)).loss
        var last = first
        for _ in 0..<4 { last = harness.sample(features, .classIndex(3)).loss }
        #expect(last < first)
        #expect(harness.learner.updateCount == 5)
    }
}
