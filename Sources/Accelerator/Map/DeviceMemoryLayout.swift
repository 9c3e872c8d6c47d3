// How many bits, and how many memories, every owner of a network takes on a device.
//
// Legend: J junctions, L = J + 1 layers, h a layer from 0 at the input; p left, n right neurons,
// E edges, z edges per clock, fi in-degree, b bits of a number.
//
// Banks: pipeline 2(L − h) − 1 of layer h's activations and derivatives, 2 of every layer's errors;
// sequential one each. Memories: a bank of z numbers per clock lies in z memories, times those that
// a number wider than a memory's word takes side by side.
//
// Blocks: parameters once, whatever number of vectors a junction works; what each block reads, kept
// from FF to BP, and its error (not of the first block); what it keeps besides. Statistics and
// states of blocks, and what is gathered for a junction on the way, are not there.

import Junctions

/// A part of a line of the map: one bank or several of the same kind.
struct DeviceMemoryPiece {
    let owner: DeviceMemoryMap.Owner
    let detail: String
    let bits: Int
    let memories: Int
    /// Bits that lie in logic and not in a memory.
    var logicBits = 0
}

/// Where everything of a network lies on a device.
struct DeviceMemoryLayout {
    let network: DeviceNetwork
    let device: DeviceDescription

    init(_ network: DeviceNetwork, _ device: DeviceDescription) {
        self.network = network
        self.device = device
    }

    private var junctions: [DeviceJunction] { network.junctions }
    private var isPipeline: Bool { network.schedule == .pipeline }

    /// Everything that a network holds, junction by junction.
    func pieces(_ parallelism: [Int]) -> [DeviceMemoryPiece] {
        junctions.indices.flatMap { pieces(of: $0, parallelism: parallelism[$0]) } + streams
            + network.blocks.indices.filter { firstJunction($0) == nil }
            .flatMap { blockPieces($0, lanes: 1) }
    }

    /// The junction that reads what block `index` reads, as far as banks are its own.
    private func firstJunction(_ index: Int) -> Int? {
        junctions.firstIndex { $0.place?.block == index }
    }

    /// Memories of one junction: its parameters, its left banks, and the errors of the last layer.
    func memories(of index: Int, parallelism: Int) -> Int {
        pieces(of: index, parallelism: parallelism).reduce(0) { $0 + $1.memories }
    }

    private func pieces(of index: Int, parallelism: Int) -> [DeviceMemoryPiece] {
        let lanes = lanes(index, parallelism)
        return parameters(index, lanes) + views(index, lanes) + banks(index, lanes)
            + pattern(index) + workingSpectra(index, lanes)
    }

    // MARK: words per clock

    /// Numbers that a junction's unit takes per clock of each kind.
    private struct Lanes {
        let weights, left, right: Int
    }

    private func lanes(_ index: Int, _ parallelism: Int) -> Lanes {
        let junction = junctions[index]
        switch device.unit(of: junction) {
        case .edgeProcessors, nil:
            return Lanes(
                weights: parallelism, left: parallelism,
                right: EdgeTraffic.biasMemories(junction, parallelism))
        case .transformUnits:
            let units = device.transformUnits
            return Lanes(
                weights: units?.multipliers ?? 1, left: 2 * (units?.butterflies ?? 1), right: 1)
        case .tensorArray, .stochasticUnit:
            let array = device.tensorArray
            return Lanes(weights: array?.columns ?? 1, left: array?.rows ?? 1, right: 1)
        }
    }

    /// `banks` banks of `count` numbers of `bits`, of which `lanes` are needed per clock.
    private func piece(
        _ owner: DeviceMemoryMap.Owner, banks: Int = 1, _ count: Int, _ bits: Int, lanes: Int
    ) -> DeviceMemoryPiece {
        let words = (bits + device.memory.widthBits - 1) / device.memory.widthBits
        let detail = (banks == 1 ? "" : "\(banks) x ") + "\(count) x \(bits)"
        return DeviceMemoryPiece(
            owner: owner, detail: detail, bits: banks * count * bits,
            memories: banks * min(lanes, count) * words)
    }

    // MARK: widths of numbers

    /// Bits of what flows through a junction.
    private func bits(_ index: Int) -> Int {
        switch junctions[index].specification.arithmetic {
        case .float32: max(1, device.arithmetic.floatBits)
        case .fixed(let format): format.width
        }
    }

    /// Bits of what a junction learns.
    private func masterBits(_ index: Int) -> Int {
        switch junctions[index].specification.arithmetic {
        case .float32: max(1, device.arithmetic.masterBits)
        case .fixed(let format): format.width
        }
    }

    private func isFixed(_ index: Int) -> Bool {
        if case .fixed = junctions[index].specification.arithmetic { true } else { false }
    }

    // MARK: what is learned

    private func parameters(_ index: Int, _ lanes: Lanes) -> [DeviceMemoryPiece] {
        let junction = junctions[index]
        let (weights, biases) = (junction.weightCount, junction.outputs)
        let bits = masterBits(index)
        var isCirculant = false
        if case .circulant = junction.specification.structure { isCirculant = true }
        var all = [
            piece(isCirculant ? .spectra : .weights, weights, bits, lanes: lanes.weights),
            piece(.biases, biases, bits, lanes: lanes.right),
        ]
        if network.hasMomentum {
            all.append(piece(.velocities, weights, bits, lanes: lanes.weights))
            all.append(piece(.velocities, biases, bits, lanes: lanes.right))
        }
        return all
    }

    /// N:M values with the places of their groups, for each direction that is pruned, where they
    /// are kept from one update to the next use.
    private func views(_ index: Int, _ lanes: Lanes) -> [DeviceMemoryPiece] {
        let junction = junctions[index]
        guard case .pruned(let settings) = junction.specification.structure,
            device.tensorArray?.generatesAhead ?? true
        else { return [] }
        let place = settings.group.trailingZeroBitCount
        func view(_ along: Int, _ across: Int) -> DeviceMemoryPiece {
            let kept = MatrixProduct.kept(settings.kept, settings.group, of: along)
            return piece(.views, across * kept, bits(index) + place, lanes: lanes.weights)
        }
        var all: [DeviceMemoryPiece] = []
        if settings.passes != .backward { all.append(view(junction.inputs, junction.outputs)) }
        // Nobody is to the left of the first junction: it has no BP, and SORE selects for none.
        if settings.passes != .forward, !network.readsInput(index) {
            all.append(view(junction.outputs, junction.inputs))
        }
        return all
    }

    // MARK: what flows

    /// Banks of the layer at the left of a junction; those of the last layer's errors, too.
    private func banks(_ index: Int, _ lanes: Lanes) -> [DeviceMemoryPiece] {
        let junction = junctions[index]
        if let block = junction.place?.block {
            return firstJunction(block) == index ? blockPieces(block, lanes: lanes.left) : []
        }
        let bits = bits(index)
        let readsInput = network.readsInput(index)
        let banks = isPipeline ? 2 * (junctions.count + 1 - index) - 1 : 1
        let errorBanks = isPipeline ? 2 : 1
        var all = [
            piece(
                .activations, banks: banks, junction.inputs,
                readsInput ? min(network.inputBits, bits) : bits, lanes: lanes.left)
        ]
        if !readsInput {
            // Of floats f′ follows from the activation itself.
            if isFixed(index) {
                all.append(
                    piece(
                        .derivatives, banks: banks, junction.inputs, bits, lanes: lanes.left))
            }
            all.append(
                piece(
                    .errors, banks: errorBanks, junction.inputs,
                    self.bits(max(0, index - 1)), lanes: lanes.left))
        }
        if index == junctions.count - 1 {
            all.append(
                piece(.errors, banks: errorBanks, junction.outputs, bits, lanes: lanes.right))
        }
        return all
    }

    /// What a block reads, its error, and what it keeps besides, in the numbers of its junction;
    /// floats where it has none.
    private func blockPieces(_ index: Int, lanes: Int) -> [DeviceMemoryPiece] {
        let block = network.blocks[index]
        let reader = firstJunction(index)
        let floats = device.arithmetic.floatBits
        let bits =
            reader.map(self.bits) ?? max(1, floats > 0 ? floats : device.arithmetic.fixedBits)
        var all = [
            piece(
                .activations, block.inputs, index == 0 ? min(network.inputBits, bits) : bits,
                lanes: lanes)
        ]
        if index > 0 {
            if let reader, isFixed(reader) {
                all.append(piece(.derivatives, block.inputs, bits, lanes: lanes))
            }
            all.append(piece(.errors, block.inputs, bits, lanes: lanes))
        }
        if block.kept > 0 { all.append(piece(.kept, block.kept, bits, lanes: 1)) }
        if block.scaledChannels > 0 {
            let words = (network.hasMomentum ? 4 : 2) * block.scaledChannels
            all.append(piece(.scales, words, max(1, device.arithmetic.masterBits), lanes: 1))
        }
        return all
    }

    /// Spectra of activations, kept from FF to UP, and of errors, shared by BP and UP.
    private func workingSpectra(_ index: Int, _ lanes: Lanes) -> [DeviceMemoryPiece] {
        let junction = junctions[index]
        guard case .circulant(let block) = junction.specification.structure else { return [] }
        func padded(_ count: Int) -> Int { (count + block - 1) / block * block }
        let banks = isPipeline ? 2 * (junctions.count + 1 - index) - 2 : 1
        return [
            piece(
                .workingSpectra, banks: banks, junction.uses * padded(junction.inputs),
                bits(index), lanes: lanes.left),
            piece(.workingSpectra, padded(junction.outputs), bits(index), lanes: lanes.left),
        ]
    }

    // MARK: where edges are

    /// What says which edges there are: starts and permutations of an interleaver, rows and shifts
    /// of lane-aligned blocks, the left neuron of each edge where a pattern has no rule.
    private func pattern(_ index: Int) -> [DeviceMemoryPiece] {
        guard let edges = junctions[index].junction.form.edges else { return [] }
        let (bits, detail): (Int, String)
        switch edges {
        case .sparse(let pattern):
            let address = Self.address(pattern.inputs)
            bits = pattern.seedBits ?? pattern.edgeCount * address
            detail = pattern.seedBits == nil ? "\(pattern.edgeCount) x \(address)" : "\(bits)"
        case .laneAligned(let pattern):
            let address = Self.address(pattern.rows) + 4
            bits = pattern.blockCount * address
            detail = "\(pattern.blockCount) x \(address)"
        }
        guard device.memory.holdsSeeds else {
            return [
                DeviceMemoryPiece(
                    owner: .seeds, detail: "", bits: 0, memories: 0, logicBits: bits)
            ]
        }
        return [
            DeviceMemoryPiece(
                owner: .seeds, detail: detail, bits: bits, memories: bits > 0 ? 1 : 0)
        ]
    }

    /// ⌈log₂ count⌉
    private static func address(_ count: Int) -> Int {
        Int.bitWidth - (count - 1).leadingZeroBitCount
    }

    // MARK: stochastic increments

    /// Two generators, since both sides must be independent, and the streams of both sides: L bits
    /// and a sign per neuron. One junction at a time has streams, or all in the pipeline.
    private var streams: [DeviceMemoryPiece] {
        let sizes: [(neurons: Int, bits: Int)] = junctions.compactMap { junction in
            guard case .stochastic(let rule) = junction.specification.increment else {
                return nil
            }
            return (junction.inputs + junction.outputs, rule.bitCount + 1)
        }
        guard !sizes.isEmpty else { return [] }
        let held =
            isPipeline
            ? sizes : sizes.max { $0.neurons * $0.bits < $1.neurons * $1.bits }.map { [$0] } ?? []
        let generators = DeviceMemoryPiece(
            owner: .generators, detail: "2 x 256", bits: 512, memories: 0)
        let lanes = device.stochasticUnit?.converters ?? 1
        return [generators] + held.map { piece(.streams, $0.neurons, $0.bits, lanes: lanes) }
    }
}
