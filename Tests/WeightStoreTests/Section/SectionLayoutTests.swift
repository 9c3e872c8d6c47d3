// Goal: a layout puts fields where it says, its digest sees every change, and its text comes back.

import Testing
import WeightStore

@Suite struct SectionLayoutTests {
    @Test func fieldsAreAlignedAndDoNotOverlap() {
        var layout = SectionLayout()
        let weights = layout.add("weights", .f32, shape: [10, 784], rowStride: 784)
        let bias = layout.add("bias", .f32, shape: [10], rowStride: 16)
        let step = layout.add("step", .u64, shape: [])
        let none = layout.add("none", .u8, shape: [0])
        #expect(weights.offset == 0)
        #expect(weights.byteCount == 31360)
        #expect(bias.offset == 31360)
        #expect(bias.byteCount == 64)
        #expect(bias.packedByteCount == 40)
        #expect(step.offset == 31424)
        #expect(step.elementCount == 1)
        #expect(none.offset == 31488)
        #expect(layout.byteCount == 31488)
        #expect(layout["bias"] == bias)
        #expect(layout["other"] == nil)
        #expect(layout.lines[1] == "bias F32[10] stride 16 at 31360")
    }

    @Test(arguments: [
        ("b", ElementType.f32, [2, 3], 4), ("a", .i32, [2, 3], 4), ("a", .f32, [3, 2], 4),
        ("a", .f32, [2, 3], 5), ("a", .f32, [6], 6),
    ])
    func digestSeesEveryChange(
        name: String, element: ElementType, shape: [Int], rowStride: Int
    ) {
        var one = SectionLayout()
        one.add("a", .f32, shape: [2, 3], rowStride: 4)
        var other = SectionLayout()
        other.add(name, element, shape: shape, rowStride: rowStride)
        let none = SectionLayout()
        let digest = SectionLayout.digest(learner: one, stream: none)
        #expect(digest != SectionLayout.digest(learner: other, stream: none))
        #expect(digest != SectionLayout.digest(learner: none, stream: one))
        #expect(digest == SectionLayout.digest(learner: one, stream: none))
    }
}
