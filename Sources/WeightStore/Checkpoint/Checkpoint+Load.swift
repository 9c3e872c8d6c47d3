// Loading: shapes first, then checksums, then bytes. The caller's memory is written only when
// everything fits; nothing is allocated but one buffer.

import MillraceProtocol

/// The two sections of a generation.
public enum CheckpointSection: String, Sendable {
    case learner
    case stream
}

extension Checkpoint {
    /// Whether the file has exactly the fields of `layout` in that section; throws
    /// `.tensorMissing`, `.shapeDiffers` (both shapes) or `.tensorUnexpected`.
    public func checkShapes(
        _ section: CheckpointSection, _ layout: SectionLayout
    ) throws(CheckpointError) {
        let prefix = "\(section.rawValue)."
        var found: [String: CheckpointTensor] = [:]
        for tensor in tensors where tensor.name.hasPrefix(prefix) { found[tensor.name] = tensor }
        for field in layout.fields {
            let name = prefix + field.name
            guard let tensor = found.removeValue(forKey: name) else {
                throw .tensorMissing(tensor: name, wanted: field.shapeText)
            }
            guard tensor.element == field.element, tensor.shape == field.shape else {
                throw .shapeDiffers(
                    tensor: name, found: tensor.shapeText, wanted: field.shapeText)
            }
        }
        if let name = found.keys.min(), let tensor = found[name] {
            throw .tensorUnexpected(tensor: name, found: tensor.shapeText)
        }
    }

    /// Loads one section into memory of `layout.byteCount` bytes; padding becomes zero.
    ///
    /// - mustBeFinite: which fields may not hold NaN or infinity; every F32 and F64 field when
    ///   not given.
    /// - Throws: what `checkShapes` and `verify` throw, `.notFinite`, `.storage`. After an error
    ///   the memory is unchanged or zero.
    public func load(
        _ section: CheckpointSection, layout: SectionLayout,
        into memory: UnsafeMutableRawBufferPointer,
        mustBeFinite: (SectionField) -> Bool = { _ in true }
    ) throws(CheckpointError) {
        precondition(memory.count == layout.byteCount, "the memory has the layout's size")
        try checkShapes(section, layout)
        try verifyOnce()
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        guard let base = memory.baseAddress else { return }
        do throws(CheckpointError) {
            for field in layout.fields {
                let name = "\(section.rawValue).\(field.name)"
                var target = base + field.offset
                try readRows(name, field) { piece, padding in
                    if let start = piece.baseAddress {
                        target.copyMemory(from: start, byteCount: piece.count)
                    }
                    target += piece.count + padding
                }
                if mustBeFinite(field),
                    let index = Self.firstNotFinite(field, base + field.offset)
                {
                    throw .notFinite(tensor: name, index: index)
                }
            }
        } catch {
            memory.initializeMemory(as: UInt8.self, repeating: 0)
            throw error
        }
    }

    /// XXH64 of the learner section as it was in memory, padding included.
    func learnerDigest() throws(CheckpointError) -> UInt64 {
        var state = XXH64()
        var position = 0
        let zeros = [UInt8](repeating: 0, count: 4096)
        func pad(_ count: Int) {
            var rest = count
            while rest > 0 {
                let step = min(rest, zeros.count)
                zeros.withUnsafeBytes {
                    state.update(UnsafeRawBufferPointer(rebasing: $0[..<step]))
                }
                rest -= step
            }
            position += count
        }
        for field in facts.learnerLayout.fields {
            pad(field.offset - position)
            try readRows("learner.\(field.name)", field) { piece, padding in
                state.update(piece)
                position += piece.count
                pad(padding)
            }
        }
        pad(facts.learnerLayout.byteCount - position)
        return state.digest
    }

    /// Passes the bytes of a tensor on in pieces that never cross the end of a row, each with the
    /// bytes of padding that follow it in a section.
    private func readRows(
        _ name: String, _ field: SectionField,
        _ body: (UnsafeRawBufferPointer, _ paddingBytes: Int) -> Void
    ) throws(CheckpointError) {
        guard let tensor = tensor(name), tensor.end > tensor.begin else { return }
        let total = tensor.end - tensor.begin
        let rowBytes = field.rowElements * field.element.bytes
        let padding = (field.rowStride - field.rowElements) * field.element.bytes
        var buffer = [UInt8](repeating: 0, count: min(total, FileChecksum.chunkBytes))
        var rowRest = padding == 0 ? total : rowBytes
        var done = 0
        while done < total {
            let count = min(buffer.count, total - done)
            try FileChecksum.read(
                storage, file, &buffer, count: count, at: dataOffset + tensor.begin + done)
            buffer.withUnsafeBytes { bytes in
                var start = 0
                while start < count {
                    let step = min(rowRest, count - start)
                    rowRest -= step
                    let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + step)])
                    body(piece, rowRest == 0 ? padding : 0)
                    if rowRest == 0 { rowRest = rowBytes }
                    start += step
                }
            }
            done += count
        }
    }

    /// Index (padding not counted) of the first NaN or infinity of a float field; nil = none.
    static func firstNotFinite(_ field: SectionField, _ base: UnsafeRawPointer) -> Int? {
        guard field.element == .f32 || field.element == .f64 else { return nil }
        for row in 0..<field.rowCount {
            for column in 0..<field.rowElements {
                let offset = (row * field.rowStride + column) * field.element.bytes
                let isFinite =
                    field.element == .f32
                    ? base.loadUnaligned(fromByteOffset: offset, as: Float.self).isFinite
                    : base.loadUnaligned(fromByteOffset: offset, as: Double.self).isFinite
                if !isFinite { return row * field.rowElements + column }
            }
        }
        return nil
    }
}
