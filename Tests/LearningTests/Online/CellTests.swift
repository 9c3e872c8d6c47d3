// Goal: a learner learns with every cell of the catalogue, a predictor sees what the learner sees,
// and a section tells what its junctions are.

import Arithmetic
import Junctions
import Kernels
import Learning
import Testing

@Suite struct CellTests {
    static let names = LearnerConfiguration.cells.map(\.0)

    private func configuration(_ name: String) throws -> LearnerConfiguration {
        try #require(LearnerConfiguration.cells.first { $0.0 == name }?.1)
    }

    @Test(arguments: names) func learnsSeparateClouds(_ name: String) throws {
        let harness = try LearnerHarness(configuration(name))
        var stream = CloudStream(features: 9, classes: 4, seed: 21)
        var late = 0
        for step in 0..<4_000 {
            let (features, label) = stream.next()
            let outcome = harness.sample(
                features, .classIndex(label), sequence: UInt64(step))
            if step >= 3_000, outcome.predictedClass == label { late += 1 }
        }
        #expect(late > 850, "\(late) of the last 1,000; chance is 250")
    }

    @Test(arguments: names) func aPredictorSeesWhatTheLearnerSees(_ name: String) throws {
        let harness = try LearnerHarness(configuration(name))
        var stream = CloudStream(features: 9, classes: 4, seed: 22)
        for step in 0..<300 {
            let (features, label) = stream.next()
            let prediction = harness.predict(features)
            let outcome = harness.sample(
                features, .classIndex(label), sequence: UInt64(step))
            #expect(prediction.classIndex == outcome.predictedClass, "step \(step)")
        }
    }

    /// Raw bytes become fixed-point inputs on a way of their own, in both.
    @Test(arguments: [Float(1) / 256, 0.3]) func aPredictorReadsBytesAsTheLearnerDoes(
        scale: Float
    ) throws {
        let fixed = JunctionSpecification(
            structure: .dense,
            arithmetic: .fixed(
                try #require(FixedFormat(10, 2, 7))))
        let harness = try LearnerHarness(
            LearnerConfiguration(
                featureCount: 14, elementType: .u8, inputScale: scale, inputOffset: -3,
                normaliser: .none, task: .classification(classCount: 5), hidden: [12],
                hiddenActivation: .sigmoid, outputActivation: .sigmoid, loss: .crossEntropy,
                initialisation: .glorotNormal, seed: 9, learningRate: 0.125,
                junctions: [fixed, fixed], inputWidth: 40, outputWidth: 8))
        let scratch = UnsafeMutableRawPointer.allocate(
            byteCount: harness.layout.predictorWorkspaceBytes, alignment: 64)
        let outputs = UnsafeMutablePointer<Float>.allocate(capacity: 5)
        defer {
            scratch.deallocate()
            outputs.deallocate()
        }
        let predictor = Predictor(layout: harness.layout, workspace: scratch, kernels: .best)
        var random = Xoshiro256StarStar(seed: 6)
        var classes: Set<Int32> = []
        for step in 0..<400 {
            let label = random.index(below: 5)
            let raw = (0..<14).map {
                UInt8(($0 % 5 == label ? 150 : 0) + random.index(below: 106))
            }
            raw.withUnsafeBytes { bytes in
                let features = bytes.baseAddress ?? UnsafeRawPointer(harness.section)
                let predicted = predictor.predict(
                    section: harness.section, features: features, outputs: outputs)
                let outcome = harness.learner.sample(
                    producer: 0, epoch: 1, sequence: UInt64(step), features: features,
                    label: .classIndex(Int32(label)))
                #expect(predicted == outcome.predictedClass, "step \(step)")
                classes.insert(predicted)
            }
        }
        #expect(classes.count > 2)
    }

    @Test(arguments: names) func aSoundSectionHasNoFindings(_ name: String) throws {
        let harness = try LearnerHarness(configuration(name))
        var stream = CloudStream(features: 9, classes: 4, seed: 23)
        for step in 0..<200 {
            let (features, label) = stream.next()
            harness.sample(features, .classIndex(label), sequence: UInt64(step))
        }
        let reports = harness.layout.junctionReports(harness.section)
        #expect(reports.map(\.findings) == reports.map { _ in [] })
        #expect(reports.allSatisfy { !$0.checks.isEmpty && $0.weightCount > 0 })
        #expect(harness.layout.firstFinding(harness.section) == nil)
    }

    /// A float weight that is not a number is found, whatever the structure.
    @Test(
        arguments: LearnerConfiguration.cells.filter { $0.1.junction(1).arithmetic == .float32 }
            .map(\.0))
    func aDamagedWeightIsFound(_ name: String) throws {
        let configuration = try configuration(name)
        let harness = try LearnerHarness(configuration)
        let field = try #require(
            harness.layout.section.fields.first { $0.name.hasPrefix("junction.1.") })
        (harness.section + field.offset).storeBytes(of: Float.nan, as: Float.self)
        #expect(harness.layout.firstFinding(harness.section) != nil)
        #expect(
            !OnlineLearner.allWeightsFinite(
                layout: harness.layout, section: harness.section, kernels: .best))
    }
}

extension CellTests {
    /// A network that diverges keeps finite weights: learning stops, and nothing else does.
    @Test(arguments: names) func aDivergingNetworkStaysFinite(_ name: String) throws {
        var configuration = try configuration(name)
        guard configuration.junctions.contains(where: { $0.arithmetic == .float32 }) else { return }
        configuration.hiddenActivation =
            configuration.junction(1).arithmetic == .float32
            ? .identity : .sigmoid
        configuration.normaliser = .none
        let harness = try LearnerHarness(configuration)
        var stream = CloudStream(features: 9, classes: 4, seed: 24)
        for step in 0..<300 {
            let (features, label) = stream.next()
            harness.sample(
                features.map { $0 * 1e6 }, .classIndex(label), sequence: UInt64(step))
        }
        #expect(
            OnlineLearner.allWeightsFinite(
                layout: harness.layout, section: harness.section, kernels: .best))
        #expect(harness.layout.firstFinding(harness.section) == nil)
    }
}
