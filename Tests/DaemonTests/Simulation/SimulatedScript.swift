// What a simulated producer sends: every number of an epoch stands for one thing, and which is a
// function of the number alone. So a frame can be made again at any time, by anybody, and what a
// daemon must have learned of the first n numbers is known without asking it.

import Daemon
import MillraceProtocol

/// What one number of a producer stands for.
enum NumberMeaning: Equatable {
    /// A sample with its label.
    case sample
    /// A sample whose label may come later.
    case unlabelled
    /// A sample with a NaN: refused, and the number is used up.
    case notANumber
    /// A sample with a label that no class has: refused, and the number is used up.
    case wrongLabel
    /// The label of an earlier number, which may be no sample, or labelled already.
    case label(of: UInt64)
    /// Given up by the producer.
    case skipped
}

/// The numbers of one producer.
struct SimulatedScript {
    let name: String
    let samples: SampleScript
    /// Whether labels come later, with numbers of their own.
    let isLate: Bool

    /// What `number`, from 1 on, stands for.
    func meaning(_ number: UInt64) -> NumberMeaning {
        let bits = StreamSection.scrambled(number &* 31 &+ samples.seed)
        switch bits % 24 {
        case 0: return .skipped
        case 1: return .notANumber
        case 2 where !isLate: return .wrongLabel
        default: break
        }
        guard isLate else { return .sample }
        guard number % 3 == 0 else { return .unlabelled }
        let back = (bits >> 32) % 6
        return .label(of: number > back ? number - 1 - back : 0)
    }

    /// How many numbers from `first` on go into one frame, at most `most`.
    func run(from first: UInt64, atMost most: UInt64) -> UInt64 {
        let kind = frameKind(meaning(first))
        guard kind != .labels else { return 1 }
        var count: UInt64 = 1
        while count < most, frameKind(meaning(first + count)) == kind { count += 1 }
        return count
    }

    /// The frame of `count` numbers that `run` allows.
    func frame(epoch: UInt32, first: UInt64, count: UInt64) -> [UInt8] {
        var body: [UInt8] = []
        let numbers = first..<(first + count)
        let element = FrameFlags(elementType: .f32)
        switch frameKind(meaning(first)) {
        case .skip:
            return ScriptedProducer.frame(.skip, first, epoch, UInt32(count), [], [])
        case .labels:
            guard case .label(let sample) = meaning(first) else { return [] }
            append(sample, &body)
            append(UInt32(bitPattern: samples.label(sample)), &body)
            return ScriptedProducer.frame(.labels, first, epoch, 1, .labels, body)
        case .samples(let isLabelled):
            for number in numbers {
                var features = samples.features(number)
                if meaning(number) == .notANumber { features[1] = .nan }
                for value in features { append(value.bitPattern, &body) }
            }
            guard isLabelled else {
                return ScriptedProducer.frame(.samples, first, epoch, UInt32(count), element, body)
            }
            for number in numbers {
                let isWrong = meaning(number) == .wrongLabel
                append(UInt32(bitPattern: isWrong ? 7 : samples.label(number)), &body)
            }
            return ScriptedProducer.frame(
                .samples, first, epoch, UInt32(count), [.labels, element], body)
        }
    }

    /// HELLO for `epoch`; 0 asks for a new one.
    func hello(epoch: UInt32) -> [UInt8] {
        let text = Array(name.utf8)
        let body = [UInt8](repeating: 0, count: 8) + [UInt8(text.count), 0] + text
        return ScriptedProducer.frame(.hello, 0, epoch, 0, [], body)
    }

    private enum FrameKind: Equatable {
        case labels
        case samples(isLabelled: Bool)
        case skip
    }

    private func frameKind(_ meaning: NumberMeaning) -> FrameKind {
        switch meaning {
        case .label: .labels
        case .skipped: .skip
        case .sample, .wrongLabel: .samples(isLabelled: true)
        case .unlabelled: .samples(isLabelled: false)
        case .notANumber: .samples(isLabelled: !isLate)
        }
    }

    private func append(_ word: some FixedWidthInteger, _ body: inout [UInt8]) {
        withUnsafeBytes(of: word.littleEndian) { body += $0 }
    }
}

/// What the first n numbers of a producer without late labels must have become.
struct ExpectedCounts: Equatable {
    var learned: UInt64 = 0
    var refused: UInt64 = 0
    var skipped: UInt64 = 0
    var sum: UInt64 = 0
    var xor: UInt64 = 0

    /// Of the numbers 1…`count` of `script`.
    init(_ script: SimulatedScript, through count: UInt64) {
        for number in 1..<(count + 1) {
            switch script.meaning(number) {
            case .sample:
                learned += 1
                sum &+= number
                xor ^= StreamSection.scrambled(number)
            case .skipped: skipped += 1
            default: refused += 1
            }
        }
    }

    /// As a status tells them.
    init(_ row: ProducerStatus) {
        learned = row.idCount
        refused = row.refused
        skipped = row.skipped
        sum = Hexadecimal.value(row.idSum) ?? 0
        xor = Hexadecimal.value(row.idXor) ?? 0
    }
}
