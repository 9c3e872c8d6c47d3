// Goal: the front is exactly the points that nothing dominates. Method: the definition by brute
// force, over drawn points with many ties, and all orders of small sets.

import Accelerator
import Arithmetic
import Testing

@Suite struct ParetoFrontTests {
    /// The definition, word by word.
    private func bruteForce(_ points: [[Double]]) -> [Int] {
        points.indices.filter { index in
            !points.contains { other in
                let isNowhereWorse = zip(other, points[index]).allSatisfy { $0 <= $1 }
                let isSomewhereBetter = zip(other, points[index]).contains { $0 < $1 }
                return isNowhereWorse && isSomewhereBetter
            }
        }
    }

    @Test(arguments: 1...4)
    func theFrontIsTheDefinition(dimensions: Int) {
        var generator = SplitMix64(seed: UInt64(dimensions) &* 7919)
        for round in 0..<400 {
            let count = round % 23
            let grades = UInt64(2 + round % 9)
            let points = (0..<count).map { _ in
                (0..<dimensions).map { _ in Double(generator.next() % grades) - 2 }
            }
            #expect(ParetoFront.indices(of: points) == bruteForce(points), "\(points)")
        }
    }

    @Test func equalPointsAllStay() {
        #expect(ParetoFront.indices(of: [[1, 2], [1, 2], [2, 2]]) == [0, 1])
        #expect(ParetoFront.indices(of: []).isEmpty)
    }

    @Test func theOrderOfPointsDoesNotMatter() {
        let points: [[Double]] = [[3, 1], [2, 2], [1, 3], [2, 3], [3, 3]]
        for rotation in points.indices {
            let turned = Array(points[rotation...] + points[..<rotation])
            let front = ParetoFront.indices(of: turned).map { turned[$0] }
            #expect(Set(front) == [[3, 1], [2, 2], [1, 3]])
        }
    }

    @Test func dominanceIsStrict() {
        #expect(ParetoFront.dominates([1, 2], [1, 3]))
        #expect(!ParetoFront.dominates([1, 2], [1, 2]))
        #expect(!ParetoFront.dominates([1, 2], [0, 3]))
    }
}
