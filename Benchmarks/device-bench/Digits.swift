// The digits that the network learns: mnist where it is (MILLRACE_DATA, or ../shared/data beside
// the package), otherwise made-up ones that are dark in as many places.

import Arithmetic
import Glibc

/// Images of 784 pixels and their classes.
struct Digits {
    /// Pixels of an image.
    static let pixelCount = 784
    /// Images that are used: as many as the paper learns.
    static let limit = 12_544

    let pixels: [UInt8]
    let classes: [UInt8]
    /// Whether they are mnist's.
    let areReal: Bool

    /// mnist's, or made-up ones.
    static func load() -> Digits {
        let folder = getenv("MILLRACE_DATA").map { String(cString: $0) } ?? "../shared/data"
        guard let x = payload("\(folder)/mnist/train.x.npy", limit * pixelCount),
            let y = payload("\(folder)/mnist/train.y.npy", limit)
        else { return madeUp() }
        return Digits(pixels: x, classes: y, areReal: true)
    }

    /// The first `count` bytes behind the header of a .npy file (version 1.0) of bytes.
    private static func payload(_ path: String, _ count: Int) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var head = [UInt8](repeating: 0, count: 10)
        guard fread(&head, 1, 10, file) == 10, head[0] == 0x93, head[6] == 1 else { return nil }
        var header = [UInt8](repeating: 0, count: Int(head[8]) | Int(head[9]) << 8)
        guard fread(&header, 1, header.count, file) == header.count,
            String(decoding: header, as: UTF8.self).contains("'|u1'")
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        return fread(&bytes, 1, count, file) == count ? bytes : nil
    }

    /// Ten blurred prototypes with noise; four pixels of five are dark, as in mnist.
    private static func madeUp() -> Digits {
        var random = Xoshiro256StarStar(seed: 1)
        let prototypes = (0..<10).map { _ in
            (0..<pixelCount).map { _ in random.index(below: 5) == 0 ? 200 : 0 }
        }
        var pixels: [UInt8] = []
        var classes: [UInt8] = []
        for _ in 0..<limit {
            let label = random.index(below: 10)
            classes.append(UInt8(label))
            pixels += prototypes[label].map { UInt8($0 == 0 ? 0 : $0 + random.index(below: 56)) }
        }
        return Digits(pixels: pixels, classes: classes, areReal: false)
    }
}
