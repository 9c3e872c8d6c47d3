// One file of the simulated disk: what programs read, what the platter has, and what is between.
//
//     cached   what a read returns
//     pending  changes not synchronised yet, in order
//     durable  what a power cut leaves
//
// A successful sync applies `pending` to `durable`. After a failed sync the pending changes are
// gone, as in Linux: any part of them is durable, `cached` still shows them all, and a later sync
// says nothing about them. `discardCache` brings `cached` back to the truth.

final class SimulatedFile {
    enum Change {
        case resize(Int)
        case write(offset: Int, bytes: [UInt8])
    }

    static let sectorBytes = 512
    var cached: [UInt8] = []
    var durable: [UInt8] = []
    var pending: [Change] = []

    func apply(_ change: Change) {
        Self.apply(change, to: &cached)
        pending.append(change)
    }

    func synchronize() {
        for change in pending { Self.apply(change, to: &durable) }
        pending = []
    }

    func failSynchronize(_ generator: inout SeededGenerator) {
        for change in pending { keepSectors(of: change, &generator) }
        pending = []
    }

    func discardCache() {
        cached = durable
        for change in pending { Self.apply(change, to: &cached) }
    }

    func cutPower(_ mode: RestartMode, _ generator: inout SeededGenerator) {
        for change in pending {
            switch mode {
            case .processKilled: return
            case .dropUnsynchronized: break
            case .keepSubset:
                if Bool.random(using: &generator) { Self.apply(change, to: &durable) }
            case .tearSectors: keepSectors(of: change, &generator)
            case .keepAll: Self.apply(change, to: &durable)
            }
        }
        pending = []
        cached = durable
    }

    /// Each sector of a write reaches the disk or not.
    private func keepSectors(of change: Change, _ generator: inout SeededGenerator) {
        guard case .write(let offset, let bytes) = change else {
            if Bool.random(using: &generator) { Self.apply(change, to: &durable) }
            return
        }
        // Few, half or most of them: a fair coin per sector would hardly ever tear at the edges.
        let threshold = UInt8.random(in: 0...16, using: &generator)
        var start = offset
        while start < offset + bytes.count {
            let sectorEnd = (start / Self.sectorBytes + 1) * Self.sectorBytes
            let end = min(offset + bytes.count, sectorEnd)
            if UInt8.random(in: 0..<16, using: &generator) < threshold {
                let piece = Array(bytes[(start - offset)..<(end - offset)])
                Self.apply(.write(offset: start, bytes: piece), to: &durable)
            }
            start = end
        }
    }

    static func apply(_ change: Change, to bytes: inout [UInt8]) {
        switch change {
        case .resize(let count):
            if count <= bytes.count {
                bytes.removeLast(bytes.count - count)
            } else {
                bytes.append(contentsOf: repeatElement(0, count: count - bytes.count))
            }
        case .write(let offset, let written):
            if offset + written.count > bytes.count {
                apply(.resize(offset + written.count), to: &bytes)
            }
            bytes.withUnsafeMutableBytes { target in
                UnsafeMutableRawBufferPointer(
                    rebasing: target[offset..<(offset + written.count)]
                ).copyBytes(from: written)
            }
        }
    }
}
