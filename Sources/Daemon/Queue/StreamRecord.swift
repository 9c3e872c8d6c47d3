// What the network loop tells the learner, one fixed-size record per decision to make. Every
// change of the stream section travels through here in order, so "what is in a generation" is
// exactly "which records came before its commit".
//
//   offset  bytes  field
//        0      1  kind
//        1      1  label kind: 0 none, 1 class index, 2 values
//        2      2  producer (row of the producer table)
//        4      4  epoch
//        8      8  sequence (of a range: its first)
//       16      8  target: the sample that a late label names; of a range: its length
//       24      4  class index
//       28      2  refusal reason
//       30      2  name bytes
//       32      …  label values (f32), padded to 16; then raw features, or the producer's name

/// What a record asks the learner to do.
enum RecordKind: UInt8 {
    case sample = 1
    case lateLabel
    case refused
    case skipped
    /// A new epoch of a producer; without a name, of a row that is free from then on.
    case openEpoch
    case flush
}

/// How many bytes the parts of a record take; the same for every record of a queue.
struct RecordShape: Sendable {
    static let headerBytes = 32

    let valueBytes: Int
    let featureBytes: Int
    let recordBytes: Int

    /// - featureBytes: of one raw sample. - valueCount: label values of one sample (0 for
    ///   classes).
    init(featureBytes: Int, valueCount: Int) {
        self.featureBytes = featureBytes
        valueBytes = (valueCount * 4 + 15) & ~15
        let payload = max(valueBytes + featureBytes, StreamLayout.nameBytes)
        recordBytes = (Self.headerBytes + payload + 15) & ~15
    }
}

/// A view of one record in a queue's memory.
struct StreamRecord {
    let base: UnsafeMutableRawPointer
    let shape: RecordShape

    var kind: RecordKind {
        get { RecordKind(rawValue: base.load(as: UInt8.self)) ?? .flush }
        nonmutating set { base.storeBytes(of: newValue.rawValue, as: UInt8.self) }
    }
    var labelKind: UInt8 {
        get { base.load(fromByteOffset: 1, as: UInt8.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: 1, as: UInt8.self) }
    }
    var producer: Int {
        get { Int(base.load(fromByteOffset: 2, as: UInt16.self)) }
        nonmutating set {
            base.storeBytes(
                of: UInt16(truncatingIfNeeded: newValue), toByteOffset: 2, as: UInt16.self)
        }
    }
    var epoch: UInt32 {
        get { base.load(fromByteOffset: 4, as: UInt32.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: 4, as: UInt32.self) }
    }
    var sequence: UInt64 {
        get { base.load(fromByteOffset: 8, as: UInt64.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: 8, as: UInt64.self) }
    }
    var target: UInt64 {
        get { base.load(fromByteOffset: 16, as: UInt64.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: 16, as: UInt64.self) }
    }
    var classIndex: Int32 {
        get { base.load(fromByteOffset: 24, as: Int32.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: 24, as: Int32.self) }
    }
    var reason: UInt16 {
        get { base.load(fromByteOffset: 28, as: UInt16.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: 28, as: UInt16.self) }
    }
    var nameCount: Int {
        get { Int(base.load(fromByteOffset: 30, as: UInt16.self)) }
        nonmutating set {
            base.storeBytes(
                of: UInt16(truncatingIfNeeded: newValue), toByteOffset: 30, as: UInt16.self)
        }
    }
    var values: UnsafeMutablePointer<Float> {
        (base + RecordShape.headerBytes).assumingMemoryBound(to: Float.self)
    }
    var features: UnsafeMutableRawPointer {
        base + RecordShape.headerBytes + shape.valueBytes
    }
    var name: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base + RecordShape.headerBytes, count: nameCount)
    }
}
