// The shape of a ring: how many slots, how large, for which layout. It is written into the
// superblock, and a ring file is used only by a daemon that wants exactly the same shape.
//
//     file:    superblock | slot 0 | slot 1 | … | slot n−1 | superblock
//     slot:    header page (4 KiB) | learner section | stream section | zeros to a full page
//     memory:  slot 0 | slot 1 | … | slot n−1 | one scratch page        (slots as in the file)

/// The shape of a ring of generations, in the file and in memory.
public struct RingGeometry: Sendable {
    /// Bytes of the superblock, of a slot's header and of the unit that slots are rounded up to.
    public static let pageBytes = 4096
    /// Ring slots that a configuration may ask for.
    public static let slotCountRange = 4...1024
    /// Held slots that a configuration may ask for.
    public static let heldCountRange = 1...8
    /// Largest section, in bytes (1 TiB): keeps every sum of sizes far from overflow.
    public static let sectionBytesMax = 1 << 40
    /// Longest description, in UTF-8 bytes.
    public static let descriptionBytesMax = 1024

    /// K: slots that take turns.
    public let slotCount: Int
    /// H: further slots, so that as many generations can be held while K still take turns.
    public let heldCount: Int
    /// Bytes of the learner section; a multiple of 64.
    public let learnerBytes: Int
    /// Bytes of the stream section; a multiple of 64.
    public let streamBytes: Int
    /// `SectionLayout.digest` of both layouts.
    public let layoutDigest: UInt64
    /// One line for people, such as `har 561-128-6 f32`: shown when two rings differ; not compared.
    public let description: String

    /// A ring of `slotCount` + `heldCount` equal slots.
    ///
    /// - description: shortened to `descriptionBytesMax` bytes.
    public init(
        slotCount: Int, heldCount: Int, learnerBytes: Int, streamBytes: Int, layoutDigest: UInt64,
        description: String = ""
    ) {
        precondition(Self.slotCountRange.contains(slotCount), "4 to 1024 ring slots")
        precondition(Self.heldCountRange.contains(heldCount), "1 to 8 held slots")
        precondition(Self.isSectionSize(learnerBytes), "a learner section is full 64-byte lines")
        precondition(Self.isSectionSize(streamBytes), "a stream section is full 64-byte lines")
        self.slotCount = slotCount
        self.heldCount = heldCount
        self.learnerBytes = learnerBytes
        self.streamBytes = streamBytes
        self.layoutDigest = layoutDigest
        var text = description
        while text.utf8.count > Self.descriptionBytesMax { text.removeLast() }
        self.description = text
    }

    /// The ring for two layouts.
    public init(
        slotCount: Int, heldCount: Int, learner: SectionLayout, stream: SectionLayout,
        description: String = ""
    ) {
        self.init(
            slotCount: slotCount, heldCount: heldCount, learnerBytes: learner.byteCount,
            streamBytes: stream.byteCount,
            layoutDigest: SectionLayout.digest(learner: learner, stream: stream),
            description: description)
    }

    static func isSectionSize(_ bytes: Int) -> Bool {
        (0...sectionBytesMax).contains(bytes) && bytes % SectionLayout.alignment == 0
    }

    /// K + H: slots in the file and in memory.
    public var totalSlots: Int { slotCount + heldCount }
    /// Bytes of both sections together.
    public var payloadBytes: Int { learnerBytes + streamBytes }
    /// Bytes from slot to slot, a multiple of `pageBytes`.
    public var slotBytes: Int {
        Self.pageBytes + (payloadBytes + Self.pageBytes - 1) / Self.pageBytes * Self.pageBytes
    }
    /// Bytes of the ring file.
    public var fileBytes: Int { 2 * Self.pageBytes + totalSlots * slotBytes }
    /// Bytes of memory that `Ring.init` wants.
    public var memoryBytes: Int { totalSlots * slotBytes + Self.pageBytes }

    /// The shape in one line for a person: description, slots, bytes of both sections.
    public var shapeText: String {
        (description.isEmpty ? "" : description + ", ")
            + "\(slotCount) + \(heldCount) slots, \(learnerBytes) + \(streamBytes) bytes"
    }

    /// Offset of a slot's header in the file.
    public func fileOffset(slot: Int) -> Int { Self.pageBytes + slot * slotBytes }
    /// Offset of the second superblock.
    public var lastSuperblockOffset: Int { fileBytes - Self.pageBytes }
}

extension RingGeometry: Equatable {
    /// Equal in everything but the description.
    public static func == (left: RingGeometry, right: RingGeometry) -> Bool {
        left.slotCount == right.slotCount && left.heldCount == right.heldCount
            && left.learnerBytes == right.learnerBytes && left.streamBytes == right.streamBytes
            && left.layoutDigest == right.layoutDigest
    }
}
