// A daemon that has learned the small problem, and a user beside it.

import Testing

/// Daemon, command line and data of one test.
final class Trained {
    let daemon: RealDaemon
    let user: CommandClient
    let data: SmallData
    /// The data as CSV.
    let file: String

    /// Starts a daemon and, unless `rows` is 0, streams so many rows as producer `small`.
    init(
        rows: Int = 600, seed: UInt64 = 11, configuration: String = SmallData.configuration()
    ) throws {
        daemon = RealDaemon(configuration: configuration)
        user = CommandClient(state: daemon.state)
        data = SmallData(rows: max(rows, 600), seed: seed)
        file = user.place.write("small.csv", data.csv)
        try #require(daemon.start())
        guard rows > 0 else { return }
        let result = user.run(["stream", file, "--name", "small"])
        try #require(result.code == 0, "\(result.errors)")
    }
}
