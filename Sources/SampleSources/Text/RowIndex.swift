// Where rows start: every `stride`-th row's place, learnt while reading. When the table is full,
// every second entry goes and the stride doubles, so memory is bounded for files of any length.

/// A sparse table from row index to place in a file.
package struct RowIndex {
    package struct Place: Equatable {
        package var offset: Int
        package var line: Int

        package init(offset: Int, line: Int) {
            self.offset = offset
            self.line = line
        }
    }

    /// Most entries that are kept.
    let capacity: Int
    package private(set) var stride = 64
    package private(set) var places: [Place] = []

    package init(capacity: Int = 16_384) {
        self.capacity = capacity
    }

    /// Tells that row `index` starts at `place`.
    package mutating func note(_ index: Int, at place: Place) {
        guard index == places.count * stride else { return }
        if places.count == capacity {
            places = Swift.stride(from: 0, to: places.count, by: 2).map { places[$0] }
            stride *= 2
            guard index == places.count * stride else { return }
        }
        places.append(place)
    }

    /// The last known row at or before `index`.
    package func nearest(_ index: Int) -> (index: Int, place: Place)? {
        guard !places.isEmpty else { return nil }
        let entry = min(index / stride, places.count - 1)
        return (entry * stride, places[entry])
    }
}
