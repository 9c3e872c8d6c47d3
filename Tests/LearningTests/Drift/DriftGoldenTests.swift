// Goal: the detectors of River, value by value, on the same sequences. The file is written by
// scripts/golden/drift_reference.py, which also states its format.

import Arithmetic
import Glibc
import Learning
import Testing

/// The streams of the golden file, and detectors with memory of their own.
enum DriftStreams {
    static let count = 6_000

    static func make(_ number: Int) -> [Double] {
        var generator = SplitMix64(seed: UInt64(number + 1))
        return (0..<count).map { index in
            let u = Double(generator.next() >> 11) * 0x1p-53
            switch number {
            case 0: return u < (index < 2000 ? 0.1 : index < 4000 ? 0.4 : 0.2) ? 1 : 0
            case 1: return 0.2 + 0.2 * u + 0.4 * Double(max(0, index - 2000)) / 4000
            case 2: return 0.7 / (1 + Double(index) / 200) + 0.1 * u + (index >= 4500 ? 0.2 : 0)
            case 3: return u * u
            default: return u * (index % 1500 < 120 ? 0.9 : 0.25)
            }
        }
    }
}

/// An ADWIN with its memory.
final class OwnedWindow {
    private let values = UnsafeMutablePointer<Double>.allocate(capacity: 8)
    private let used = UnsafeMutablePointer<UInt64>.allocate(capacity: 64)
    private let buckets: UnsafeMutablePointer<Double>
    private let view: AdaptiveWindow

    init(_ settings: AdaptiveWindowSettings) {
        let count = AdaptiveWindow.bucketValues(settings)
        buckets = .allocate(capacity: count)
        values.update(repeating: 0, count: 8)
        used.update(repeating: 0, count: 64)
        buckets.update(repeating: 0, count: count)
        view = AdaptiveWindow(settings, values: values, used: used, buckets: buckets)
    }

    deinit {
        values.deallocate()
        used.deallocate()
        buckets.deallocate()
    }

    // The memory lives until the view has done its work.
    func add(_ x: Double) -> LevelChange? { withExtendedLifetime(self) { view.add(x) } }
    var width: Int { withExtendedLifetime(self) { view.width } }
    var total: Double { withExtendedLifetime(self) { view.total } }
    var mean: Double { withExtendedLifetime(self) { view.mean } }
    var squares: Double { withExtendedLifetime(self) { view.variance * Double(view.width) } }
    var cutCount: Int { withExtendedLifetime(self) { view.cutCount } }
}

/// A Page-Hinkley test with its memory.
final class OwnedPageHinkley {
    private let values = UnsafeMutablePointer<Double>.allocate(capacity: PageHinkley.valueCount)
    private let view: PageHinkley

    init(_ settings: PageHinkleySettings) {
        values.update(repeating: 0, count: PageHinkley.valueCount)
        view = PageHinkley(settings, values)
    }

    deinit { values.deallocate() }

    func add(_ x: Double) -> LevelChange? { withExtendedLifetime(self) { view.add(x) } }
    var mean: Double { withExtendedLifetime(self) { view.mean } }
    var sum: Double { withExtendedLifetime(self) { view.sum } }
    var count: Int { withExtendedLifetime(self) { view.count } }
}

@Suite struct DriftGoldenTests {
    /// The lines of the file that begin with a word, without it.
    static func lines(_ word: String) throws -> [[Substring]] {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false)
            .dropLast(2).joined(separator: "/")
        let file = try #require(fopen(folder + "/Golden/drift.txt", "rb"))
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 1 << 17)
        let count = fread(&buffer, 1, buffer.count, file)
        return String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n")
            .map { $0.split(separator: " ") }
            .filter { $0.first == word[...] }.map { Array($0.dropFirst()) }
    }

    static func number(_ word: Substring) throws -> Double { try #require(Double(word)) }

    private static func next(_ words: inout ArraySlice<Substring>) throws -> Double {
        let word = words.popFirst()
        return try number(try #require(word))
    }

    @Test func adaptiveWindowsCutWhereRiverCuts() throws {
        let lines = try Self.lines("adwin")
        #expect(lines.count == 20)
        var cuts = 0
        for line in lines {
            let settings = AdaptiveWindowSettings(
                delta: try Self.number(line[1]), bucketsPerRow: try #require(Int(line[2])),
                checkInterval: try #require(Int(line[3])), rowCount: 20, shortest: 1)
            let window = OwnedWindow(settings)
            let cutCount = try #require(Int(line[5]))
            var expected = line[6..<(6 + 2 * cutCount)]
            var marks = line[(8 + 2 * cutCount)...]
            for (index, x) in DriftStreams.make(try #require(Int(line[0]))).enumerated() {
                if window.add(x) != nil {
                    let (place, width) = (expected.popFirst(), expected.popFirst())
                    #expect(place == "\(index)" && width == "\(window.width)", "\(line[..<4])")
                    cuts += 1
                }
                guard index % 1000 == 999 else { continue }
                let width = marks.popFirst()
                let (total, squares) = (try Self.next(&marks), try Self.next(&marks))
                #expect(width == "\(window.width)")
                #expect((window.total - total).magnitude < 1e-9)
                #expect((window.squares - squares).magnitude < 1e-9)
            }
            #expect(expected.isEmpty && marks.isEmpty && window.cutCount == cutCount)
        }
        #expect(cuts > 300)
    }

    @Test func pageHinkleyWithoutForgettingIsRivers() throws {
        let lines = try Self.lines("page")
        #expect(lines.count == 15)
        for line in lines {
            let test = OwnedPageHinkley(
                PageHinkleySettings(
                    delta: try Self.number(line[1]), threshold: try Self.number(line[2]),
                    minimumCount: try #require(Int(line[3])), forgetting: 1))
            let alarmCount = try #require(Int(line[5]))
            var expected = line[6..<(6 + alarmCount)]
            var marks = line[(8 + alarmCount)...]
            for (index, x) in DriftStreams.make(try #require(Int(line[0]))).enumerated() {
                if test.add(x) != nil {
                    let place = expected.popFirst()
                    #expect(place == "\(index)")
                }
                guard index % 1000 == 999 else { continue }
                let (mean, distance) = (try Self.next(&marks), try Self.next(&marks))
                #expect((test.mean - mean).magnitude < 1e-9)
                #expect((test.sum - distance).magnitude < 1e-9)
            }
            #expect(expected.isEmpty && marks.isEmpty)
        }
    }

    /// Where this differs from River by design: fading the sum of a loss that falls is no alarm.
    @Test func forgettingRaisesNoAlarmAboutALossThatFalls() throws {
        let line = try #require(try Self.lines("faded").first)
        #expect(try #require(Int(line[7])) < 4_500, "River's alarm, with nothing having risen")
        let test = OwnedPageHinkley(
            PageHinkleySettings(
                delta: try Self.number(line[1]), threshold: try Self.number(line[2]),
                minimumCount: try #require(Int(line[3])), forgetting: try Self.number(line[4])))
        let alarms =
            DriftStreams.make(2).enumerated().filter { test.add($0.element) != nil }.map(\.offset)
        let first = try #require(alarms.first)
        #expect((4_500..<4_600).contains(first), "the jump at 4,500, within 100: \(alarms)")
    }
}
