// The promise of the house, on a simulated disk: whatever fails, at whatever operation, no
// acknowledged sample is lost and none is learned twice.
//
// One run without fault counts the disk's operations and gives the digest that every other run
// must reach. Then, for every operation and every kind of fault, a daemon runs into it; a crash
// is followed by each kind of restart, and the producer goes on until all is acknowledged.

import Arithmetic
import Daemon
import MillraceProtocol
import Simulation
import Testing

@Suite struct CrashTests {
    private let script = SampleScript(featureCount: 5, classCount: 3, seed: 31)
    static let sampleCount: UInt64 = 160
    static let directory = "/state"

    /// What is left of one run.
    private struct Ending {
        var digest = ""
        var epoch: UInt32 = 0
        var operations = 0
        var problem: String?
        var lives = 1
    }

    /// One producer's stream with a fault, and the lives of the daemon that it takes.
    private func run(
        seed: UInt64, fault: DiskFault?, restart: RestartMode, isPipelined: Bool
    ) -> Ending {
        let disk = SimulatedDisk(seed: seed, directories: [], fault: fault)
        let rig = DaemonRig(
            storage: disk, directory: Self.directory, commitSequences: 30,
            isPipelined: isPipelined)
        var generator = SplitMix64(seed: seed)
        let producer = ScriptedProducer(
            name: "p", script: script, count: Self.sampleCount, batch: 9, peer: 1)
        var ending = Ending()
        var peer = 1
        var idle = 0
        for _ in 0..<30_000 where !producer.isDone {
            if rig.daemon == nil {
                do {
                    try rig.boot()
                } catch {
                    idle += 1
                    if idle > 3 {
                        ending.problem = "cannot start: \(error)"
                        return ending
                    }
                    disk.restart(disk.hasCrashed ? restart : .processKilled)
                    ending.lives += 1
                    continue
                }
                peer += 1
                producer.reconnect(peer: peer)
                ending.problem = behind(rig, producer)
                if ending.problem != nil { return ending }
            }
            producer.turn(rig.transport)
            rig.turn(&generator)
            if disk.hasCrashed {
                rig.kill()
                disk.restart(restart)
                ending.lives += 1
            }
            // A disk that stays broken is mended by its owner at some point.
            if rig.daemon?.isReadOnly == true, generator.next() % 512 == 0 {
                rig.kill()
                disk.restart(.processKilled)
                ending.lives += 1
            }
        }
        ending.operations = disk.operationCount
        guard producer.isDone, let status = rig.status(), let row = status.producers.first else {
            ending.problem = "only \(producer.acknowledged) acknowledged"
            return ending
        }
        ending.digest = status.stateDigest
        ending.epoch = row.epoch
        if row.idCount != Self.sampleCount
            || row.idSum != Hexadecimal.digits(Self.sampleCount * (Self.sampleCount + 1) / 2)
            || row.idXor != Hexadecimal.digits(Self.idXor) || !row.balances
        {
            ending.problem = "learned \(row.idCount), sum \(row.idSum), xor \(row.idXor)"
        }
        return ending
    }

    /// What a restarted daemon lacks of what was acknowledged before.
    private func behind(_ rig: DaemonRig, _ producer: ScriptedProducer) -> String? {
        guard producer.acknowledged > 0 else { return nil }
        let durable = rig.status()?.producers.first?.durable ?? 0
        guard durable < producer.acknowledged else { return nil }
        return "\(producer.acknowledged) were acknowledged, \(durable) are there"
    }

    static let idXor = (1...sampleCount).reduce(UInt64(0)) { $0 ^ StreamSection.scrambled($1) }

    /// With the pipeline, samples are under way at every fault. Their names are part of the state,
    /// so a greeting that had to be repeated, and opened another epoch, leads to another digest: one
    /// per epoch.
    @Test(arguments: [(false, 12), (true, 3)] as [(Bool, UInt64)])
    func noFaultLosesOrRepeatsAnAcknowledgedSample(_ isPipelined: Bool, _ seeds: UInt64) throws {
        let clean = run(seed: 1, fault: nil, restart: .keepAll, isPipelined: isPipelined)
        #expect(clean.problem == nil)
        #expect(clean.operations > 20)
        var states = 0
        var digests = [clean.epoch: clean.digest]
        for kind in DiskFault.Kind.allCases {
            let restarts: [RestartMode] = kind == .crash ? RestartMode.allCases : [.processKilled]
            for operation in 0..<clean.operations {
                for restart in restarts {
                    for seed in 1...seeds {
                        let ending = run(
                            seed: seed, fault: DiskFault(kind, at: operation), restart: restart,
                            isPipelined: isPipelined)
                        states += 1
                        if let problem = ending.problem {
                            Issue.record(
                                "\(kind) at operation \(operation), \(restart), seed \(seed): \(problem)"
                            )
                        } else if ending.digest
                            != digests[
                                isPipelined ? ending.epoch : clean.epoch, default: ending.digest]
                        {
                            Issue.record(
                                "\(kind) at operation \(operation), \(restart), seed \(seed): another digest"
                            )
                        } else {
                            digests[ending.epoch] = ending.digest
                        }
                    }
                }
            }
        }
        #expect(digests.count <= 2)
        print("whole-daemon crash states explored: \(states)")
    }
}
