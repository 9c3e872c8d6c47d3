// Charging: what a sample costs on the emulated device is added to the sums in the section.
//
// Costs follow from shapes and patterns, never from values, so a charge is one addition of two
// short rows of constants, a cache line at a time, whatever the sample was.
//
// Invariants: sums = learned samples · row + inferences · row, exactly, since the sums began;
// without a device nothing is written; nothing is allocated.

import Accelerator
import WeightStore

/// The charges of one learner.
struct DeviceCharges {
    private typealias Line = SIMD8<UInt64>

    private let section: UnsafeMutableRawPointer
    private let fields: DeviceFields
    private let identity: DeviceIdentity
    /// The sums, in lines of 64 bytes.
    private let sums: UnsafeMutableRawPointer
    /// The row of a learned sample, then that of an inference; nil without a device.
    private let rows: UnsafeMutableRawPointer?
    private let rowBytes: Int

    /// Bytes of the workspace that hold the rows.
    static func workspaceBytes(_ device: DeviceAccounting?) -> Int {
        device.map { 2 * $0.charge.learned.count * MemoryLayout<UInt64>.stride } ?? 0
    }

    /// Puts the rows into the workspace, at its end.
    init(
        _ layout: LearnerLayout, _ section: UnsafeMutableRawPointer,
        _ workspace: UnsafeMutableRawPointer
    ) {
        self.section = section
        fields = layout.deviceFields
        sums = section + fields.charges.offset
        rowBytes = fields.charges.byteCount
        guard let device = layout.device else {
            identity = .none
            rows = nil
            return
        }
        identity = device.identity
        let rows = workspace + layout.deviceRowsOffset
        self.rows = rows
        let row = rowBytes
        for (index, numbers) in [device.charge.learned, device.charge.inferred].enumerated() {
            numbers.withUnsafeBytes { bytes in
                precondition(bytes.count == row, "a row is as long as the sums")
                UnsafeMutableRawBufferPointer(start: rows + index * row, count: row)
                    .copyMemory(from: bytes)
            }
        }
    }

    /// One sample went through FF, BP and UP. A sample whose update is skipped, because its loss
    /// is not a number, has taken its clocks like any other.
    @inline(__always)
    func learned() { add(0) }

    /// One sample went through FF alone.
    @inline(__always)
    func inferred() { add(rowBytes) }

    @inline(__always)
    private func add(_ offset: Int) {
        guard let rows else { return }
        let row = rows + offset
        var at = 0
        while at < rowBytes {
            let sum =
                sums.load(fromByteOffset: at, as: Line.self)
                &+ row.load(fromByteOffset: at, as: Line.self)
            sums.storeBytes(of: sum, toByteOffset: at, as: Line.self)
            at &+= MemoryLayout<Line>.stride
        }
    }

    /// Lets the sums start again at 0 where they belong to another device, or to one that is no
    /// longer emulated; says so, or nil.
    func adopt(_ before: DeviceIdentity) -> DeviceChange? {
        guard before.digest != identity.digest else { return nil }
        sums.initializeMemory(as: UInt8.self, repeating: 0, count: rowBytes)
        (section + fields.identity.offset).storeBytes(of: identity.digest, as: UInt64.self)
        let name = section + fields.name.offset
        name.initializeMemory(as: UInt8.self, repeating: 0, count: DeviceIdentity.nameBytes)
        for (index, byte) in identity.name.utf8.enumerated() {
            name.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
        return DeviceChange(before: before, after: identity)
    }
}
