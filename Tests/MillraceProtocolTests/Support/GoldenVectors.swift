// protocol/golden as the tests see it: the index, and the bytes of each vector.

import FoundationEssentials
import MillraceProtocol
import Testing

/// The index of protocol/golden.
struct GoldenIndex: Decodable, Sendable {
    struct Schema: Decodable, Sendable {
        var elementType: String
        var features: Int
        var outputs: Int
        var task: String

        var wire: WireSchema? {
            guard let element = WireElementType(name: elementType),
                let task = WireTask(name: task)
            else { return nil }
            return WireSchema(
                elementType: element, featureCount: features, outputCount: outputs, task: task)
        }
    }
    struct Header: Decodable, Sendable {
        var version: UInt8
        var type: String
        var flags: UInt16
        var sequence: UInt64
        var epoch: UInt32
        var count: UInt32
        var bodyBytes: UInt32
    }
    /// Every field that some vector has; which of them, its frame type decides.
    struct Fields: Decodable, Sendable {
        var name, digest, text, json: String?
        var epoch, maxBatch, count: UInt32?
        var next, durable, limit, generation, first, request, expected: UInt64?
        var reason: UInt16?
        var schema: Schema?
        var features: [[Double]]?
        var classes: [Int32]?
        var targets, outputs: [[Double]]?
        var samples: [UInt64]?
        var wantsCost: Bool?
        /// Clocks, nanoseconds, accesses, energy.
        var cost: [UInt64]?

        var deviceCost: DeviceCost? {
            cost.map {
                DeviceCost(clocks: $0[0], nanoseconds: $0[1], accesses: $0[2], energy: $0[3])
            }
        }
    }
    struct Valid: Decodable, Sendable, CustomTestStringConvertible {
        var name, file: String
        var header: Header
        var fields: Fields
        var testDescription: String { name }
    }
    struct Broken: Decodable, Sendable, CustomTestStringConvertible {
        var name, file, reason: String
        var schema: Schema?
        var testDescription: String { name }
    }
    var maxBatch: UInt32
    var valid: [Valid]
    var broken: [Broken]
}

/// Files of the package, found from this file's own place.
enum PackageFiles {
    static let root = String(
        #filePath.dropLast("Tests/MillraceProtocolTests/Support/GoldenVectors.swift".count))

    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: root + path)))
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try bytes(path), as: UTF8.self)
    }
}

enum Golden {
    static let index: GoldenIndex = {
        do {
            let bytes = try PackageFiles.bytes("protocol/golden/frames.json")
            return try JSONDecoder().decode(GoldenIndex.self, from: Data(bytes))
        } catch {
            fatalError("protocol/golden/frames.json: \(error)")
        }
    }()

    /// The bytes of a vector, from its lines of hexadecimal digits.
    static func frame(_ file: String) throws -> [UInt8] {
        let digits = try PackageFiles.text("protocol/golden/" + file).filter { $0 != "\n" }
        var bytes: [UInt8] = []
        var rest = Substring(digits)
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else {
                throw CocoaError(.fileReadCorruptFile)
            }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
