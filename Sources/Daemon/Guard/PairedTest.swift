// Which of two states is better on the same samples: a sequential sign test. Only samples on which
// their errors differ count. With q the share of those that one of them wins, each side has a sum
//
//   S ← max(0, S + ln 2q₁)      when it wins,      q₁ = 2/3
//   S ← max(0, S + ln 2(1 − q₁))  when the other does
//
// (E. S. Page, Continuous inspection schemes, Biometrika 41, 1954, for the hypotheses q = 1/2 and
// q = 2/3). With equal states and independent samples S reaches h once in e^h differing samples
// or more (G. Lorden, Procedures for reacting to a change in distribution, 1971). A clear winner
// (q = 0.9) reaches h = 11.5 in about 53 of them, q = 3/4 in about 100; below q = 0.585 never.
//
// A third sum of the same kind tells whether the first state has skill: it is compared with the best
// constant, the commonest label of the 256 samples before (of targets: their running mean, see
// `PairedPredictor`). Labels that are independent of the features, of whatever shares π, are
// predicted right with probability at most max π, so no state wins more than half of the samples on
// which it differs from the commonest label, and the bound holds for labels that tell nothing, too.

import Learning

/// The test over memory that its caller owns.
package struct PairedTest {
    /// Samples of the window.
    package static let windowLength = 256
    /// Labels that must be known before the commonest of them says anything.
    package static let labelsNeeded = 32
    private static let win = 0.287_682_072_451_780_9
    private static let loss = -0.405_465_108_108_164_4

    private let labels: UnsafeMutablePointer<Int32>
    private let classCounts: UnsafeMutablePointer<UInt32>
    private let classCount: Int

    /// The sum of the first state, the learner's.
    package private(set) var firstSum = 0.0
    /// The sum of the second state, the good generation's.
    package private(set) var secondSum = 0.0
    /// The sum of the first state against the best constant.
    package private(set) var skillSum = 0.0
    /// Samples compared.
    package private(set) var count = 0
    /// Samples that only, or better, the first had right.
    package private(set) var firstWins = 0
    /// Samples that only, or better, the second had right.
    package private(set) var secondWins = 0

    /// Bytes of memory for that many classes; 0 classes for errors.
    package static func byteCount(classCount: Int) -> Int {
        ((windowLength + classCount) * 4 + 63) & ~63
    }

    /// - memory: `byteCount` bytes, 4-byte aligned; cleared here
    package init(classCount: Int, memory: UnsafeMutableRawPointer) {
        self.classCount = classCount
        memory.initializeMemory(
            as: UInt8.self, repeating: 0, count: Self.byteCount(classCount: classCount))
        labels = memory.assumingMemoryBound(to: Int32.self)
        classCounts = (memory + Self.windowLength * 4).assumingMemoryBound(to: UInt32.self)
    }

    /// Begins anew.
    package mutating func reset() {
        firstSum = 0
        secondSum = 0
        count = 0
        firstWins = 0
        secondWins = 0
        skillSum = 0
        classCounts.update(repeating: 0, count: classCount)
    }

    /// Takes one comparison.
    ///
    /// - label: the class; ignored without classes
    package mutating func add(_ errors: PairedErrors, label: Int32) {
        if errors.first < errors.second {
            firstWins += 1
        } else if errors.second < errors.first {
            secondWins += 1
        }
        Self.play(&firstSum, errors.first, errors.second)
        Self.play(&secondSum, errors.second, errors.first)
        if classCount > 0 {
            if let commonest { Self.play(&skillSum, errors.first, commonest == label ? 0 : 1) }
            remember(label)
        } else if let constant = errors.constant {
            Self.play(&skillSum, errors.first, constant)
        }
        count += 1
    }

    /// One sample for the sum of the side whose error is `own`.
    private static func play(_ sum: inout Double, _ own: Double, _ other: Double) {
        if own < other {
            sum += win
        } else if other < own {
            sum = max(0, sum + loss)
        }
    }

    /// The label that came most often in the window; nil while it is nearly empty.
    private var commonest: Int32? {
        guard count >= Self.labelsNeeded else { return nil }
        var best = 0
        for index in 1..<max(classCount, 1) where classCounts[index] > classCounts[best] {
            best = index
        }
        return Int32(best)
    }

    private func remember(_ label: Int32) {
        let slot = count % Self.windowLength
        if count >= Self.windowLength { classCounts[Int(labels[slot])] &-= 1 }
        labels[slot] = label
        classCounts[Int(label)] &+= 1
    }
}
