// What can be wrong with counts and cursors that came from outside: counts become integers, and
// are divided by when they have grown by one; cursors and names of waiting samples are indices.

import WeightStore

extension LearnerLayout {
    /// The first count of a section that is none, or nil.
    func countFinding(_ section: UnsafeRawPointer) -> String? {
        let fields = [
            counters, metrics.counts, metrics.classes, normaliser?.count, targetNormaliser?.count,
            previous.history?.count, drift?.counts,
        ]
        for field in fields.compactMap(\.self) {
            for row in 0..<field.rowCount {
                let start = field.offset + 8 * row * field.rowStride
                for place in 0..<field.rowElements {
                    let count = section.load(
                        fromByteOffset: start + 8 * place, as: UInt64.self)
                    guard count < 1 << 62 else {
                        return "\(field.name): \(count) is no count of samples"
                    }
                }
            }
        }
        return nil
    }

    /// The first thing that is wrong with the samples of a section that wait for labels, or nil.
    func pendingFinding(_ section: UnsafeRawPointer) -> String? {
        guard let pending else { return nil }
        let capacity = UInt64(pending.capacity)
        let cursor = (section + pending.cursor.offset).assumingMemoryBound(to: UInt64.self)
        let (first, count) = (cursor[0], cursor[1])
        guard first < capacity, count <= capacity else {
            return "pending.cursor: \(count) entries from \(first) on are not in a table of "
                + "\(capacity)"
        }
        var waiting: UInt64 = 0
        for place in 0..<count {
            let index = Int((first + place) % capacity)
            guard
                section.load(fromByteOffset: pending.isWaiting.offset + index, as: UInt8.self)
                    == 1
            else {
                if place == 0 { return "pending.waiting: the first entry does not wait" }
                continue
            }
            waiting += 1
            if let finding = entryFinding(pending, section, index) { return finding }
        }
        guard waiting == cursor[2] else {
            return "pending.cursor: \(cursor[2]) samples wait, but \(waiting) entries do"
        }
        return nil
    }

    /// Whose sample waits, and what was predicted when it came.
    private func entryFinding(
        _ pending: PendingFields, _ section: UnsafeRawPointer, _ index: Int
    ) -> String? {
        let producer = section.load(
            fromByteOffset: pending.producer.offset + 4 * index, as: UInt32.self)
        guard producer < UInt32(configuration.producerCapacity) else {
            return "pending.producer: \(producer) is none of \(configuration.producerCapacity) "
                + "producers"
        }
        guard let classes = pending.classes else { return nil }
        for place in 0..<2 {
            let label = section.load(
                fromByteOffset: classes.offset + 4 * (2 * index + place), as: Int32.self)
            guard label >= -1, label < Int32(configuration.outputCount) else {
                return "pending.classes: \(label) is none of \(configuration.outputCount) classes"
            }
        }
        return nil
    }
}
