// Goal: the structs, their JSON and protocol/schema say the same. One full example of every
// message goes through encode, schema and decode; the schema may describe nothing that the
// example does not show.

import MillraceProtocol
import Testing

@Suite struct ControlTests {
    private static let figures = Figures(
        task: "classification", samples: 10, overall: 0.9, last1000: 0.925, noChange: 0.5,
        kappaTemporal: 0.8, perClassRecall: [0.5, nil, 1], mae: 0.25, rmse: 0.5, skill: 0.75,
        anomalyScore: -1.5, loss: 0.125, anomalyPercentile: 0.75, meanBaseline: 0.5,
        steps: [StepError(step: 1, mae: 0.25, noChange: 0.5)])
    private static let alarm = DriftAlarmReply(
        number: 2, sample: 900, lossBefore: 0.1, lossAfter: 0.5, samplesAfter: 40)
    private static let producer = {
        var producer = ProducerStatus(
            name: "gas.1", epoch: 2, position: 30, durable: 20, next: 41, queued: 10, learned: 20,
            pending: 3, expired: 1, refused: 2, skipped: 1, labels: 3, resends: 5, idCount: 50,
            idSum: .max, idXor: 1, figures: figures)
        producer.drift = ProducerDrift(alarms: 2, level: 0.1, newest: alarm)
        return producer
    }()
    private static let generation = {
        var entry = GenerationEntry(
            generation: 9, restoredFrom: 0, stateDigest: 1, state: "durable", held: true, pins: 1,
            samples: 100, device: amounts, deviceSince: amounts)
        (entry.driftAlarms, entry.driftAlarmsSince) = (2, 1)
        return entry
    }()
    private static let checkpoint = CheckpointEntry(
        name: "a", path: "/s/a.safetensors", generation: 7, stateDigest: 9, bytes: 100,
        samples: 5, problem: "torn")
    private static let examples: [(schema: String, bytes: [UInt8])] = {
        do {
            return try makeExamples()
        } catch {
            fatalError("\(error)")
        }
    }()

    private static func makeExamples() throws -> [(schema: String, bytes: [UInt8])] {
        let wire = WireSchema(
            elementType: .u8, featureCount: 784, outputCount: 1_568, task: .forecast)
        return [
            (
                "request",
                try ControlCodec.encode(
                    ControlRequest(
                        command: .rollback, generation: 7, name: "x", replace: true))
            ),
            ("error-reply", try ControlCodec.encode(ErrorReply(.notFound, "no generation 7"))),
            ("status-reply", try ControlCodec.encode(status)),
            (
                "schema-reply",
                try ControlCodec.encode(
                    SchemaReply(
                        schema: wire, scale: 0.0039, offset: 0, featureNames: ["a"],
                        classNames: ["zero"], targetNames: ["t"], maxBatch: 64,
                        maxMessageBytes: 65536, pendingWindow: 8, networkText: "784-128-10",
                        costEnergyUnit: "pJ"))
            ),
            (
                "generations-reply",
                try ControlCodec.encode(
                    GenerationsReply(
                        newest: 9,
                        generations: [
                            generation
                        ]))
            ),
            (
                "rollback-reply",
                try ControlCodec.encode(
                    RollbackReply(generation: 8, restoredFrom: 5, stateDigest: 6, source: "ring"))
            ),
            (
                "guard-reply",
                try ControlCodec.encode(GuardReply(guardian: guardian, history: [audit]))
            ),
            ("hold-reply", try ControlCodec.encode(HoldReply(held: 5))),
            (
                "forget-reply",
                try ControlCodec.encode(ForgetReply(forgotten: "pump-7", freePlaces: 3))
            ),
            ("checkpoint-reply", try ControlCodec.encode(CheckpointReply(checkpoint: checkpoint))),
            (
                "checkpoints-reply",
                try ControlCodec.encode(
                    CheckpointsReply(directory: "/s", checkpoints: [checkpoint]))
            ),
            ("stop-reply", try ControlCodec.encode(StopReply())),
        ]
    }

    private static let amounts = DeviceAmounts(
        clocks: 3400, accesses: 900, clashes: 2, energy: 123.456)
    private static let device = DeviceStatus(
        name: "artix7", title: "an FPGA", identity: 0xFEED, clockHertz: 15e6,
        schedule: "pipeline", memoryBits: 98_880, capacityBits: 1 << 20, clocksPerSample: 34,
        clocksPerInference: 68, samplesPerSecond: 441_176.5, energyUnit: "pJ",
        energyPerSample: 12.5, uncounted: ["look-up"], seconds: 0.25, total: amounts,
        junctions: [
            DeviceJunctionStatus(
                junction: 0, name: "block 0", unit: "edgeProcessors", parallelism: 128,
                utilisation: 0.94,
                operations: [
                    DeviceOperation(
                        operation: "feedforward", clocksPerSample: 32, stallClocksPerSample: 0,
                        total: amounts)
                ])
        ],
        queries: DeviceQueries(samples: 5, seconds: 0.5, total: amounts))
    private static let saturations = [
        JunctionSaturations(
            junction: 0, name: "block 0", products: 1, sums: 2, backprop: 3, update: 4)
    ]

    private static let guardian = {
        var status = GuardStatus(state: "suspicious")
        (status.answersFrom, status.reference, status.figure) = (4, 0.9, 0.7)
        status.allowance = 0.05
        return status
    }()
    private static let audit = {
        var entry = AuditEntry(
            time: "2026-01-31T12:34:56Z", event: "rollback", by: "guard", why: "better", from: 9)
        (entry.to, entry.generation, entry.undone) = (4, 10, 700)
        (entry.reference, entry.figure, entry.goodWins, entry.learnerWins) = (0.9, 0.7, 60, 3)
        entry.producer = "pump-1"
        return entry
    }()
    private static let access = AccessStatus(
        keyedDoors: ["ingest", "query"], clientCount: 1,
        clients: [ClientStatus(name: "pump-1", rights: ["ingest", "query"], producers: ["gas.1"])],
        clientsRead: 2, handshakesAdmitted: 3, handshakesRefused: 4, framesRefused: 5,
        connectionsCut: 1,
        lastRefusals: [
            RefusalStatus(
                reason: "noRightAtDoor", count: 4, door: "query", address: "192.0.2.7",
                client: "pump-1", secondsAgo: 1.5)
        ])
    private static let reload = {
        let change = SettingChange(key: "memory.budget", before: "16MiB", after: "32MiB")
        return ReloadStatus(
            count: 3, secondsAgo: 2.5, applied: [change], needsRestart: [change],
            error: "line 3: no such key", keysError: "clients.d/x.key: line 1")
    }()
    private static let status: StatusReply = {
        var status = fullStatus
        status.reload = reload
        status.drift = DriftStatus(
            detector: "adwin", onAlarm: "raise-rate", alarms: 2, level: 0.2, raisedSamples: 50,
            newest: alarm)
        return status
    }()
    private static let fullStatus = StatusReply(
        version: "0.1.0", mode: .learning, uptimeSeconds: 1.5, generation: 9, stateDigest: 0xAB,
        samples: 100, inFlight: 3, producers: [producer],
        counters: DaemonCounters(framesReceived: 3, refusedBy: ["outOfBounds": 2]),
        figures: figures, budget: [BudgetLine(owner: "ring", detail: "4 slots", bytes: 4096)],
        budgetBytes: 1 << 24, plannedBytes: 1 << 20, residentBytes: 9 << 20, queueDepth: 10,
        commits: 4, skippedCommits: 1, checkpoints: 2, device: device, saturations: saturations,
        guardian: guardian, access: access, connections: connections)

    private static let connections = ConnectionStatus(
        open: ["ingest": 2, "query": 1, "admin": 0], limit: 24, accepted: 9,
        cutBy: [
            "endless": 1, "backlog": 2, "silent": 3, "displaced": 4, "memory": 5, "unread": 6,
            "key": 7, "abuse": 8,
        ],
        refusedBy: ["full": 1, "address": 2, "rate": 3], brokenHandshakes: 4, refusedKeys: 5)

    @Test(arguments: examples.indices)
    func messageAndSchemaAgree(_ index: Int) throws {
        let example = Self.examples[index]
        let path = "protocol/schema/\(example.schema).json"
        let schema = JSONSchema(root: try JSONValue(try PackageFiles.bytes(path)))
        let value = try JSONValue(example.bytes)
        #expect(schema.complaints(value) == [])
        let missing = schema.describedPaths().subtracting(JSONSchema.paths(of: value))
        #expect(missing.isEmpty, "\(path) describes what the struct does not have")
    }

    @Test func theSchemaCheckCanFail() throws {
        let bytes = try PackageFiles.bytes("protocol/schema/hold-reply.json")
        let schema = JSONSchema(root: try JSONValue(bytes))
        for text in [
            #"{"ok":true}"#, #"{"ok":false,"held":1}"#, #"{"ok":true,"held":"1"}"#,
            #"{"ok":true,"held":1.5}"#, #"{"ok":true,"held":-1}"#, #"{"ok":true,"held":1,"x":2}"#,
        ] {
            #expect(schema.complaints(try JSONValue(Array(text.utf8))) != [], "\(text)")
        }
    }

    @Test func statusSurvivesItsJSON() throws {
        let bytes = try ControlCodec.encode(Self.status)
        let back = try bytes.withUnsafeBytes { try ControlCodec.decodeReply(StatusReply.self, $0) }
        #expect(back == Self.status)
        #expect(back.producers[0].balances)
        #expect(back.producers[0].idSum == "ffffffffffffffff")
        var unbalanced = back.producers[0]
        unbalanced.queued += 1
        #expect(!unbalanced.balances)
    }

    @Test func aStatusWithoutDeviceSaysNothingOfOne() throws {
        var status = Self.status
        status.device = nil
        status.saturations = nil
        let text = String(decoding: try ControlCodec.encode(status), as: UTF8.self)
        #expect(!text.contains("device") && !text.contains("saturations"))
        let bytes = Array(text.utf8)
        let back = try bytes.withUnsafeBytes { try ControlCodec.decodeReply(StatusReply.self, $0) }
        #expect(back == status)
    }

    @Test func costsAddUpAndNeverGoBack() {
        let first = DeviceCost(clocks: 10, nanoseconds: 20, accesses: 30, energy: 40)
        let second = DeviceCost(clocks: 15, nanoseconds: 30, accesses: 45, energy: 60)
        #expect(first + second.since(first) == second)
        #expect(first.since(second) == DeviceCost())
    }

    @Test func anErrorReplyIsThrownAsRefused() throws {
        let bytes = try ControlCodec.encode(ErrorReply(.notFound, "no generation 7"))
        _ = bytes.withUnsafeBytes { reply in
            #expect(throws: ControlError.refused(reason: .notFound, message: "no generation 7")) {
                try ControlCodec.decodeReply(HoldReply.self, reply)
            }
        }
    }

    @Test(arguments: [
        "", "{", "[]", "null", #"{"command":"fly"}"#, #"{"command":7}"#, "\u{FEFF}{}",
        #"{"command":"rollback","generation":-1}"#, #"{"command":"rollback","generation":1e99}"#,
        #"{"command":"rollback","generation":1.5}"#, #"{"command":"status""#,
    ])
    func badRequestsAreMalformed(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { bytes in
            #expect(throws: ControlError.self) { try ControlCodec.decodeRequest(bytes) }
        }
    }

    @Test func deepAndLongRequestsAreNotParsed() {
        let deep = Array(String(repeating: "[", count: 4000).utf8)
        _ = deep.withUnsafeBytes { bytes in
            #expect(throws: ControlError.tooDeep(limit: ControlCodec.maxDepth)) {
                try ControlCodec.decodeRequest(bytes)
            }
        }
        let long = [UInt8](repeating: 0x20, count: 4097)
        _ = long.withUnsafeBytes { bytes in
            #expect(throws: ControlError.oversize(bytes: 4097, limit: 4096)) {
                try ControlCodec.decodeRequest(bytes)
            }
        }
        let brackets = Array(#"{"command":"status","x":"[[[[[[[[[[[[[[[[[[[[\"[["}"#.utf8)
        brackets.withUnsafeBytes { bytes in
            #expect(throws: Never.self) { try ControlCodec.decodeRequest(bytes) }
        }
    }

    @Test func numbersThatJSONDoesNotHaveAreRefused() {
        let figures = Figures(task: "forecast", overall: .nan)
        #expect(throws: ControlError.self) { try ControlCodec.encode(figures) }
    }

    @Test func mutatedRequestsAreRefusedOrTaken() throws {
        let source = Array(#"{"command":"rollback","generation":18446744073709551615}"#.utf8)
        var generator = SeededGenerator(state: 7)
        var taken = 0
        for _ in 0..<20_000 {
            var bytes = source
            for _ in 0...(generator.next() % 3) {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(
                    truncatingIfNeeded: generator.next())
            }
            bytes.withUnsafeBytes { if (try? ControlCodec.decodeRequest($0)) != nil { taken += 1 } }
        }
        #expect(taken > 0 && taken < 20_000)
    }

    @Test func reasonsKeepTheirNamesAndNumbers() {
        #expect(RefusalReason.allCases.map(\.rawValue) == Array(1...32))
        for reason in RefusalReason.allCases {
            #expect(RefusalReason(name: reason.name) == reason)
        }
        #expect(RefusalReason(name: "nonsense") == nil)
    }

    @Test(arguments: [
        ("{}", "no command"), ("{\"command\":", "no JSON"),
        ("{\"command\":7}", "a value of another type in command"),
        ("{\"command\":\"dance\"}", "a value that cannot be in command"),
    ]) func badJsonSaysWhichMember(text: String, expected: String) {
        let error = #expect(throws: ControlError.self) {
            try Array(text.utf8).withUnsafeBytes { try ControlCodec.decodeRequest($0) }
        }
        let found = error.map { "\($0)" }
        #expect(found == "not the JSON that is expected: \(expected)")
    }

    @Test func hexadecimalHasAllDigitsOfItsType() {
        #expect(Hexadecimal.digits(UInt64(0x1F)) == "000000000000001f")
        #expect(Hexadecimal.digits(UInt32(0x1F)) == "0000001f")
        #expect(Hexadecimal.value("000000000000001f") == 0x1F)
        for text in ["", "1f", "+00000000000001f", "-00000000000001f", "g000000000000000"] {
            #expect(Hexadecimal.value(text) == nil)
        }
    }

    @Test func producerNamesDelimitThemselves() throws {
        let name = try #require(ProducerName("gas.1"))
        #expect(name.text == "gas.1")
        let padded = withUnsafeBytes(of: name.words) { Array($0) }
        padded.withUnsafeBytes { #expect(ProducerName(padded: $0) == name) }
        var dirty = padded
        dirty[63] = 1
        dirty.withUnsafeBytes { #expect(ProducerName(padded: $0) == nil) }
        #expect(ProducerName("") == nil)
        #expect(ProducerName(String(repeating: "x", count: 64))?.count == 64)
        #expect(ProducerName(String(repeating: "x", count: 65)) == nil)
        #expect(ProducerName("ä") == nil)
    }
}
