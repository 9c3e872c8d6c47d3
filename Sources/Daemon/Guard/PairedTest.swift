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
// Beside it a window of the newest 256 samples: how often the first state is right, and the share
// of the commonest label, which is what a state that knows nothing can be right.

import Learning

/// The test over memory that its caller owns.
package struct PairedTest {
    /// Samples of the window.
    package static let windowLength = 256
    private static let win = 0.287_682_072_451_780_9
    private static let loss = -0.405_465_108_108_164_4

    private let labels: UnsafeMutablePointer<Int32>
    private let isRight: UnsafeMutablePointer<UInt8>
    private let classCounts: UnsafeMutablePointer<UInt32>
    private let classCount: Int

    /// The sum of the first state, the learner's.
    package private(set) var firstSum = 0.0
    /// The sum of the second state, the good generation's.
    package private(set) var secondSum = 0.0
    /// Samples compared.
    package private(set) var count = 0
    /// Samples that only, or better, the first had right.
    package private(set) var firstWins = 0
    /// Samples that only, or better, the second had right.
    package private(set) var secondWins = 0
    private var rightCount = 0

    /// Bytes of memory for that many classes; 0 classes for errors.
    package static func byteCount(classCount: Int) -> Int {
        (windowLength * 5 + classCount * 4 + 63) & ~63
    }

    /// - memory: `byteCount` bytes, 4-byte aligned; cleared here
    package init(classCount: Int, memory: UnsafeMutableRawPointer) {
        self.classCount = classCount
        memory.initializeMemory(
            as: UInt8.self, repeating: 0, count: Self.byteCount(classCount: classCount))
        labels = memory.assumingMemoryBound(to: Int32.self)
        classCounts = (memory + Self.windowLength * 4).assumingMemoryBound(to: UInt32.self)
        isRight = (memory + Self.windowLength * 4 + classCount * 4)
            .assumingMemoryBound(to: UInt8.self)
    }

    /// Begins anew.
    package mutating func reset() {
        firstSum = 0
        secondSum = 0
        count = 0
        firstWins = 0
        secondWins = 0
        rightCount = 0
        classCounts.update(repeating: 0, count: classCount)
    }

    /// Takes one comparison.
    ///
    /// - label: the class; ignored without classes
    package mutating func add(_ errors: PairedErrors, label: Int32) {
        if errors.first < errors.second {
            firstWins += 1
            firstSum = max(0, firstSum + Self.win)
            secondSum = max(0, secondSum + Self.loss)
        } else if errors.second < errors.first {
            secondWins += 1
            firstSum = max(0, firstSum + Self.loss)
            secondSum = max(0, secondSum + Self.win)
        }
        if classCount > 0 { remember(isRight: errors.first == 0, label: label) }
        count += 1
    }

    private mutating func remember(isRight right: Bool, label: Int32) {
        let slot = count % Self.windowLength
        if count >= Self.windowLength {
            rightCount -= Int(isRight[slot])
            classCounts[Int(labels[slot])] &-= 1
        }
        labels[slot] = label
        isRight[slot] = right ? 1 : 0
        rightCount += right ? 1 : 0
        classCounts[Int(label)] &+= 1
    }

    /// Whether the first state is right clearly oftener than the commonest label of the window is:
    /// by two standard errors of a share of one half; not before half a window. Nil without
    /// classes.
    package var firstHasSkill: Bool? {
        guard classCount > 0 else { return nil }
        let known = min(count, Self.windowLength)
        guard known >= Self.windowLength / 2 else { return false }
        var commonest: UInt32 = 0
        for index in 0..<classCount { commonest = max(commonest, classCounts[index]) }
        let lead = Double(rightCount) - Double(commonest)
        return lead > (Double(known)).squareRoot()
    }
}
