// The life of the real daemon: how it refuses to start, how it stops, what it tells the service
// manager, and that a kill loses nothing that was acknowledged.

import Glibc
import Messaging
import MillraceProtocol
import Testing

@Suite(.serialized) struct LifecycleTests {
    /// Runs millraced to its end; exit code and what it printed.
    private func run(_ arguments: [String], in place: Workplace) -> (code: Int32?, text: String) {
        let process = ChildProcess(
            Build.path("millraced"), arguments, environment: ["MILLRACE_STATE": "\(place.path)/s"],
            output: "\(place.path)/out")
        let code = process?.wait(seconds: 10)
        return (code, place.read("out"))
    }

    @Test func checkPrintsConfigurationOriginsAndPlan() {
        let place = Workplace()
        let file = place.write("m.toml", RealDaemon.morse)
        let (code, text) = run(
            ["--config", file, "--check", "--set", "learning.rate=0.25"], in: place)
        #expect(code == 0)
        #expect(text.contains("rate         = 0.25"))
        #expect(text.contains("--set learning.rate=0.25"))
        #expect(text.contains("m.toml:2"))
        #expect(text.contains("generation ring"))
    }

    @Test func aWrongConfigurationExits78AndNamesLineKeyTypeAndNearestKey() {
        let place = Workplace()
        let file = place.write(
            "m.toml", RealDaemon.morse + "\n[learning2]\nrate = 1\n[labels]\nwindwo = 4\n")
        let (code, text) = run(["--config", file], in: place)
        #expect(code == 78)
        #expect(text.contains("windwo") && text.contains("window"))
        #expect(text.contains("m.toml:"))
    }

    @Test func aPlanThatDoesNotFitExits78WithTheTable() {
        let place = Workplace()
        let file = place.write("m.toml", RealDaemon.morse)
        let (code, text) = run(["--config", file, "--set", "memory.budget=1MiB"], in: place)
        #expect(code == 78)
        #expect(text.contains("over its budget"))
        #expect(text.contains("generation ring"))
        #expect(text.contains("TRY: memory.budget = \""))
    }

    @Test func checkPrintsTheDevicesMemory() {
        let place = Workplace()
        let file = place.write("m.toml", RealDaemon.morse)
        let device = ["--set", "device.profile=microcontroller"]
        let (code, text) = run(
            ["--config", file, "--check"] + device + ["--set", "device.memory=1MiB"], in: place)
        #expect(code == 0)
        #expect(text.contains("generation ring"))
        #expect(text.contains("# The memory of the emulated device, microcontroller, in bits."))
        #expect(text.contains("activation banks") && text.contains("clocks per sample"))
    }

    @Test func aNetworkThatItsDeviceCannotHoldExits78WithTheTable() {
        let place = Workplace()
        let file = place.write("m.toml", RealDaemon.morse)
        let device = ["--set", "device.profile=microcontroller", "--set", "device.memory=1KiB"]
        let (code, text) = run(["--config", file] + device, in: place)
        #expect(code == 78)
        #expect(text.contains("over the device's memory") && text.contains("error banks"))
    }

    @Test func noConfigurationIsBadUsage() {
        let place = Workplace()
        #expect(run([], in: place).code == 64)
        #expect(run(["--config", "/nowhere.toml"], in: place).code == 78)
    }

    @Test func aSecondDaemonIsRefusedWhileTheFirstLives() throws {
        let daemon = RealDaemon()
        try #require(daemon.start())
        let second = ChildProcess(
            Build.path("millraced"),
            ["--config", "\(daemon.place.path)/millrace.toml", "--state", daemon.state])
        #expect(second?.wait(seconds: 10) == 75)
        #expect(daemon.stop() == 0)
    }

    @Test func stopDrainsCommitsAndAcknowledges() throws {
        let daemon = RealDaemon()
        try #require(daemon.start())
        let producer = try RawProducer(daemon.endpoint("ingest"))
        try #require(producer.greet("p"))
        try #require(producer.stream(to: 5_000))
        #expect(daemon.stop() == 0)
        #expect(daemon.place.read("log").contains("event=stopped"))
        try #require(daemon.start())
        let again = try RawProducer(daemon.endpoint("ingest"))
        try #require(again.greet("p"))
        #expect(again.epoch == 2)
        #expect(daemon.stop() == 0)
    }

    @Test func aConfigurationOfAnotherShapeIsRefusedAndFreshSetsTheStateAside() throws {
        let daemon = RealDaemon()
        try #require(daemon.start())
        #expect(daemon.stop() == 0)
        let wider = [
            "--config", "\(daemon.place.path)/millrace.toml", "--state", daemon.state,
            "--set", "network.hidden=[48]",
        ]
        let log = "\(daemon.place.path)/second"
        let refused = ChildProcess(Build.path("millraced"), wider, output: log)
        #expect(refused?.wait(seconds: 10) == 78)
        let text = daemon.place.read("second")
        #expect(text.contains("64-32-64") && text.contains("64-48-64") && text.contains("--fresh"))
        let fresh = ChildProcess(Build.path("millraced"), wider + ["--fresh"], output: log)
        for _ in 0..<2_000 where !daemon.place.read("second").contains("event=started") {
            usleep(10_000)
        }
        #expect(access("\(daemon.state)/ring.aside-1", F_OK) == 0)
        fresh?.send(SIGTERM)
        #expect(fresh?.wait(seconds: 10) == 0)
    }

    @Test func theServiceManagerIsToldReadyAndStopping() throws {
        let place = Workplace()
        let path = "\(place.path)/notify"
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        let daemon = RealDaemon(environment: ["NOTIFY_SOCKET": path])
        try #require(daemon.start())
        #expect(daemon.stop() == 0)
        var messages = ""
        var buffer = [UInt8](repeating: 0, count: 512)
        while true {
            let count = recv(descriptor, &buffer, 512, Int32(MSG_DONTWAIT))
            if count <= 0 { break }
            messages += String(decoding: buffer[..<count], as: UTF8.self) + "\n"
        }
        #expect(messages.contains("READY=1"))
        #expect(messages.contains("STOPPING=1"))
    }

    @Test(arguments: [SIGKILL, SIGABRT])
    func aKillLosesNothingThatWasAcknowledged(signal: Int32) throws {
        let daemon = RealDaemon()
        try #require(daemon.start())
        let producer = try RawProducer(daemon.endpoint("ingest"))
        try #require(producer.greet("p"))
        try #require(producer.stream(to: 3_000))
        daemon.process?.send(signal)
        #expect(daemon.process?.wait(seconds: 5) == 128 + signal)
        try #require(daemon.start())
        // The same process of the producer goes on: its connection comes back by itself.
        try #require(producer.regreet("p"))
        #expect(producer.durable >= 3_000)
        #expect(producer.next == producer.durable + 1)
        try #require(producer.stream(to: 6_000))
        #expect(daemon.stop() == 0)
    }
}
