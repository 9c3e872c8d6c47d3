// Goal: each way in which a safetensors file can be wrong or hostile has its own error, and none
// is a trap. `metadataMissing` means: every rule of safetensors was passed, and it is only not
// one of ours.

import Platform
import Simulation
import Testing
import WeightStore

struct Attack: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let expected: String

    init(_ title: String, length: UInt64, bytes rest: [UInt8] = [], _ expected: String) {
        testDescription = title
        bytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) } + rest
        self.expected = expected
    }

    init(_ title: String, _ header: String, data: Int = 0, _ expected: String) {
        self.init(title, header: [UInt8](header.utf8), data: data, expected)
    }

    init(_ title: String, header: [UInt8], data: Int = 0, _ expected: String) {
        self.init(
            title, length: UInt64(header.count),
            bytes: header + [UInt8](repeating: 0, count: data), expected)
    }

    /// One tensor called a.
    init(tensor fields: String, data: Int = 0, _ expected: String) {
        self.init(
            String(fields.prefix(80)), "{\"a\":{\(fields)}}", data: data, expected)
    }

    static func u8(_ begin: Int, _ end: Int, shape: String? = nil) -> String {
        "{\"dtype\":\"U8\",\"shape\":[\(shape ?? String(end - begin))],"
            + "\"data_offsets\":[\(begin),\(end)]}"
    }
}

private let lengths: [Attack] = [
    Attack("length 0", length: 0, "syntax"),
    Attack("length 1", length: 1, bytes: [0x7B], "syntax"),
    Attack("length 2^63", length: 1 << 63, bytes: [0x7B], "headerTooLong"),
    Attack("length 2^64-1", length: .max, bytes: [0x7B], "headerTooLong"),
    Attack("length of the file", length: 10, bytes: [0x7B, 0x7D], "headerPastEnd"),
    Attack("length of the file less 7", length: 3, bytes: [0x7B, 0x7D], "headerPastEnd"),
    Attack(
        "100 MB of spaces", length: 100_000_000, bytes: [UInt8](repeating: 0x20, count: 100),
        "headerTooLong"),
]

private let texts: [Attack] = [
    Attack("brace only", "{", "syntax"),
    Attack("not UTF-8", header: [0x7B, 0x22, 0xFF, 0x22, 0x7D], "headerNotUTF8"),
    Attack("overlong UTF-8", header: [0x7B, 0x22, 0xC0, 0x80, 0x22, 0x7D], "headerNotUTF8"),
    Attack("byte order mark", header: [0xEF, 0xBB, 0xBF, 0x7B, 0x7D], "syntax"),
    Attack("empty object", "{}", "metadataMissing"),
    Attack("white space around", " \n\t{ } \r\n", "metadataMissing"),
    Attack("text after the object", "{}x", "headerTrailingBytes"),
    Attack("second object", "{}{}", "headerTrailingBytes"),
    Attack("array", "[]", "syntax"),
    Attack("NUL in a name", "{\"a\\u0000\":\(Attack.u8(0, 0))}", "nameInvalid"),
    Attack("raw NUL", header: Array("{\"a\0\":1}".utf8), "controlCharacter"),
    Attack("raw newline in a name", "{\"a\n\":1}", "controlCharacter"),
    Attack("bad escape", "{\"\\x\":1}", "badEscape"),
    Attack("lone high surrogate", "{\"\\uD800\":1}", "badEscape"),
    Attack("lone low surrogate", "{\"\\uDC00\":1}", "badEscape"),
    Attack("escape at the end", "{\"\\", "badEscape"),
    Attack("unended string", "{\"a", "syntax"),
    Attack("trailing comma", "{\"a\":\(Attack.u8(0, 0)),}", "syntax"),
    Attack("name twice", "{\"a\":\(Attack.u8(0, 0)),\"a\":\(Attack.u8(0, 0))}", "duplicateName"),
    Attack("name twice, escaped", "{\"a\":\(Attack.u8(0, 0)),\"\\u0061\":1}", "duplicateName"),
    Attack(
        "long name", "{\"\(String(repeating: "n", count: 257))\":\(Attack.u8(0, 0))}",
        "nameTooLong"),
    Attack(
        "deep arrays", "{\"a\":" + String(repeating: "[", count: 1_000_000), "syntax"),
    Attack(
        "deep objects", String(repeating: "{\"a\":", count: 200_000), "unknownKey"),
    Attack(
        "many tensors",
        "{" + (0..<4097).map { "\"\($0)\":\(Attack.u8(0, 0))" }.joined(separator: ",") + "}",
        "tooManyTensors"),
    Attack("metadata is a number", "{\"__metadata__\":1}", "syntax"),
    Attack("metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}}", "duplicateName"),
    Attack("metadata of a number", "{\"__metadata__\":{\"a\":1}}", "metadataNotText"),
    Attack("metadata of an object", "{\"__metadata__\":{\"a\":{}}}", "metadataNotText"),
    Attack(
        "metadata key twice", "{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", "duplicateMetadata"),
    Attack(
        "much metadata",
        "{\"__metadata__\":{" + (0..<257).map { "\"\($0)\":\"\"" }.joined(separator: ",") + "}}",
        "tooManyMetadata"),
    Attack(
        "format of the future", "{\"__metadata__\":{\"millrace.format\":\"2\"}}",
        "formatUnsupported"),
]

private let tensors: [Attack] = [
    Attack(tensor: "\"shape\":[],\"data_offsets\":[0,0]", "keyMissing"),
    Attack(tensor: "\"dtype\":\"U8\",\"data_offsets\":[0,0]", "keyMissing"),
    Attack(tensor: "\"dtype\":\"U8\",\"shape\":[]", "keyMissing"),
    Attack(tensor: "\"dtype\":\"U8\",\"dtype\":\"U8\"", "duplicateKey"),
    Attack(tensor: "\"shape\":[],\"shape\":[]", "duplicateKey"),
    Attack(tensor: "\"data_offsets\":[0,0],\"data_offsets\":[0,0]", "duplicateKey"),
    Attack(tensor: "\"extra\":1", "unknownKey"),
    Attack(tensor: "\"dtype\":\"BF16\"", "unsupportedElementType"),
    Attack(tensor: "\"dtype\":\"Q99\"", "unknownElementType"),
    Attack(tensor: "\"dtype\":1", "syntax"),
    Attack(tensor: "\"shape\":[-1]", "numberInvalid"),
    Attack(tensor: "\"shape\":[1.0]", "numberInvalid"),
    Attack(tensor: "\"shape\":[1e3]", "numberInvalid"),
    Attack(tensor: "\"shape\":[-0]", "numberInvalid"),
    Attack(tensor: "\"shape\":[01]", "numberInvalid"),
    Attack(tensor: "\"shape\":[]x", "syntax"),
    Attack(tensor: "\"shape\":[18446744073709551616]", "numberTooLarge"),
    Attack(tensor: "\"shape\":[1,1,1,1,1,1,1,1,1]", "rankTooLarge"),
    Attack(
        tensor: "\"shape\":[" + String(repeating: "1,", count: 500_000) + "1]", "rankTooLarge"),
    Attack(tensor: "\"data_offsets\":[0]", "offsetCountDiffers"),
    Attack(tensor: "\"data_offsets\":[0,0,0]", "offsetCountDiffers"),
    Attack(
        tensor: "\"dtype\":\"U8\",\"shape\":[2,18446744073709551614],\"data_offsets\":[0,0]",
        "shapeOverflow"),
    Attack(
        tensor: "\"dtype\":\"U8\",\"shape\":[2,9223372036854775807],\"data_offsets\":[0,0]",
        "shapeOverflow"),
    Attack(
        tensor: "\"dtype\":\"F64\",\"shape\":[0,9223372036854775807],\"data_offsets\":[0,0]",
        "shapeOverflow"),
    Attack(tensor: "\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]", "offsetsReversed"),
    Attack(
        tensor: "\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,2]", data: 2,
        "byteCountDiffers"),
    // 2⁵³ + 1 is not 2⁵³, as it would be through a Double.
    Attack(
        tensor: "\"dtype\":\"U8\",\"shape\":[9007199254740993],"
            + "\"data_offsets\":[0,9007199254740992]", "byteCountDiffers"),
    Attack(
        tensor: "\"dtype\":\"U8\",\"shape\":[9007199254740993],"
            + "\"data_offsets\":[0,9007199254740993]", data: 1, "dataBytesDiffer"),
    Attack(
        tensor: "\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]", data: 1,
        "metadataMissing"),
]

private let coverages: [Attack] = [
    Attack(
        "zero-size tensors share an offset",
        "{\"a\":\(Attack.u8(0, 0)),\"b\":\(Attack.u8(0, 0)),\"c\":\(Attack.u8(0, 2))}",
        data: 2, "metadataMissing"),
    Attack(
        "out of order is legal", "{\"b\":\(Attack.u8(1, 3)),\"a\":\(Attack.u8(0, 1))}", data: 3,
        "metadataMissing"),
    Attack("overlap", "{\"a\":\(Attack.u8(0, 2)),\"b\":\(Attack.u8(1, 3))}", data: 3, "overlap"),
    Attack(
        "same bytes twice", "{\"a\":\(Attack.u8(0, 2)),\"b\":\(Attack.u8(0, 2))}", data: 2,
        "overlap"),
    Attack("hole", "{\"a\":\(Attack.u8(0, 1)),\"b\":\(Attack.u8(2, 3))}", data: 3, "hole"),
    Attack("hole at the start", "{\"a\":\(Attack.u8(1, 2))}", data: 2, "hole"),
    Attack("trailing bytes", "{\"a\":\(Attack.u8(0, 2))}", data: 3, "dataBytesDiffer"),
    Attack("cut", "{\"a\":\(Attack.u8(0, 2))}", data: 1, "dataBytesDiffer"),
    Attack("data without tensors", "{}", data: 1, "dataBytesDiffer"),
]

extension CheckpointError {
    /// The name of the case. The only one that these files meet without facts has no children.
    fileprivate var caseName: String {
        Mirror(reflecting: self).children.first?.label ?? "headerNotUTF8"
    }
}

@Suite struct CheckpointAttackTests {
    @Test(arguments: lengths + texts + tensors + coverages)
    func isRefused(attack: Attack) throws {
        let disk = makeDisk()
        disk.setContents("state/hostile", attack.bytes)
        let error = #expect(throws: CheckpointError.self) {
            try CheckpointReader.open(storage: disk, path: "state/hostile")
        }
        #expect(error?.caseName == attack.expected)
    }

    @Test(arguments: 0..<8)
    func shorterThanALength(count: Int) {
        let disk = makeDisk()
        disk.setContents("state/hostile", [UInt8](repeating: 0, count: count))
        #expect(throws: CheckpointError.fileTooShort(bytes: count)) {
            try CheckpointReader.open(storage: disk, path: "state/hostile")
        }
    }

    /// Our own metadata, each entry damaged.
    @Test(arguments: [
        ("\"millrace.generation\":\"1\"", "\"millrace.generation\":\"0\"", "metadataInvalid"),
        ("\"millrace.generation\":\"1\"", "\"millrace.generation\":\"x\"", "metadataInvalid"),
        ("stride 16 at 0", "stride 32 at 0", "metadataInvalid"),
        ("epochs U32[2]", "epochs U32[3]", "metadataInvalid"),
        ("epochs U32[2] stride 2", "epochs U32[1] stride 2", "layoutDigestDiffers"),
        ("\"stream.epochs\"", "\"stream.other!\"", "layoutContradictsTensors"),
        ("\"millrace.creator\"", "\"millrace.makers!\"", "metadataMissing"),
        ("millrace test", "millrace best", "checksumDiffers"),
    ])
    func ownMetadata(old: String, new: String, expected: String) throws {
        let disk = makeDisk()
        try CheckpointFixture(seed: 1).save(disk, name: "model", generation: 1)
        let bytes = try #require(disk.contents("state/model.safetensors"))
        let headerCount = Int(bytes[0]) + Int(bytes[1]) << 8
        var header = String(decoding: bytes[8..<(8 + headerCount)], as: UTF8.self)
        let range = try #require(header.firstRange(of: old))
        header.replaceSubrange(range, with: new)
        while header.utf8.count > headerCount { header.removeLast() }
        header += String(repeating: " ", count: headerCount - header.utf8.count)
        disk.setContents(
            "state/hostile.safetensors",
            Array(bytes[..<8]) + Array(header.utf8) + Array(bytes[(8 + headerCount)...]))
        let error = #expect(throws: CheckpointError.self) {
            try CheckpointReader.open(storage: disk, path: "state/hostile.safetensors").verify()
        }
        #expect(error?.caseName == expected)
    }
}
