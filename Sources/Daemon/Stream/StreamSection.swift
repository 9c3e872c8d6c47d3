// The stream section: where every producer stands. It is committed together with the learner
// section under one CRC, and that alone makes "learned exactly once" true.
//
// Invariants, per producer and epoch, after every record:
//   - position = learned + pending + expired + refused + skipped + labels;
//   - position only grows within an epoch; epochs only grow;
//   - idCount, idSum and idXor describe the set of sequences that were learned.

import Arithmetic
import MillraceProtocol
import WeightStore

/// One number per producer and epoch.
public enum ProducerCounter: Int, CaseIterable, Sendable {
    /// Highest sequence that was decided.
    case position
    /// Samples that were learned.
    case learned
    /// Samples that wait for their label.
    case pending
    /// Samples whose label did not come within the window.
    case expired
    /// Sequences that were refused.
    case refused
    /// Sequences that the producer skipped.
    case skipped
    /// Late labels that were applied; each consumed a sequence of its own.
    case labels
    /// How many sequences were learned.
    case idCount
    /// Their sum, modulo 2⁶⁴.
    case idSum
    /// The exclusive-or of their digests: a lost and a repeated sequence cannot cancel out.
    case idXor

    var fieldName: String { "producer.\(self)" }
}

/// Where the parts of a stream section lie.
public struct StreamLayout: Sendable {
    /// Bytes kept of a producer's name.
    public static let nameBytes = 64
    /// Refusal reasons that have a counter; the wire's codes are below this.
    public static let reasonCount = 64

    /// The fields.
    public let section: SectionLayout
    /// Rows of the producer table.
    public let producerCapacity: Int

    let names: Int
    let nameCounts: Int
    let epochs: Int
    let counters: [Int]
    let totals: Int
    let refusals: Int
    let namesDigestOffset: Int

    /// - producerCapacity: at most this many names are ever known, 1…65,535.
    public init(producerCapacity: Int) {
        precondition((1...65_535).contains(producerCapacity))
        var layout = SectionLayout()
        let rows = [producerCapacity]
        names = layout.add("producer.name", .u8, shape: [producerCapacity, Self.nameBytes]).offset
        nameCounts = layout.add("producer.nameBytes", .u32, shape: rows).offset
        epochs = layout.add("producer.epoch", .u32, shape: rows).offset
        counters = ProducerCounter.allCases.map {
            layout.add($0.fieldName, .u64, shape: rows).offset
        }
        totals = layout.add("total", .u64, shape: [ProducerCounter.allCases.count]).offset
        refusals = layout.add("refusals", .u64, shape: [Self.reasonCount]).offset
        namesDigestOffset = layout.add("schema.names", .u64, shape: [1]).offset
        section = layout
        self.producerCapacity = producerCapacity
    }
}

/// A view of a stream section in memory: the learner's own, or a committed slot's.
public struct StreamSection {
    /// Where its parts lie.
    public let layout: StreamLayout
    let base: UnsafeMutableRawPointer
    private let counterBase: UnsafeMutablePointer<UInt64>
    private let counterStride: Int

    /// - base: `layout.section.byteCount` bytes, 64-byte aligned, that outlive the view.
    public init(layout: StreamLayout, base: UnsafeMutableRawPointer) {
        self.layout = layout
        self.base = base
        let first = layout.counters[0]
        counterBase = (base + first).assumingMemoryBound(to: UInt64.self)
        counterStride = (layout.counters[1] - first) / MemoryLayout<UInt64>.stride
    }

    /// One counter of one producer.
    public subscript(_ counter: ProducerCounter, _ producer: Int) -> UInt64 {
        get { counterBase[counter.rawValue &* counterStride &+ producer] }
        nonmutating set { counterBase[counter.rawValue &* counterStride &+ producer] = newValue }
    }

    /// The sum of a counter over all producers and epochs (position, idSum and idXor have none).
    public func total(_ counter: ProducerCounter) -> UInt64 {
        totals[counter.rawValue]
    }

    /// Sequences refused for `reason` since the state began.
    public func refusals(_ reason: RefusalReason) -> UInt64 {
        refusalCounts[Int(reason.rawValue) % StreamLayout.reasonCount]
    }

    /// Digest of the names that features, classes and targets had when this was learned; 0 = none.
    public var namesDigest: UInt64 {
        get { (base + layout.namesDigestOffset).load(as: UInt64.self) }
        nonmutating set {
            (base + layout.namesDigestOffset).storeBytes(of: newValue, as: UInt64.self)
        }
    }

    /// The newest epoch of `producer`; 0 while the row was never used. A row whose producer was
    /// forgotten keeps its epoch and has no name.
    public func epoch(_ producer: Int) -> UInt32 { epochs[producer] }

    /// The name of `producer`, empty while the row is free.
    public func name(_ producer: Int) -> String {
        String(decoding: nameBytes(producer), as: UTF8.self)
    }

    /// The name's bytes.
    public func nameBytes(_ producer: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: base + layout.names + producer * StreamLayout.nameBytes,
            count: min(Int(nameCounts[producer]), StreamLayout.nameBytes))
    }

    /// The row that holds `name`.
    public func producer(named name: UnsafeRawBufferPointer) -> Int? {
        (0..<layout.producerCapacity).first {
            epochs[$0] != 0 && nameBytes($0).elementsEqual(name)
        }
    }

    private var totals: UnsafeMutablePointer<UInt64> {
        (base + layout.totals).assumingMemoryBound(to: UInt64.self)
    }
    private var refusalCounts: UnsafeMutablePointer<UInt64> {
        (base + layout.refusals).assumingMemoryBound(to: UInt64.self)
    }
    private var epochs: UnsafeMutablePointer<UInt32> {
        (base + layout.epochs).assumingMemoryBound(to: UInt32.self)
    }
    private var nameCounts: UnsafeMutablePointer<UInt32> {
        (base + layout.nameCounts).assumingMemoryBound(to: UInt32.self)
    }
}

extension StreamSection {
    /// Begins `epoch` of `producer`: its counters start again, the totals stay, and what was
    /// pending has expired. With an empty name the row is free from now on.
    func openEpoch(_ epoch: UInt32, producer: Int, name: UnsafeRawBufferPointer) {
        precondition(epoch > epochs[producer] && name.count <= StreamLayout.nameBytes)
        let row = UnsafeMutableRawBufferPointer(
            start: base + layout.names + producer * StreamLayout.nameBytes,
            count: StreamLayout.nameBytes)
        row.initializeMemory(as: UInt8.self, repeating: 0)
        row.copyMemory(from: name)
        // Samples of the epoch before can no longer be named by a label.
        let pending = self[.pending, producer]
        totals[ProducerCounter.pending.rawValue] &-= pending
        totals[ProducerCounter.expired.rawValue] &+= pending
        nameCounts[producer] = UInt32(name.count)
        epochs[producer] = epoch
        for counter in ProducerCounter.allCases { self[counter, producer] = 0 }
    }

    /// Counts `sequence` as learned.
    @inline(__always)
    func countLearned(_ producer: Int, sequence: UInt64) {
        add(.learned, producer, 1)
        self[.idCount, producer] &+= 1
        self[.idSum, producer] &+= sequence
        self[.idXor, producer] ^= Self.scrambled(sequence)
        totals[ProducerCounter.idCount.rawValue] &+= 1
    }

    /// Adds to a counter and its total.
    @inline(__always)
    func add(_ counter: ProducerCounter, _ producer: Int, _ count: UInt64) {
        self[counter, producer] &+= count
        totals[counter.rawValue] &+= count
    }

    /// Moves one sample of `producer` out of the pending ones.
    @inline(__always)
    func leavePending(_ producer: Int) {
        self[.pending, producer] &-= 1
        totals[ProducerCounter.pending.rawValue] &-= 1
    }

    /// Counts `count` sequences as refused for `reason`.
    func countRefused(_ producer: Int, _ reason: UInt16, _ count: UInt64) {
        add(.refused, producer, count)
        refusalCounts[Int(reason) % StreamLayout.reasonCount] &+= count
    }

    /// The digest of one sequence that goes into idXor: the first word of SplitMix64 from that
    /// seed, a bijection of 64-bit numbers.
    public static func scrambled(_ sequence: UInt64) -> UInt64 {
        var words = SplitMix64(seed: sequence)
        return words.next()
    }
}
