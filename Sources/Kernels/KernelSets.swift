// The sets themselves: the definition, and one per build of the vector source.
//
// x86-64 builds live in modules of their own, compiled for newer instruction sets; nothing here
// may call them except through a set that the processor was asked about first.

#if arch(x86_64)
    import KernelsV3
    import KernelsV4
#endif

extension KernelSet {
    /// The definitions: scalar, slow, and right by construction. Fused multiply-adds go through
    /// libm where the processor has none.
    public static let plain = KernelSet(
        name: "plain",
        feedforward: PlainKernels.feedforward,
        backpropUpdate: PlainKernels.backpropUpdate,
        backpropUpdateMomentum: PlainKernels.backpropUpdateMomentum,
        relu: PlainKernels.relu,
        sigmoid: PlainKernels.sigmoid,
        tanh: PlainKernels.tanh,
        reluDelta: PlainKernels.reluDelta,
        leakyRelu: PlainKernels.leakyRelu,
        leakyReluDelta: PlainKernels.leakyReluDelta,
        sigmoidDelta: PlainKernels.sigmoidDelta,
        tanhDelta: PlainKernels.tanhDelta,
        exp: PlainKernels.exp,
        log: PlainKernels.log,
        softmax: PlainKernels.softmax,
        crossEntropy: PlainKernels.crossEntropy,
        squaredError: PlainKernels.squaredError,
        convertU8: PlainKernels.convertU8,
        convertI16: PlainKernels.convertI16,
        convertF32: PlainKernels.convertF32,
        normalise: PlainKernels.normalise,
        firstOutside: PlainKernels.firstOutside,
        firstOutsideEach: PlainKernels.firstOutsideEach,
        edge: .plain,
        laneAligned: .plain,
        circulant: .plain,
        pruned: .plain,
        fixed: .plain,
        stochastic: .plain,
        recurrent: .plain,
        norm: .plain,
        shared: .plain)

    /// The vector source as built for every machine of this architecture. On aarch64 it is the
    /// fast set; on x86-64 it exists to be compared, as every fused multiply-add is a call.
    public static let portable = KernelSet(
        name: "portable",
        feedforward: VectorKernels.feedforward,
        backpropUpdate: VectorKernels.backpropUpdate,
        backpropUpdateMomentum: VectorKernels.backpropUpdateMomentum,
        relu: VectorKernels.relu,
        sigmoid: VectorKernels.sigmoid,
        tanh: VectorKernels.tanh,
        reluDelta: VectorKernels.reluDelta,
        leakyRelu: VectorKernels.leakyRelu,
        leakyReluDelta: VectorKernels.leakyReluDelta,
        sigmoidDelta: VectorKernels.sigmoidDelta,
        tanhDelta: VectorKernels.tanhDelta,
        exp: VectorKernels.exp,
        log: VectorKernels.log,
        softmax: VectorKernels.softmax,
        crossEntropy: VectorKernels.crossEntropy,
        squaredError: VectorKernels.squaredError,
        convertU8: VectorKernels.convertU8,
        convertI16: VectorKernels.convertI16,
        convertF32: VectorKernels.convertF32,
        normalise: VectorKernels.normalise,
        firstOutside: VectorKernels.firstOutside,
        firstOutsideEach: VectorKernels.firstOutsideEach,
        edge: .portable,
        laneAligned: .portable,
        circulant: .portable,
        pruned: .portable,
        fixed: .portable,
        stochastic: .portable,
        recurrent: .portable,
        norm: .portable,
        shared: .portable)
}

#if arch(x86_64)
    extension KernelSet {
        /// The build for AVX2 and FMA.
        package static let v3 = KernelSet(
            name: "x86-64-v3",
            feedforward: KernelsV3.VectorKernels.feedforward,
            backpropUpdate: KernelsV3.VectorKernels.backpropUpdate,
            backpropUpdateMomentum: KernelsV3.VectorKernels.backpropUpdateMomentum,
            relu: KernelsV3.VectorKernels.relu,
            sigmoid: KernelsV3.VectorKernels.sigmoid,
            tanh: KernelsV3.VectorKernels.tanh,
            reluDelta: KernelsV3.VectorKernels.reluDelta,
            leakyRelu: KernelsV3.VectorKernels.leakyRelu,
            leakyReluDelta: KernelsV3.VectorKernels.leakyReluDelta,
            sigmoidDelta: KernelsV3.VectorKernels.sigmoidDelta,
            tanhDelta: KernelsV3.VectorKernels.tanhDelta,
            exp: KernelsV3.VectorKernels.exp,
            log: KernelsV3.VectorKernels.log,
            softmax: KernelsV3.VectorKernels.softmax,
            crossEntropy: KernelsV3.VectorKernels.crossEntropy,
            squaredError: KernelsV3.VectorKernels.squaredError,
            convertU8: KernelsV3.VectorKernels.convertU8,
            convertI16: KernelsV3.VectorKernels.convertI16,
            convertF32: KernelsV3.VectorKernels.convertF32,
            normalise: KernelsV3.VectorKernels.normalise,
            firstOutside: KernelsV3.VectorKernels.firstOutside,
            firstOutsideEach: KernelsV3.VectorKernels.firstOutsideEach,
            edge: .v3,
            laneAligned: .v3,
            circulant: .v3,
            pruned: .v3,
            fixed: .v3,
            stochastic: .v3,
            recurrent: .v3,
            norm: .v3,
            shared: .v3)

        /// The build for AVX-512.
        package static let v4 = KernelSet(
            name: "x86-64-v4",
            feedforward: KernelsV4.VectorKernels.feedforward,
            backpropUpdate: KernelsV4.VectorKernels.backpropUpdate,
            backpropUpdateMomentum: KernelsV4.VectorKernels.backpropUpdateMomentum,
            relu: KernelsV4.VectorKernels.relu,
            sigmoid: KernelsV4.VectorKernels.sigmoid,
            tanh: KernelsV4.VectorKernels.tanh,
            reluDelta: KernelsV4.VectorKernels.reluDelta,
            leakyRelu: KernelsV4.VectorKernels.leakyRelu,
            leakyReluDelta: KernelsV4.VectorKernels.leakyReluDelta,
            sigmoidDelta: KernelsV4.VectorKernels.sigmoidDelta,
            tanhDelta: KernelsV4.VectorKernels.tanhDelta,
            exp: KernelsV4.VectorKernels.exp,
            log: KernelsV4.VectorKernels.log,
            softmax: KernelsV4.VectorKernels.softmax,
            crossEntropy: KernelsV4.VectorKernels.crossEntropy,
            squaredError: KernelsV4.VectorKernels.squaredError,
            convertU8: KernelsV4.VectorKernels.convertU8,
            convertI16: KernelsV4.VectorKernels.convertI16,
            convertF32: KernelsV4.VectorKernels.convertF32,
            normalise: KernelsV4.VectorKernels.normalise,
            firstOutside: KernelsV4.VectorKernels.firstOutside,
            firstOutsideEach: KernelsV4.VectorKernels.firstOutsideEach,
            edge: .v4,
            laneAligned: .v4,
            circulant: .v4,
            pruned: .v4,
            fixed: .v4,
            stochastic: .v4,
            recurrent: .v4,
            norm: .v4,
            shared: .v4)
    }
#endif

extension KernelSet {
    /// The sets that run where `machine_instruction_set()` gave `instructionSet`.
    package static func available(instructionSet: Int32) -> [KernelSet] {
        #if arch(x86_64)
            switch instructionSet {
            case 4: [plain, portable, v3, v4]
            case 3: [plain, portable, v3]
            default: [plain, portable]
            }
        #else
            [plain, portable]
        #endif
    }

    /// The fastest of them. Without fused multiply-add that is the definition itself.
    package static func fastest(instructionSet: Int32) -> KernelSet {
        switch instructionSet {
        #if arch(x86_64)
            case 4: v4
            case 3: v3
        #else
            case 64: portable
        #endif
        default: plain
        }
    }
}
