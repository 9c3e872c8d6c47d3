// Goal: a lane-aligned pattern has exact degrees, no clash and no edge twice, for many shapes and
// densities; wrong ones are refused with the nearest right ones; a damaged table is noticed.

import Arithmetic
import Junctions
import Testing

@Suite struct LaneAlignedPatternTests {
    private func blocks(_ pattern: LaneAlignedPattern) -> [UInt32] {
        var words = [UInt32](repeating: 0, count: pattern.blockCount)
        words.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { pattern.fillBlocks(base) }
        }
        return words
    }

    private func leftNeurons(_ pattern: LaneAlignedPattern) -> [Int] {
        var left = [UInt32](repeating: 0, count: pattern.outputs * pattern.inDegree)
        left.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { pattern.fill(base) }
        }
        return left.map { Int($0) }
    }

    private func findings(_ pattern: LaneAlignedPattern, _ words: [UInt32]) -> [String] {
        words.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { pattern.findings(blocks: $0) } ?? ["no blocks"]
        }
    }

    /// Every legal density of shapes with few and with many: judged edge by edge, apart from
    /// `findings`.
    @Test(arguments: [(16, 16), (48, 32), (64, 64), (32, 112), (160, 64), (784, 128)])
    func degreesAreExactAndNothingClashes(_ shape: (Int, Int)) throws {
        let (inputs, outputs) = shape
        let unit = try LaneAlignedPattern(
            inputs: inputs, outputs: outputs, density: 1, seed: 1)
        var found = 0
        for inDegree in 1...inputs where unit.groups * inDegree % unit.rows == 0 {
            found += 1
            let pattern = try LaneAlignedPattern(
                inputs: inputs, outputs: outputs, density: Double(inDegree) / Double(inputs),
                seed: UInt64(inDegree))
            #expect(pattern.inDegree == inDegree)
            #expect(pattern.outDegree * inputs == inDegree * outputs)
            #expect(pattern.edgeCount == inDegree * outputs)
            let left = leftNeurons(pattern)
            var degrees = [Int](repeating: 0, count: inputs)
            for neuron in left { degrees[neuron] += 1 }
            #expect(degrees.allSatisfy { $0 == pattern.outDegree }, "in-degree \(inDegree)")
            for j in 0..<outputs {
                let own = left[j * inDegree..<(j + 1) * inDegree]
                #expect(Set(own).count == inDegree, "right neuron \(j)")
            }
            // Sixteen right neurons in one clock: one row, sixteen banks.
            for group in 0..<pattern.groups {
                for slot in 0..<inDegree {
                    let read = (0..<16).map { left[(16 * group + $0) * inDegree + slot] }
                    #expect(Set(read.map { $0 / 16 }).count == 1)
                    #expect(Set(read.map { $0 % 16 }).count == 16)
                }
            }
            #expect(findings(pattern, blocks(pattern)) == [])
        }
        #expect(found > 0)
    }

    @Test func aPatternFollowsFromItsSeed() throws {
        let make = { (seed: UInt64) in
            try LaneAlignedPattern(inputs: 256, outputs: 256, density: 1 / 32, seed: seed)
        }
        #expect(try blocks(make(1)) == blocks(make(1)))
        #expect(try blocks(make(1)) != blocks(make(2)))
        #expect(try make(1) != make(2))
    }

    /// Rows come together in groups about as often as chance has it, and shifts are all used.
    @Test func aPatternIsScattered() throws {
        let pattern = try LaneAlignedPattern(
            inputs: 1024, outputs: 1024, density: 1 / 64, seed: 3)
        let words = blocks(pattern)
        var pairs = [Int](repeating: 0, count: 64 * 64)
        var shifts = [Int](repeating: 0, count: 16)
        for group in 0..<64 {
            let own = words[group * 16..<(group + 1) * 16]
            for word in own { shifts[Int(word % 64)] += 1 }
            for a in own { for b in own where a < b { pairs[Int(a / 64 * 64 + b / 64)] += 1 } }
        }
        // 64 groups · 120 pairs over 2016 places: 3.8 each.
        #expect(pairs.max() ?? 0 <= 14)
        #expect(pairs.count { $0 > 0 } > 1800)
        #expect(shifts.allSatisfy { $0 > 32 && $0 < 96 })
    }

    @Test func raggedShapesCountRealEdgesOnly() throws {
        for (inputs, outputs) in [(1, 1), (20, 37), (33, 16), (16, 10), (100, 50)] {
            for step in 1...16 {
                let pattern = try LaneAlignedPattern(
                    inputs: inputs, outputs: outputs, density: Double(step) / 16, seed: 5)
                let left = leftNeurons(pattern)
                #expect(left.count { $0 < inputs } == pattern.edgeCount)
                #expect(left.allSatisfy { $0 < 16 * pattern.rows })
                if step == 16 { #expect(pattern.edgeCount == inputs * outputs) }
                #expect(findings(pattern, blocks(pattern)) == [])
            }
        }
    }

    @Test func wrongDensitiesNameTheNearestRightOnes() {
        let error = { (density: Double) -> String in
            do throws(StructureError) {
                _ = try LaneAlignedPattern(
                    inputs: 64, outputs: 32, density: density, seed: 1)
                return ""
            } catch {
                return error.description
            }
        }
        let rule = "must be a multiple of 1/32, at most 1:"
        #expect(error(0.25) == "")
        #expect(error(0.3) == "density is 0.3 (in-degree 19.2), but \(rule) 0.28125 or 0.3125")
        #expect(error(0.01) == "density is 0.01 (in-degree 0.64), but \(rule) 0.03125")
        #expect(error(0) == "density is 0.0 (in-degree 0.0), but \(rule) 0.03125")
        #expect(error(-3) == "density is -3.0 (in-degree -192.0), but \(rule) 0.03125")
        #expect(error(1.5) == "density is 1.5 (in-degree 96.0), but \(rule) 1.0")
        #expect(error(.nan) == "density is nan (in-degree nan), but \(rule) 0.03125")
        #expect(error(.infinity) == "density is inf (in-degree inf), but \(rule) 1.0")
    }

    @Test func outDegreesAndCountsAreChecked() throws {
        let pattern = try LaneAlignedPattern(inputs: 64, outputs: 48, outDegree: 9, seed: 1)
        #expect(pattern.inDegree == 12)
        let error = { (inputs: Int, outDegree: Int) -> StructureError? in
            do throws(StructureError) {
                _ = try LaneAlignedPattern(
                    inputs: inputs, outputs: 48, outDegree: outDegree, seed: 1)
                return nil
            } catch {
                return error
            }
        }
        let rule = "a multiple of 3, at most 48:"
        #expect(error(64, 10) == .init("out-degree", found: "10", expected: "\(rule) 9 or 12"))
        #expect(error(64, 0) == .init("out-degree", found: "0", expected: "\(rule) 3"))
        #expect(error(64, 49) == .init("out-degree", found: "49", expected: "\(rule) 48"))
        #expect(error(0, 3) == .init("inputs", found: "0", expected: "1 to 2²⁴"))
        #expect(error(64, 48) == nil)
    }

    @Test func damagedBlocksAreNoticed() throws {
        let pattern = try LaneAlignedPattern(inputs: 64, outputs: 64, density: 1 / 16, seed: 2)
        let words = blocks(pattern)
        let damage = { (change: (inout [UInt32]) -> Void) -> [String] in
            var copy = words
            change(&copy)
            return findings(pattern, copy)
        }
        #expect(
            damage { $0[3] |= 16 } == ["pattern: 1 blocks do not read sixteen banks of their row"])
        #expect(
            damage { $0[3] = 64 * 9 } == [
                "pattern: 1 blocks read a row that is not there",
                "pattern: 1 rows have an out-degree other than 4",
            ])
        #expect(
            damage { $0[1] = $0[0] } == [
                "pattern: 2 rows have an out-degree other than 4",
                "pattern: 1 blocks occur twice",
            ])
    }
}
