import Glibc
class StubSource: SampleSource {
    var name: String { "" }
    var schema: SourceSchema { SourceSchema(element: .f32, featureCount: 1) }
    var isSeekable: Bool { false }
    var isLive: Bool { false }
    var count: Int? { nil }
    var identity: SourceIdentity? { nil }
    var notes: [String] { [] }
    func read(from index: Int, count: Int, into batch: inout SampleBatch, timeoutMilliseconds: Int?)
        throws(SourceError) -> ReadOutcome
    { .end }
}
final class HostSource: StubSource {
    init(options: String, source: SourceOptions) throws(SourceError) {}
}
final class MorseSource: StubSource {
    init(options: String, source: SourceOptions) throws(SourceError) {}
}
final class NpySource: StubSource {
    init(path: String, options: SourceOptions) throws(SourceError) {}
}
final class TextSource: StubSource {
    init(path: String, _ format: TextFormat, _ options: SourceOptions) throws(SourceError) {}
    init(standardInputWith: SourceOptions) throws(SourceError) {}
}
