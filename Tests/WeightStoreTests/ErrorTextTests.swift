// What a person reads about a ring or a checkpoint that cannot be used.

import Platform
import Testing
import WeightStore

@Suite struct ErrorTextTests {
    @Test(arguments: [
        (
            CheckpointError.syntax(expected: ":", offset: 3005),
            "byte 3005 of the header: expected :"
        ),
        (
            .shapeDiffers(tensor: "learner.w", found: "F32[10,784]", wanted: "F32[10,64]"),
            "tensor learner.w: it is F32[10,784], and F32[10,64] is wanted"
        ),
        (
            .checksumDiffers(expected: 0xAB, found: 0xFFFF_FFFF),
            "the CRC-32C is ffffffff, and 000000ab is expected"
        ),
        (.storage(.notFound(path: "a")), "a: no such file or directory"),
        (.duplicateName("w"), "w stands twice in the header"),
    ]) func aCheckpointSaysWhereAndWhat(error: CheckpointError, text: String) {
        #expect("\(error)" == text)
    }

    @Test(arguments: [
        (SlotDamage.foreignRing, "it belongs to another ring"),
        (
            .stateDigest(expected: 1, found: 2),
            "its state digest is 0000000000000001, and its header says 0000000000000002"
        ),
        (.unsupportedVersion(7), "format version 7, and this version reads 1"),
    ]) func aSlotSaysWhat(damage: SlotDamage, text: String) {
        #expect("\(damage)" == text)
    }

    @Test func aRingNamesBothShapes() {
        func geometry(_ description: String, slots: Int) -> RingGeometry {
            RingGeometry(
                slotCount: slots, heldCount: 1, learnerBytes: 64, streamBytes: 128,
                layoutDigest: 0, description: description)
        }
        let error = RingError.geometryDiffers(
            found: geometry("784-10", slots: 4), wanted: geometry("64-10", slots: 8))
        #expect(
            "\(error)" == "the ring is for another shape: it has 784-10, 4 + 1 slots, 64 + 128 "
                + "bytes, and 64-10, 8 + 1 slots, 64 + 128 bytes is wanted")
    }

    @Test func aRingWithoutSuperblocksSaysWhatIsWrongWithEach() {
        let error = RingError.superblocksDamaged(path: "ring", first: .badMagic, last: .missing)
        #expect(
            "\(error)" == "ring is not a ring, or destroyed; the first superblock: it does not "
                + "begin with MILLRING; the last: the file is too short for it")
    }
}
