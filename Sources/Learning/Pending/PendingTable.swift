// The pending table: samples whose label comes later, with the prediction as it was fixed when
// they came. A ring of the newest entries in the order of arrival; full means that the oldest
// waiting one expires.
//
// Invariants:
//   - every entry from `first` on, `count` of them (cyclic), is waiting or a hole; the first one
//     is waiting (holes at the front are given back at once);
//   - a hole is an entry whose label came or whose epoch ended; only its state is meaningful;
//   - the bytes are a function of the calls, in their order.

import WeightStore

/// Where the pending table lies in the section.
struct PendingFields: Sendable {
    let capacity: Int
    let outputCount: Int
    let featureBytes: Int
    /// First, count, waiting.
    let cursor: SectionField
    let sequence: SectionField
    let producer: SectionField
    let epoch: SectionField
    let isWaiting: SectionField
    /// Predicted class and no-change class.
    let classes: SectionField?
    /// Predicted values and no-change values, and whether there are the latter.
    let values: SectionField?
    let features: SectionField

    init(_ c: LearnerConfiguration, _ section: inout SectionLayout) {
        capacity = c.pendingCapacity
        outputCount = c.outputCount
        featureBytes = c.featureCount * c.elementType.bytes
        cursor = section.add("pending.cursor", .u64, shape: [3])
        sequence = section.add("pending.sequence", .u64, shape: [capacity])
        producer = section.add("pending.producer", .u32, shape: [capacity])
        epoch = section.add("pending.epoch", .u32, shape: [capacity])
        isWaiting = section.add("pending.waiting", .u8, shape: [capacity])
        if case .classification = c.task {
            classes = section.add("pending.classes", .i32, shape: [capacity, 2])
            values = nil
        } else {
            classes = nil
            values = section.add("pending.values", .f32, shape: [capacity, 2 * outputCount + 1])
        }
        features = section.add(
            "pending.features", c.elementType, shape: [capacity, c.featureCount])
    }
}

/// A view of the pending table in one section.
struct PendingTable {
    private let fields: PendingFields
    private let section: UnsafeMutableRawPointer
    private let cursor: UnsafeMutablePointer<UInt64>
    private let sequences: UnsafeMutablePointer<UInt64>
    private let producers: UnsafeMutablePointer<UInt32>
    private let epochs: UnsafeMutablePointer<UInt32>
    private let waiting: UnsafeMutablePointer<UInt8>

    init(_ fields: PendingFields, _ section: UnsafeMutableRawPointer) {
        self.fields = fields
        self.section = section
        cursor = (section + fields.cursor.offset).assumingMemoryBound(to: UInt64.self)
        sequences = (section + fields.sequence.offset).assumingMemoryBound(to: UInt64.self)
        producers = (section + fields.producer.offset).assumingMemoryBound(to: UInt32.self)
        epochs = (section + fields.epoch.offset).assumingMemoryBound(to: UInt32.self)
        waiting = (section + fields.isWaiting.offset).assumingMemoryBound(to: UInt8.self)
    }

    /// Entries that wait for a label.
    var waitingCount: Int { Int(cursor[2]) }

    /// Appends an entry; returns its index, and the entry that expired to make room.
    func push(_ name: SampleName, features: UnsafeRawPointer) -> (Int, SampleName?) {
        var expired: SampleName?
        if cursor[1] == UInt64(fields.capacity) {
            let first = Int(cursor[0])
            expired = SampleName(
                producer: Int(producers[first]), epoch: epochs[first], sequence: sequences[first])
            remove(first)
        }
        let index = Int((cursor[0] + cursor[1]) % UInt64(fields.capacity))
        sequences[index] = name.sequence
        producers[index] = UInt32(name.producer)
        epochs[index] = name.epoch
        waiting[index] = 1
        self.features(index).copyMemory(from: features, byteCount: fields.featureBytes)
        cursor[1] += 1
        cursor[2] += 1
        return (index, expired)
    }

    /// The waiting entry of that name; the oldest is found first.
    func find(_ name: SampleName) -> Int? {
        var index = Int(cursor[0])
        var left = cursor[1]
        while left > 0 {
            if sequences[index] == name.sequence, waiting[index] == 1,
                producers[index] == UInt32(name.producer), epochs[index] == name.epoch
            {
                return index
            }
            index = index + 1 == fields.capacity ? 0 : index + 1
            left -= 1
        }
        return nil
    }

    /// Ends the waiting of an entry.
    func remove(_ index: Int) {
        precondition(waiting[index] == 1, "only a waiting entry is removed")
        waiting[index] = 0
        cursor[2] -= 1
        while cursor[1] > 0 && waiting[Int(cursor[0])] == 0 {
            cursor[0] = (cursor[0] + 1) % UInt64(fields.capacity)
            cursor[1] -= 1
        }
    }

    /// Ends the waiting of all entries of a producer; returns how many.
    func removeAll(producer: Int) -> Int {
        var index = Int(cursor[0])
        var left = cursor[1]
        var removed = 0
        while left > 0 {
            if waiting[index] == 1 && producers[index] == UInt32(producer) {
                remove(index)
                removed += 1
            }
            index = index + 1 == fields.capacity ? 0 : index + 1
            left -= 1
        }
        return removed
    }

    /// The raw features of an entry.
    func features(_ index: Int) -> UnsafeMutableRawPointer {
        section + fields.features.offset + index * fields.featureBytes
    }

    /// Predicted class and no-change class of an entry; classification only.
    func classes(_ index: Int) -> UnsafeMutablePointer<Int32> {
        guard let classes = fields.classes else {
            preconditionFailure("classes belong to a classification")
        }
        return (section + classes.offset).assumingMemoryBound(to: Int32.self) + 2 * index
    }

    /// Predicted values, no-change values, and 1 where there are the latter; regression only.
    func values(_ index: Int) -> UnsafeMutablePointer<Float> {
        guard let values = fields.values else {
            preconditionFailure("values belong to a regression")
        }
        return (section + values.offset).assumingMemoryBound(to: Float.self)
            + (2 * fields.outputCount + 1) * index
    }
}
