// What one simulated history consists of, all of it a function of one number.

import Arithmetic
import Daemon
import Junctions
import Learning
import Simulation

/// The options of one history.
struct SimulationPlan: CustomStringConvertible {
    /// The number that it is a function of.
    let seed: UInt64
    let isPipelined: Bool
    /// The junction in the middle, by index into `shapes`.
    let shape: Int
    let producers: Int
    let clients: Int
    let pendingCapacity: Int
    /// Decided numbers per commit.
    let commitSequences: UInt64
    /// Lives that have a fault; those after them have none, so that the history ends.
    let faultyLives: Int
    /// Whether the operator restores states, which makes the order of samples say nothing about
    /// the weights.
    let restores: Bool
    /// Whether the owner begins anew, or from a checkpoint, once.
    let beginsAnew: Bool
    /// Whether producers come that the operator forgets when they are done.
    let hasGuests: Bool
    /// Of 16 turns: how many the network, and how many the learner loop gets; storage the rest.
    let turns: (network: UInt64, learner: UInt64)
    /// Milliseconds that pass at once, now and then; 0: time stands still for long.
    let clockStep: UInt64

    static let shapes: [(name: String, junction: JunctionSpecification)] = [
        ("dense", JunctionSpecification()),
        ("random", JunctionSpecification(structure: .random(.fraction(0.5), seed: 3))),
        ("n:m", JunctionSpecification(structure: .pruned(PruningSettings(kept: 2, group: 8)))),
        ("circulant", JunctionSpecification(structure: .circulant(blockSize: 8))),
        (
            "stochastic",
            JunctionSpecification(increment: .stochastic(StochasticRule(bitCount: 8)))
        ),
        (
            "fixed",
            JunctionSpecification(
                arithmetic: FixedFormat(12, 3, 8).map { .fixed($0) } ?? .float32)
        ),
    ]

    /// The history of `seed`.
    init(seed: UInt64) {
        var generator = SplitMix64(seed: seed &* 0x9E37_79B9 &+ 17)
        func draw(_ bound: UInt64) -> Int { Int((generator.next() >> 20) % bound) }
        self.seed = seed
        isPipelined = draw(3) == 0
        shape = draw(UInt64(Self.shapes.count))
        producers = 2 + draw(2)
        clients = 1 + draw(2)
        pendingCapacity = [0, 3, 6][draw(3)]
        commitSequences = [5, 12, 40][draw(3)]
        faultyLives = 2 + draw(5)
        restores = draw(2) == 0
        beginsAnew = draw(6) == 0
        turns = [(5, 5), (8, 4), (4, 8), (7, 7), (2, 12)][draw(5)]
        clockStep = [3, 3, 40, 0, 15_000][draw(5)]
        hasGuests = draw(2) == 0
    }

    var description: String {
        "seed \(seed): \(isPipelined ? "pipeline" : "sequential"), \(Self.shapes[shape].name), "
            + "\(producers) producers, window \(pendingCapacity), commit every \(commitSequences), "
            + "\(faultyLives) faulty lives\(restores ? ", restores" : "")"
            + "\(beginsAnew ? ", begins anew" : "")\(hasGuests ? ", guests" : ""), turns \(turns), clock \(clockStep)"
    }

    /// A daemon of this history over `disk`, not started.
    func makeRig(_ disk: SimulatedDisk) -> DaemonRig {
        let rig = DaemonRig(
            storage: disk, directory: "/state", pendingCapacity: pendingCapacity, producers: 4,
            commitSequences: commitSequences, isPipelined: isPipelined)
        rig.configuration.hidden = [16, 16]
        rig.configuration.hiddenActivation = .sigmoid
        rig.configuration.learningRate = 0.0625
        rig.configuration.junctions = [
            JunctionSpecification(), Self.shapes[shape].junction, JunctionSpecification(),
        ]
        // No wait for a clock that stands still: producers flush.
        rig.settings.checkpointIntervalNanoseconds = seed % 3 == 0 ? 200_000_000 : 0
        return rig
    }

    /// What the producers send.
    var scripts: [SimulatedScript] {
        (0..<producers).map { index in
            SimulatedScript(
                name: "p\(index)",
                samples: SampleScript(
                    featureCount: 5, classCount: 3, seed: 61 &+ UInt64(index) &* 1_000_003),
                isLate: index > 0 && pendingCapacity > 0)
        } + (1...SimulatedGuests.most).map(guestScript)
    }

    /// What the guest with `number`, from 1 on, sends.
    func guestScript(_ number: Int) -> SimulatedScript {
        SimulatedScript(
            name: "guest-\(number)",
            samples: SampleScript(
                featureCount: 5, classCount: 3, seed: 7_000_003 &* UInt64(number) &+ seed),
            isLate: false)
    }
}
