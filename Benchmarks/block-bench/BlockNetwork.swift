// The networks that are timed: a convolution over a window of motion (128 positions of 6
// channels), one over an image of 28 x 28, and a recurrent layer of 64 cells over 128 positions.
// The first junction of a network has few left channels and is dense in every variant of the
// convolutions; the structure is that of the second.

import Junctions
import Learning

/// A network, and in which structures it is timed.
struct BlockNetwork: Sendable {
    /// A name's ending and the structure that it stands for.
    typealias Variant = (suffix: String, structure: WeightStructure)

    let name: String
    let inputShape: [Int]
    let classCount: Int
    let blocks: @Sendable (WeightStructure) -> [BlockSpecification]

    var variants: [Variant] {
        [
            ("", .dense), (".nm.2-8", .pruned(PruningSettings(kept: 2, group: 8))),
            (".circulant.8", .circulant(blockSize: 8)),
        ]
    }

    static let all = [
        BlockNetwork(name: "block.conv1d.step", inputShape: [128, 6], classCount: 12) {
            [
                .convolution(
                    ConvolutionBlock(
                        dimensions: 1, channels: 32, kernel: GridExtent(1, 9),
                        stride: GridExtent(1, 4), padding: .zeros(rows: 0, columns: 4))),
                .convolution(
                    ConvolutionBlock(
                        dimensions: 1, channels: 48, kernel: GridExtent(1, 5),
                        padding: .zeros(rows: 0, columns: 2),
                        junction: JunctionSpecification(structure: $0))),
                .globalPooling(.maximum),
            ]
        },
        BlockNetwork(name: "block.conv2d.step", inputShape: [28, 28, 1], classCount: 10) {
            [
                .convolution(
                    ConvolutionBlock(
                        dimensions: 2, channels: 16, kernel: GridExtent(5, 5),
                        stride: GridExtent(2, 2), padding: .zeros(rows: 2, columns: 2))),
                .convolution(
                    ConvolutionBlock(
                        dimensions: 2, channels: 32, kernel: GridExtent(3, 3),
                        padding: .zeros(rows: 1, columns: 1),
                        junction: JunctionSpecification(structure: $0))),
                .pooling(
                    PoolingBlock(
                        rule: .maximum, size: GridExtent(2, 2), stride: GridExtent(2, 2))),
                .flatten,
            ]
        },
        BlockNetwork(name: "block.lstm.step", inputShape: [128, 6], classCount: 12) {
            [.lstm(LSTMBlock(units: 64, junction: JunctionSpecification(structure: $0)))]
        },
    ]

    func configuration(_ structure: WeightStructure) -> LearnerConfiguration {
        LearnerConfiguration(
            featureCount: inputShape.reduce(1, *), elementType: .f32, normaliser: .none,
            task: .classification(classCount: classCount), inputShape: inputShape,
            blocks: blocks(structure), hidden: [], hiddenActivation: .relu,
            outputActivation: .softmax, loss: .crossEntropy, initialisation: .heUniform, seed: 1,
            learningRate: 1e-5)
    }
}
