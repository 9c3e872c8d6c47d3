// Whole lives of whole daemons, thousands of them, each a function of its seed.
//
//     MILLRACE_SIM_SEED=12345   runs that one history and prints its options
//     MILLRACE_SIM_RUNS=100000  runs that many instead of the usual few thousand
//     MILLRACE_SIM_FIRST=90001  begins with that seed instead of the usual one

import Glibc
import Simulation
import Synchronization
import Testing

@Suite struct WholeDaemonTests {
    static let usualFirst: UInt64 = 50_001
    static let usualRuns = 4_000
    /// What both shares explored; a state that both came to counts once.
    private static let together = Mutex<(states: Set<SimulatedState>, shares: Int)>(([], 0))

    private static func number(_ variable: String) -> UInt64? {
        getenv(variable).flatMap { UInt64(String(cString: $0)) }
    }

    /// The share of all histories that one test runs, so that two processors work.
    @Test(arguments: [0, 1])
    func whateverHappensNothingAcknowledgedIsLostOrRepeated(share: UInt64) {
        if let seed = Self.number("MILLRACE_SIM_SEED") {
            guard share == 0 else { return }
            let world = SimulatedWorld(seed: seed)
            let problem = world.run()
            print("simulation, \(world.plan)")
            for line in world.story { print("    \(line)") }
            if let problem { Issue.record("\(world.plan): \(problem)") }
            return
        }
        let runs = Self.number("MILLRACE_SIM_RUNS") ?? UInt64(Self.usualRuns)
        let first = Self.number("MILLRACE_SIM_FIRST") ?? Self.usualFirst
        var count = SimulationCount()
        var failures = 0
        for index in 0..<runs where index % 2 == share && failures < 10 {
            let world = SimulatedWorld(seed: first &+ index)
            if let problem = world.run() {
                failures += 1
                Issue.record(
                    """
                    \(problem)
                        \(world.plan)
                        again: MILLRACE_SIM_SEED=\(world.plan.seed) swift test --filter WholeDaemon
                    """)
            }
            count.add(world)
        }
        print(count)
        let all = Self.together.withLock { together -> Int? in
            together.states.formUnion(count.states)
            together.shares += 1
            return together.shares == 2 ? together.states.count : nil
        }
        guard let all else { return }
        print("whole daemons, both shares: \(all) distinct states (faults, restart, state found)")
        if runs >= UInt64(Self.usualRuns) { #expect(all >= 10_000) }
    }
}

/// How much was explored.
private struct SimulationCount: CustomStringConvertible {
    var histories = 0
    var starts = 0
    var failedStarts = 0
    var faults = 0
    var replays = 0
    var comparisons = 0
    var forgotten = 0
    var states: Set<SimulatedState> = []
    var places: Set<DiskFaultHit> = []

    mutating func add(_ world: SimulatedWorld) {
        histories += 1
        starts += world.lives
        failedStarts += world.failedStarts
        faults += world.hits.count
        replays += world.replays
        comparisons += world.ledger.comparisons
        forgotten += world.guests.forgotten.count
        states.formUnion(world.states)
        places.formUnion(world.hits)
    }

    var description: String {
        """
        whole daemons: \(histories) histories, \(starts) starts (\(failedStarts) refused by the \
        disk), \(faults) faults at \(places.count) distinct (kind, operation, file, place), \
        \(states.count) distinct (faults, restart, state found); \(replays) replays without faults \
        came to the same bytes, \(comparisons) answers asked again of a generation were the same, \
        \(forgotten) producers were forgotten
        """
    }
}
