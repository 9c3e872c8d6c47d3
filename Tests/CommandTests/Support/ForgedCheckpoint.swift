// A checkpoint with other numbers than were learned, whole in every other way: its checksum and its
// digest are right, as those of anybody are who can write a file.

import MillraceProtocol
import Platform
import WeightStore

enum ForgedCheckpoint {
    /// Writes `folder`/`name`.safetensors: the checkpoint at `path`, with `change` made to one field
    /// of its learner section; returns where it is.
    static func write(
        from path: String, to folder: String, name: String, field: String,
        change: (UnsafeMutableRawPointer) -> Void
    ) throws -> String {
        let storage = LinuxStorage()
        let checkpoint = try CheckpointReader.open(storage: storage, path: path)
        defer { checkpoint.close() }
        let facts = checkpoint.facts
        let learner = try load(checkpoint, .learner, facts.learnerLayout)
        defer { learner.deallocate() }
        let stream = try load(checkpoint, .stream, facts.streamLayout)
        defer { stream.deallocate() }
        guard let section = learner.baseAddress, let positions = stream.baseAddress,
            let place = facts.learnerLayout[field]
        else { throw ForgeryError.noField(field) }
        change(section + place.offset)
        var header = facts.header
        header.stateDigest = XXH64.digest(UnsafeRawBufferPointer(learner))
        try CheckpointWriter.save(
            storage: storage, directory: folder, name: name, header: header,
            learnerLayout: facts.learnerLayout, learner: section,
            streamLayout: facts.streamLayout, stream: positions,
            configuration: facts.configuration, creator: facts.creator)
        return "\(folder)/\(name).safetensors"
    }

    private static func load(
        _ checkpoint: Checkpoint, _ part: CheckpointSection, _ layout: SectionLayout
    ) throws -> UnsafeMutableRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: layout.byteCount, alignment: SectionLayout.alignment)
        try checkpoint.load(part, layout: layout, into: memory)
        return memory
    }

    enum ForgeryError: Error {
        case noField(String)
    }
}
