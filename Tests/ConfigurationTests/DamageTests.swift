// Goal: a damaged configuration file is refused in words, or means the same, or is another valid
// configuration, and never a trap. Which of the three is counted: a file that people write has no
// checksum. What a changed value could do to a state is caught by the state itself: shapes, names
// and the meaning of weights are part of it.

import Configuration
import Testing

@Suite struct DamageTests {
    private static let text = """
        # a small one
        [input]
        features = 3
        names = ["a", "b", "c"]
        type = "f32"
        scale = 0.5
        [output]
        task = "classification"
        classes = ["x", "y"]
        [network]
        hidden = [8, 4]
        activation = "tanh"
        [learning]
        rate = 0.05
        [junction.0]
        structure = "random"
        density = 0.5
        [memory]
        budget = "32MiB"
        [daemon]
        ingest = ["tcp://127.0.0.1:5555"]

        """

    @Test func everyBitAndEveryLength() throws {
        let bytes = Array(Self.text.utf8)
        let whole = try load(Self.text).canonicalText
        var refused = 0
        var same = 0
        var other = 0
        func judge(_ damaged: [UInt8], _ place: String) {
            guard let text = String(validating: damaged, as: UTF8.self) else { return refused += 1 }
            do throws(ConfigurationErrors) {
                if try load(text).canonicalText == whole { same += 1 } else { other += 1 }
            } catch {
                refused += 1
                #expect(!error.problems.isEmpty, "\(place): refused without a word")
            }
        }
        for index in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[index] ^= 1 << UInt8(bit)
                judge(flipped, "byte \(index), bit \(bit)")
            }
            judge(Array(bytes[..<index]), "length \(index)")
        }
        #expect(refused + same + other == 9 * bytes.count)
        #expect(refused > bytes.count)
        print("configuration: \(refused) refused, \(same) the same, \(other) another valid one")
    }
}
