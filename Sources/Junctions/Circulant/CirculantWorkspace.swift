// The scratch memory of a circulant junction: the table of cosines and spectra on their way.

import Kernels

/// Offsets into a workspace; every part is a multiple of 64 bytes.
struct CirculantWorkspace {
    private let stagingStart: Int
    private let leftStart: Int
    private let rightStart: Int
    /// Where what only BP and UP need begins.
    let feedforwardBytes: Int
    /// The spectra of e and the partial sums.
    let updateBytes: Int
    private static let partialBytes = 4096 * MemoryLayout<Float>.stride

    init(_ structure: CirculantStructure) {
        let k = structure.blockSize
        let spectrum = k * MemoryLayout<Float>.stride
        let leftBytes = DenseJunction.paddedCount(structure.inputBlocks) * spectrum
        let rightBytes = DenseJunction.paddedCount(structure.outputBlocks) * spectrum
        stagingStart = CirculantTwiddles.paddedCount * MemoryLayout<Float>.stride
        leftStart = stagingStart + (16 * k + 16) * MemoryLayout<Float>.stride
        rightStart = leftStart + leftBytes
        feedforwardBytes = rightStart + rightBytes
        updateBytes = Self.partialBytes + leftBytes
    }

    private func floats(
        _ workspace: UnsafeMutableRawPointer, _ offset: Int
    ) -> UnsafeMutablePointer<Float> {
        (workspace + offset).assumingMemoryBound(to: Float.self)
    }

    /// The table of `CirculantTwiddles`.
    func cosines(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        floats(workspace, 0)
    }
    /// 16 k + 16 floats.
    func staging(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        floats(workspace, stagingStart)
    }
    /// Spectra of x.
    func left(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        floats(workspace, leftStart)
    }
    /// Spectra of y, then of δ.
    func right(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        floats(workspace, rightStart)
    }
    /// Partial sums of BP.
    func partial(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        floats(workspace, feedforwardBytes)
    }
    /// Spectra of e.
    func errors(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        floats(workspace, feedforwardBytes + Self.partialBytes)
    }
}
