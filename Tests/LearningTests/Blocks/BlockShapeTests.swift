// Goal: what cannot be is refused before anything is laid out, by a message that names the block,
// what is wrong, and what would fit.

import Junctions
import Learning
import Testing

@Suite struct BlockShapeTests {
    private func error(
        _ shape: [Int], _ blocks: [BlockSpecification],
        change: (inout LearnerConfiguration) -> Void = { _ in }
    ) -> String {
        let test = BlockCase("", shape: shape, blocks, change: change)
        do throws(LearnerConfigurationError) {
            try test.configuration.validate()
        } catch {
            return error.description
        }
        return "valid"
    }

    @Test func shapesFollowFromBlockToBlock() throws {
        let test = try #require(BlockNetworks.kinds.first { $0.name == "shortcuts" })
        let texts = try test.configuration.blockShapes().map(\.description)
        #expect(
            texts == [
                "3 channels of 8 x 8", "4 channels of 8 x 8", "4 channels of 8 x 8",
                "4 channels of 8 x 8", "4 channels of 8 x 8", "8 channels of 4 x 4",
                "8 channels of 4 x 4", "8 channels of 4 x 4", "9 channels of 2 x 2",
                "9 channels of 2 x 2", "9 channels of 2 x 2", "9",
            ])
        #expect(test.configuration.widths == [9, 3])
    }

    @Test func aKernelThatIsTooLargeSaysWhatFits() {
        #expect(
            error([7, 2], [BlockNetworks.conv1d(4, kernel: 9), .flatten])
                == "block 0, conv1d: kernel is 9 with dilation 1, but must be at most 7 here: the "
                + "input has 7 positions (or padding \"same\")")
        #expect(
            error([7, 2], [BlockNetworks.conv1d(4, kernel: 4, dilation: 3), .flatten])
                == "block 0, conv1d: kernel is 4 with dilation 3, but must be at most 3 here: the "
                + "input has 7 positions (or padding \"same\")")
    }

    /// Extents that are legal one by one, and whose product is no integer.
    @Test func moreWindowsThanCanBeAreRefused() {
        func convolution(
            _ kernel: GridExtent, _ padding: GridExtent, _ channels: Int = 1
        ) -> BlockSpecification {
            .convolution(
                ConvolutionBlock(
                    dimensions: 2, channels: channels, kernel: kernel,
                    dilation: GridExtent(65_536, 65_536),
                    padding: .zeros(rows: padding.rows, columns: padding.columns)))
        }
        let most = GridExtent(255 * 65_536, 255 * 65_536)
        #expect(
            error([28, 28, 1], [convolution(GridExtent(256, 256), most), .flatten])
                == "block 0, conv2d: padding is 16711680 x 16711680, which makes 16711708 x "
                + "16711708 windows, but must be for at most 67108864 of them: less padding, or a "
                + "larger stride")
        // One axis alone.
        #expect(
            error(
                [28, 28, 1],
                [convolution(GridExtent(65_536, 1), GridExtent(65_535 * 65_536, 0)), .flatten]
            ).hasPrefix("block 0, conv2d: padding is 4294901760 x 0"))
    }

    @Test func anInputOfAnotherKindIsRefused() {
        #expect(
            error([8, 8, 1], [BlockNetworks.conv1d(4, kernel: 3), .flatten])
                .hasPrefix("block 0, conv1d: input is 1 channels of 8 x 8, but must be a sequence"))
        #expect(
            error([8, 4], [.flatten, BlockNetworks.conv1d(4, kernel: 3)])
                .hasPrefix("block 1, conv1d: input is a vector of 32, but must be a sequence"))
        #expect(
            error([8, 4], [BlockNetworks.conv1d(4, kernel: 3)])
                == "block 0, conv1d: output is 4 channels of 6, but must be one vector behind the "
                + "last block: add flatten or global-pool")
    }

    @Test func aPoolLargerThanItsInputIsRefused() {
        #expect(
            error([6, 6, 2], [BlockNetworks.pool(.maximum, 7, 2), .flatten])
                == "block 0, max-pool: size is 7, but must be 1 to 6 (the input has 6 rows)")
    }

    @Test func aShortcutSaysWhatItNeeds() {
        let conv = BlockNetworks.conv2d(4, kernel: 3)
        #expect(
            error([6, 6, 2], [conv, BlockNetworks.shortcut(2), .flatten])
                == "block 1, residual: span is 2, but must be 1 (the blocks before it)")
        #expect(
            error([6, 6, 2], [conv, BlockNetworks.shortcut(1), .flatten])
                == "block 1, residual: projection is none, but must be convolution or padded: 2 "
                + "channels of 6 x 6 entered the span, but 4 channels of 6 x 6 came out")
        #expect(
            error(
                [6, 6, 9],
                [conv, BlockNetworks.shortcut(1, .padded), .flatten])
                == "block 1, residual: projection is padded from 9 to 4 channels, but must be "
                + "convolution: zeros make no channels fewer")
        #expect(
            error(
                [6, 6, 2],
                [
                    BlockNetworks.conv2d(4, kernel: 2, padding: .valid),
                    BlockNetworks.shortcut(1, .convolution(JunctionSpecification())), .flatten,
                ]
            ).hasPrefix("block 1, residual: span is 2 channels of 6 x 6 to 4 channels of 5 x 5"))
    }

    @Test func aJunctionThatCannotBeNamesItsBlock() {
        #expect(
            error(
                [14, 3],
                [BlockNetworks.conv1d(8, kernel: 3, .tanh, .circulant(blockSize: 8)), .flatten]
            ).hasPrefix("block 0, conv1d: block is 8 with 3 channels at each of 3 taps"))
        #expect(
            error([8, 2], [BlockNetworks.linear(4, .softmax), .flatten])
                .hasPrefix("block 0, linear: activation is softmax"))
        #expect(
            error(
                [8, 2],
                [
                    .linear(
                        LinearBlock(
                            neurons: 4,
                            junction: JunctionSpecification(
                                increment: .stochastic(StochasticRule(bitCount: 8))))), .flatten,
                ]
            ) { $0.momentum = 0.5 } == "block 0, linear: momentum is 0.5, but must be 0 with "
                + "stochastic increments")
    }

    @Test func theInputsShapeIsThatOfTheFeatures() {
        #expect(
            error([8, 2], [.flatten]) { $0.featureCount = 17 }
                == "input shape is [8, 2], but must be [positions, channels] or [rows, columns, "
                + "channels] of 17 features together")
    }

    @Test func thePipelineHasNoBlocks() {
        #expect(
            error([8, 2], [.flatten]) { $0.schedule = .pipeline }
                .hasPrefix("the schedule is the pipeline, but must be sequential with blocks"))
    }

    /// Everything that says what a block's weights mean is part of the digest; how they learn is not.
    @Test func theDigestCoversBlocks() throws {
        func digest(_ blocks: [BlockSpecification]) throws -> [UInt8] {
            let harness = try LearnerHarness(
                BlockCase("", shape: [8, 8, 1], blocks).configuration)
            let field = try #require(harness.layout.section["learner.structure"])
            return Array(harness.bytes[field.offset..<(field.offset + 8)])
        }
        let conv = BlockNetworks.conv2d(4, kernel: 3)
        let first = try digest([conv, .globalPooling(.average)])
        let others: [[BlockSpecification]] = [
            [conv, .globalPooling(.maximum)],
            [BlockNetworks.conv2d(4, kernel: 3, dilation: 2), .globalPooling(.average)],
            [BlockNetworks.conv2d(4, kernel: 3, stride: 2), .globalPooling(.average)],
            [BlockNetworks.conv2d(4, kernel: 3, padding: .valid), .globalPooling(.average)],
            [BlockNetworks.conv2d(4, kernel: 3, .relu), .globalPooling(.average)],
            [
                BlockNetworks.conv2d(4, kernel: 3, .tanh, .random(.fraction(0.5), seed: 1)),
                .globalPooling(.average),
            ],
        ]
        for blocks in others { #expect(try digest(blocks) != first) }
    }
}
