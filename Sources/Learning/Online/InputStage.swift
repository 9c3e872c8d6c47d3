// The way of raw features to the network's input: conversion, then the normaliser.
//
// Invariant: `prepare` only reads the section; taking a sample into the statistics is a step of
// its own, so a prediction never sees statistics that contain its sample.

import Junctions
import Kernels
import WeightStore

/// Conversion and normalisation of one learner's features.
struct InputStage {
    private let featureCount: Int
    private let offset: Float
    private let scale: Float
    private let convert: KernelSet.Conversion

    init(_ configuration: LearnerConfiguration, _ kernels: KernelSet) {
        // Not the configuration: taking it out sample by sample would count references.
        featureCount = configuration.featureCount
        offset = configuration.inputOffset
        scale = configuration.inputScale
        switch configuration.elementType {
        case .u8: convert = kernels.convertU8
        case .i16: convert = kernels.convertI16
        case .f32: convert = kernels.convertF32
        default: preconditionFailure("validate refuses other element types")
        }
    }

    /// Raw features to floats: (raw + offset) · scale; padded.
    func convert(_ features: UnsafeRawPointer, _ x: UnsafeMutablePointer<Float>) {
        convert(features, x, featureCount, offset, scale)
    }

    /// Raw features to the network's input, with the statistics as they are; the converted
    /// features stay in `network.raw`.
    func prepare(
        _ features: UnsafeRawPointer, _ network: Network, _ workspace: UnsafeMutableRawPointer,
        _ normaliser: RunningNormaliser?, _ kernels: KernelSet
    ) {
        prepare(
            features, raw: network.raw(workspace), into: network.input(workspace), normaliser,
            kernels)
    }

    /// The same into memory of the caller; padded.
    func prepare(
        _ features: UnsafeRawPointer, raw: UnsafeMutablePointer<Float>,
        into x: UnsafeMutablePointer<Float>, _ normaliser: RunningNormaliser?,
        _ kernels: KernelSet
    ) {
        guard let normaliser else {
            convert(features, x)
            return
        }
        convert(features, raw)
        normaliser.normalise(raw, x, kernels)
    }

    /// The raw value that a network value z of feature `index` stands for: the way back.
    func rawValue(_ index: Int, _ z: Float, _ normaliser: RunningNormaliser?) -> Float {
        let x = normaliser?.original(index, z) ?? z
        return x / scale - offset
    }
}

extension LearnerLayout {
    /// The normaliser of the features in a section.
    func normaliserView(_ section: UnsafeMutableRawPointer) -> RunningNormaliser? {
        view(normaliser, section)
    }

    /// The normaliser of regression targets in a section.
    func targetNormaliserView(_ section: UnsafeMutableRawPointer) -> RunningNormaliser? {
        view(targetNormaliser, section)
    }

    private func view(
        _ fields: NormaliserFields?, _ section: UnsafeMutableRawPointer
    ) -> RunningNormaliser? {
        guard let fields, case .running(let clip, let horizon) = configuration.normaliser else {
            return nil
        }
        return RunningNormaliser(fields, section, clip: clip, horizon: horizon)
    }
}

extension Network {
    /// The output with the highest value; the first of equal ones.
    func predictedClass(_ workspace: UnsafeMutableRawPointer) -> Int32 {
        Self.highest(output(workspace), outputCount)
    }

    /// The first of the highest values.
    @inline(__always)
    static func highest<Value: Comparable>(_ y: UnsafePointer<Value>, _ count: Int) -> Int32 {
        var best = 0
        var value = y[0]
        for index in 1..<count where y[index] > value {
            best = index
            value = y[index]
        }
        return Int32(best)
    }
}
