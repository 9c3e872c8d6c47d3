// A small problem that a user might bring: three readings, three named classes, as CSV, JSON
// Lines and .npy. The classes are far apart, so a network that learns at all gets them right.

import MillraceProtocol

/// Rows of it, from a seed.
struct SmallData {
    static let classNames = ["low", "middle", "high"]

    let values: [[Float]]
    let classes: [Int]

    init(rows: Int, seed: UInt64) {
        var state = seed
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        var values: [[Float]] = []
        var classes: [Int] = []
        for _ in 0..<rows {
            let label = Int(next() % 3)
            classes.append(label)
            // Thousandths, so that text and .npy hold the same numbers.
            values.append(
                (0..<3).map { column in
                    let middle = column == label ? 2.0 : -1.0
                    return Float(Int(middle * 1000) + Int(next() % 1000) - 500) / 1000
                })
        }
        self.values = values
        self.classes = classes
    }

    /// With a line of names and class names as labels.
    var csv: String { csv(labelled: true) }

    /// With or without the column of labels.
    func csv(labelled: Bool) -> String {
        var text = labelled ? "a,b,c,label\n" : "a,b,c\n"
        for (row, label) in zip(values, classes) {
            text += row.map { "\($0)" }.joined(separator: ",")
            text += labelled ? ",\(Self.classNames[label])\n" : "\n"
        }
        return text
    }

    /// One object per line.
    var jsonLines: String { lines(0..<values.count) }

    /// One object per line, of some rows.
    func lines(_ rows: Range<Int>) -> String {
        rows.map { row in
            let (a, b, c) = (values[row][0], values[row][1], values[row][2])
            let name = Self.classNames[classes[row]]
            return "{\"a\": \(a), \"b\": \(b), \"c\": \(c), \"label\": \"\(name)\"}\n"
        }.joined()
    }

    /// Features as <f4.
    var npy: [UInt8] {
        Self.npy("<f4", "(\(values.count), 3)") { bytes in
            for value in values.joined() {
                withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
            }
        }
    }

    /// Labels as |u1.
    var labelNpy: [UInt8] {
        Self.npy("|u1", "(\(classes.count),)") { $0 += classes.map(UInt8.init) }
    }

    private static func npy(
        _ type: String, _ shape: String, _ fill: (inout [UInt8]) -> Void
    ) -> [UInt8] {
        var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
        while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
        header += "\n"
        var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
        bytes += [UInt8(header.utf8.count & 0xff), UInt8(header.utf8.count >> 8)]
        bytes += Array(header.utf8)
        fill(&bytes)
        return bytes
    }

    /// The daemon that learns it.
    /// - commitSamples, interval: when it commits by itself; 0 = never.
    static func configuration(
        window: Int = 0, commitSamples: Int = 200, interval: Int = 50, slots: Int = 4
    ) -> String {
        """
        [input]
        features = 3
        names = ["a", "b", "c"]
        type = "f32"
        normalise = "running"
        [output]
        task = "classification"
        classes = ["low", "middle", "high"]
        [network]
        hidden = [8]
        seed = 3
        [learning]
        rate = 0.05
        [labels]
        window = \(window)
        [commit]
        samples = \(commitSamples)
        interval-milliseconds = \(interval)
        [ring]
        slots = \(slots)
        [memory]
        budget = "64MiB"
        [daemon]
        queue = 4096
        max-producers = 4
        """
    }
}
