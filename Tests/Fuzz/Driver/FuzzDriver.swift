// libFuzzer around one target. It calls `LLVMFuzzerTestOneInput` with every input, and
// `LLVMFuzzerCustomMutator` to make the next: its own mutations, after which a target mends
// checksums and lengths (fifteen times of sixteen; the rest keeps them broken).
//
// Built only by scripts/fuzz, for it needs libFuzzer's runtime. One process fuzzes one target;
// which one is in the environment, because libFuzzer starts its own children with its arguments.

import FuzzDecoders
import Glibc

/// Chooses the target and hands over to libFuzzer.
public enum FuzzDriver {
    fileprivate static let chosen = Chosen()

    fileprivate final class Chosen: @unchecked Sendable {
        var target: FuzzTarget?
    }

    /// Runs libFuzzer on the target that MILLRACE_FUZZ_TARGET names; does not return before its
    /// end.
    public static func run(_ targets: [FuzzTarget]) -> Never {
        let name = getenv("MILLRACE_FUZZ_TARGET").map { String(cString: $0) }
        guard let target = targets.first(where: { $0.name == name }) else {
            print(targets.map(\.name).joined(separator: "\n"))
            exit(name == nil ? 0 : 64)
        }
        if let folder = getenv("MILLRACE_FUZZ_SEEDS") {
            writeSeeds(of: target, to: String(cString: folder))
            exit(0)
        }
        chosen.target = target
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(runLibFuzzer(&count, &arguments, testOneInput))
    }

    private static func writeSeeds(of target: FuzzTarget, to folder: String) {
        for (index, seed) in target.seeds().enumerated() {
            var bytes = seed
            bytes.withUnsafeMutableBytes { target.mend?($0) }
            guard let file = fopen("\(folder)/made-\(index)", "wb") else { exit(73) }
            fwrite(bytes, 1, bytes.count, file)
            fclose(file)
        }
    }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runLibFuzzer(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<
        UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    >,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

@_silgen_name("LLVMFuzzerMutate")
private func mutateByLibFuzzer(
    _ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int, _ capacity: Int
) -> Int

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    FuzzDriver.chosen.target?.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

@_cdecl("LLVMFuzzerCustomMutator")
func mutate(
    _ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int, _ capacity: Int, _ seed: UInt32
) -> Int {
    let newCount = mutateByLibFuzzer(bytes, count, capacity)
    if let mend = FuzzDriver.chosen.target?.mend, seed & 15 != 0 {
        mend(UnsafeMutableRawBufferPointer(start: bytes, count: newCount))
    }
    return newCount
}
