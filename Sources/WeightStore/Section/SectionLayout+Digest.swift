// The layout digest: two states may be exchanged if and only if their digests are equal.

import MillraceProtocol

extension SectionLayout {
    /// XXH64 of `learner:`, the lines of the learner layout, `stream:` and the lines of the
    /// stream layout, each line ended by a newline: changes with every name, element type, shape,
    /// stride and offset.
    public static func digest(learner: SectionLayout, stream: SectionLayout) -> UInt64 {
        var state = XXH64()
        for line in ["learner:"] + learner.lines + ["stream:"] + stream.lines {
            var text = line + "\n"
            text.withUTF8 { state.update(UnsafeRawBufferPointer($0)) }
        }
        return state.digest
    }
}
