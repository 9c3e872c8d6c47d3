// swift-tools-version: 6.2
import PackageDescription

// The house is a ladder: a target may import only targets on a lower rung.
// `Tests/HouseTests` reads every import line and checks it against the same table
// (ARCHITECTURE.md, "The house").

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// No fusing that the source does not ask for; square roots as one instruction; and no bodies
/// handed to other modules, which are compiled for older processors.
let kernelFlags = [
    "-Xcc", "-ffp-contract=off", "-Xcc", "-fno-math-errno", "-disable-cmo",
]

/// One kernel source, built once per instruction set. The flags reach Swift's code
/// generator through the clang importer; without them every fused multiply-add
/// becomes a call into libm.
func kernelTarget(_ name: String, march: String?) -> Target {
    var settings = strict
    settings.append(.unsafeFlags(kernelFlags))
    if let march {
        settings.append(.unsafeFlags(["-Xcc", "-march=\(march)"]))
    }
    return .target(
        name: name, dependencies: ["Arithmetic", "CLanes"], swiftSettings: settings)
}

#if arch(x86_64)
    let kernelBuilds: [Target] = [
        kernelTarget("KernelsV3", march: "x86-64-v3"),
        kernelTarget("KernelsV4", march: "x86-64-v4"),
    ]
#else
    let kernelBuilds: [Target] = []
#endif

/// The executables of `make fuzz`. They need libFuzzer's runtime and the flags that
/// scripts/fuzz gives, so that no other build knows them.
var fuzzers: [Target] = []
if Context.environment["MILLRACE_FUZZ"] != nil {
    fuzzers = [
        .target(
            name: "FuzzDriver", dependencies: ["FuzzDecoders"], path: "Tests/Fuzz/Driver",
            swiftSettings: strict),
        .executableTarget(
            name: "fuzz-decoders", dependencies: ["FuzzDecoders", "FuzzDriver"],
            path: "Tests/Fuzz/Main/Decoders", swiftSettings: strict),
        .executableTarget(
            name: "fuzz-configuration", dependencies: ["FuzzConfiguration", "FuzzDriver"],
            path: "Tests/Fuzz/Main/Configuration", swiftSettings: strict),
    ]
}

let package = Package(
    name: "millrace",
    products: [
        .executable(name: "millraced", targets: ["millraced"]),
        .executable(name: "millrace", targets: ["millrace"]),
        .library(name: "MallocCount", type: .dynamic, targets: ["MallocCount"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // C: what Swift cannot say (checksum instruction, CPU features, libzmq's header).
        .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        .target(name: "CLanes"),
        .target(name: "CMachine", cSettings: [.unsafeFlags(["-O2", "-ffp-contract=off"])]),

        // Rung 0
        .target(name: "Arithmetic", swiftSettings: strict),
        .target(name: "Platform", dependencies: ["CMachine"], swiftSettings: strict),
        .target(name: "MillraceProtocol", dependencies: ["CMachine"], swiftSettings: strict),

        // Rung 1
        .target(
            name: "Kernels",
            dependencies: ["Arithmetic", "CLanes", "CMachine"]
                + kernelBuilds.map { .target(name: $0.name) },
            swiftSettings: strict + [.unsafeFlags(kernelFlags)]),
        .target(
            name: "WeightStore", dependencies: ["Platform", "MillraceProtocol"],
            swiftSettings: strict),
        .target(
            name: "Messaging", dependencies: ["CZeroMQ", "MillraceProtocol"],
            swiftSettings: strict),

        // Rung 2
        .target(
            name: "Junctions", dependencies: ["Arithmetic", "Kernels"], swiftSettings: strict),
        .target(
            name: "SampleSources", dependencies: ["Arithmetic", "Platform"],
            swiftSettings: strict),
        .target(
            name: "Client",
            dependencies: ["MillraceProtocol", "Platform", "Messaging"],
            path: "clients/cli/Client", swiftSettings: strict),

        // Rung 3
        .target(
            name: "Accelerator", dependencies: ["Arithmetic", "Junctions", "Platform"],
            swiftSettings: strict),

        // Rung 4
        .target(
            name: "Learning",
            dependencies: [
                "Accelerator", "Arithmetic", "Junctions", "Kernels", "MillraceProtocol",
                "WeightStore",
            ],
            swiftSettings: strict),

        // Rung 5
        .target(
            name: "Daemon",
            dependencies: [
                "Accelerator", "Arithmetic", "Kernels", "Learning", "Messaging",
                "MillraceProtocol", "Platform", "WeightStore",
            ],
            swiftSettings: strict),

        // Rung 6
        .target(
            name: "Configuration",
            dependencies: [
                "Accelerator", "Arithmetic", "Junctions", "Learning", "SampleSources",
                "WeightStore", .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            resources: [.embedInCode("Devices")], swiftSettings: strict),

        // Rung 7
        .executableTarget(
            name: "millraced",
            dependencies: [
                "Accelerator", "Configuration", "Daemon", "Messaging", "MillraceProtocol",
                "Platform", "SampleSources",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "millrace",
            dependencies: [
                "Accelerator", "Client", "Configuration", "Junctions", "Kernels", "Learning",
                "Messaging", "MillraceProtocol", "Platform", "SampleSources", "WeightStore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "clients/cli/millrace", swiftSettings: strict),
        .executableTarget(
            name: "kernel-bench",
            dependencies: ["Arithmetic", "Junctions", "Kernels", "Platform"],
            path: "Benchmarks/kernel-bench", swiftSettings: strict),
        .executableTarget(
            name: "block-bench",
            dependencies: ["Arithmetic", "Junctions", "Kernels", "Learning", "Platform"],
            path: "Benchmarks/block-bench", swiftSettings: strict),
        .executableTarget(
            name: "device-bench",
            dependencies: [
                "Accelerator", "Arithmetic", "Junctions", "Kernels", "Learning", "Platform",
            ],
            path: "Benchmarks/device-bench", swiftSettings: strict),
        .executableTarget(
            name: "wire-bench",
            dependencies: ["CZeroMQ", "MillraceProtocol", "Platform", "SampleSources"],
            path: "Benchmarks/wire-bench", swiftSettings: strict),
        .executableTarget(
            name: "papers",
            dependencies: [
                "Accelerator", "Arithmetic", "Junctions", "Kernels", "Learning", "Platform",
                "SampleSources",
            ],
            path: "Benchmarks/papers", swiftSettings: strict),
        .executableTarget(
            name: "guard-study",
            dependencies: [
                "Arithmetic", "Configuration", "Daemon", "Kernels", "Learning", "Platform",
                "SampleSources",
            ],
            path: "Benchmarks/guard-study", swiftSettings: strict),
        .executableTarget(
            name: "streams",
            dependencies: [
                "Accelerator", "Arithmetic", "Configuration", "Kernels", "Learning", "Platform",
                "SampleSources",
            ],
            path: "Benchmarks/streams", swiftSettings: strict),
        .executableTarget(
            name: "papers-device",
            dependencies: ["Accelerator", "Junctions", "Platform"],
            path: "Benchmarks/papers-device", exclude: ["tensor-layers.csv"],
            swiftSettings: strict),

        // Tests
        .target(
            name: "Simulation", dependencies: ["Arithmetic", "CZeroMQ", "Platform"],
            path: "Tests/Simulation", swiftSettings: strict),
        .target(name: "MallocCount", path: "Tests/MallocCount"),
        .target(
            name: "FuzzDecoders",
            dependencies: [
                "Client", "CMachine", "MillraceProtocol", "Platform", "SampleSources", "Simulation",
                "WeightStore",
            ],
            path: "Tests/Fuzz/Decoders", swiftSettings: strict),
        .target(
            name: "FuzzConfiguration", dependencies: ["Configuration", "FuzzDecoders"],
            path: "Tests/Fuzz/Configuration", swiftSettings: strict),
        .testTarget(
            name: "FuzzTests", dependencies: ["FuzzConfiguration", "FuzzDecoders"],
            swiftSettings: strict),
        .testTarget(name: "HouseTests", swiftSettings: strict),
        .testTarget(name: "ArithmeticTests", dependencies: ["Arithmetic"], swiftSettings: strict),
        .testTarget(
            name: "PlatformTests", dependencies: ["Arithmetic", "Platform", "Simulation"],
            swiftSettings: strict),
        .testTarget(
            name: "MillraceProtocolTests", dependencies: ["MillraceProtocol"],
            swiftSettings: strict),
        .testTarget(
            name: "KernelsTests", dependencies: ["Kernels", "Arithmetic"],
            swiftSettings: strict),
        .testTarget(
            name: "WeightStoreTests",
            dependencies: ["MillraceProtocol", "Platform", "Simulation", "WeightStore"],
            swiftSettings: strict),
        .testTarget(
            name: "MessagingTests", dependencies: ["CZeroMQ", "Messaging", "MillraceProtocol"],
            swiftSettings: strict),
        .testTarget(
            name: "JunctionsTests", dependencies: ["Junctions", "Arithmetic", "Kernels"],
            exclude: ["Fixed/Golden"], swiftSettings: strict),
        .testTarget(
            name: "SampleSourcesTests", dependencies: ["Platform", "SampleSources", "Simulation"],
            swiftSettings: strict),
        .testTarget(
            name: "ClientTests",
            dependencies: ["Client", "MillraceProtocol", "Platform", "Simulation"],
            swiftSettings: strict),
        .testTarget(
            name: "AcceleratorTests",
            dependencies: ["Accelerator", "Arithmetic", "Junctions", "Platform"],
            swiftSettings: strict),
        .testTarget(
            name: "LearningTests",
            dependencies: [
                "Accelerator", "Arithmetic", "Junctions", "Kernels", "Learning", "Platform",
                "WeightStore",
            ],
            exclude: ["Golden"], swiftSettings: strict),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "Accelerator", "Arithmetic", "Daemon", "Junctions", "Learning", "Messaging",
                "MillraceProtocol", "Platform", "Simulation", "WeightStore",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ConfigurationTests",
            dependencies: [
                "Accelerator", "Arithmetic", "Configuration", "Junctions", "Learning",
                "SampleSources", "Simulation",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "Messaging", "MillraceProtocol", "Platform", "Simulation", "WeightStore",
            ],
            swiftSettings: strict),
    ] + kernelBuilds + fuzzers,
    swiftLanguageModes: [.v6]
)

// `scripts/sanitize` builds with MILLRACE_SANITIZE=address or thread. SwiftPM's own --sanitize goes
// into every target; here it goes where it can find something in bearable time.
if let kind = Context.environment["MILLRACE_SANITIZE"] {
    // The loops over numbers stay as they are: they start no thread, own no memory, and take very
    // long to compile with it. What owns or shares memory is instrumented.
    let plain: Set<String> = [
        "Arithmetic", "CMachine", "CLanes", "Junctions", "Kernels", "KernelsV3", "KernelsV4",
        "MallocCount",
    ]
    let threaded: Set<String> = [
        "PlatformTests", "WeightStoreTests", "MessagingTests", "ClientTests", "DaemonTests",
    ]
    package.targets.removeAll {
        $0.path?.hasPrefix("Benchmarks/") == true || $0.path?.hasPrefix("Tests/Fuzz/") == true
            || $0.name == "FuzzTests"
            || kind == "thread" && $0.type == .test && !threaded.contains($0.name)
    }
    for target in package.targets where target.type != .system {
        // Everything that is linked contains CMachine, and gets the sanitizer's runtime by it.
        if target.name == "CMachine" {
            target.linkerSettings = [.unsafeFlags(["-sanitize=\(kind)"])]
        }
        if !plain.contains(target.name) {
            target.swiftSettings =
                (target.swiftSettings ?? []) + [.unsafeFlags(["-sanitize=\(kind)"])]
        }
    }
}
