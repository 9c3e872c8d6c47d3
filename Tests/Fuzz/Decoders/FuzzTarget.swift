// What a fuzzer calls: bytes in, nothing out, and a trap where a decoder breaks its promise. The
// same entry points are driven by libFuzzer (`make fuzz`) and by `Tests/FuzzTests`, which replays
// the corpus.
//
// Invariants: a target keeps nothing between two inputs, so that every find repeats alone;
// `mend` changes bytes in place and never their number.

/// One decoder as a fuzzer sees it.
public struct FuzzTarget: Sendable {
    /// What it is called on the command line and in the corpus.
    public let name: String
    /// Decodes `bytes` and checks what holds for every input; traps when it does not.
    public let run: @Sendable (_ bytes: UnsafeRawBufferPointer) -> Void
    /// Makes checksums and lengths of a mutated input right again, so that the fuzzer gets past
    /// them; nil where nothing stands in the way.
    public let mend: (@Sendable (_ bytes: UnsafeMutableRawBufferPointer) -> Void)?
    /// Inputs to begin with that code makes better than a file keeps them.
    public let seeds: @Sendable () -> [[UInt8]]

    /// A target.
    public init(
        _ name: String, seeds: @escaping @Sendable () -> [[UInt8]] = { [] },
        mend: (@Sendable (UnsafeMutableRawBufferPointer) -> Void)? = nil,
        run: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) {
        self.name = name
        self.seeds = seeds
        self.run = run
        self.mend = mend
    }
}

/// Traps with `promise` when it is broken: to a fuzzer that is a crash, to a test a failure.
@inline(__always)
public func promise(_ holds: Bool, _ promise: StaticString) {
    if !holds { fatalError("broken: \(promise)") }
}

/// All decoders below the configuration.
public enum DecoderTargets {
    /// Every target, by name.
    public static let all: [FuzzTarget] = [
        FrameFuzz.target, ControlFuzz.target, RingFuzz.target, CheckpointFuzz.target,
        SourceFuzz.npy, SourceFuzz.csv, SourceFuzz.jsonLines, SpoolFuzz.record, SpoolFuzz.journal,
        KeyFuzz.certificate, KeyFuzz.z85, ZmtpFuzz.target,
    ]
}

/// Takes numbers and runs of bytes from the front of an input; zeros when it is used up.
struct InputReader {
    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }
    var remaining: UnsafeRawBufferPointer { rest }

    mutating func byte() -> UInt8 {
        guard let byte = rest.first else { return 0 }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
        return byte
    }

    mutating func word() -> Int { Int(byte()) | Int(byte()) << 8 }

    mutating func run(_ count: Int) -> UnsafeRawBufferPointer {
        let taken = UnsafeRawBufferPointer(rebasing: rest.prefix(count))
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        return taken
    }
}
