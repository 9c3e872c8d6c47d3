// Options that commands share, and the way every command ends.

import ArgumentParser
import Client
import Glibc
import Messaging
import MillraceProtocol
import Platform
import SampleSources

/// How output looks.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON document on standard output.")
    var json = false
}

/// Where the daemon is.
struct DaemonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The daemon's state directory.", valueName: "dir"),
        completion: .directory)
    var state: String?
    @Option(help: ArgumentHelp("The daemon's ingest socket.", valueName: "endpoint"))
    var ingest: String?
    @Option(help: ArgumentHelp("The daemon's query socket.", valueName: "endpoint"))
    var query: String?
    @Option(help: ArgumentHelp("The daemon's admin socket.", valueName: "endpoint"))
    var admin: String?
    @Option(
        help: ArgumentHelp(
            "For TCP: this client's secret certificate (NAME.key_secret).", valueName: "file"),
        completion: .file(extensions: ["key_secret"]))
    var key: String?
    // One key of 85 begins with a dash.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "For TCP: the daemon's public key, as 40 characters or a file.",
            valueName: "key"),
        completion: .file(extensions: ["key"]))
    var serverKey: String?
    @Option(help: ArgumentHelp("Seconds to wait for an answer.", valueName: "seconds"))
    var timeout = 5.0

    func validate() throws {
        guard timeout > 0, timeout <= 3600 else {
            throw ValidationError("--timeout takes seconds from 0 (excluded) to 3600.")
        }
    }

    var endpoints: Endpoints {
        Endpoints(state: state, ingest: ingest, query: query, admin: admin)
    }

    /// Where the keys of connections come from.
    var keys: ConnectionKeys { ConnectionKeys(key: key, serverKey: serverKey) }

    /// A client of the query socket.
    func queryClient(_ context: MessagingContext) throws(ClientError) -> RequestClient {
        try client(context, endpoints.query)
    }

    /// A client of the admin socket.
    func adminClient(_ context: MessagingContext) throws(ClientError) -> RequestClient {
        try client(context, endpoints.admin)
    }

    private func client(
        _ context: MessagingContext, _ endpoint: String
    ) throws(ClientError) -> RequestClient {
        let client = RequestClient(
            transport: try SocketTransport(context, endpoint: endpoint, keys: keys),
            clock: MachineClock(),
            endpoint: endpoint)
        client.timeoutMilliseconds = Int(timeout * 1000)
        return client
    }
}

/// Makes the process's one ZeroMQ context.
func makeContext() throws(ClientError) -> MessagingContext {
    do {
        return try MessagingContext(ioThreads: 1)
    } catch {
        throw ClientError(.internalError, "ZeroMQ cannot start", why: "\(error)")
    }
}

/// What `--json` prints when a command fails (protocol/schema/client-error.json).
struct FailureDocument: Codable {
    struct Detail: Codable {
        var status: Int32
        var what: String
        var why: String
        var advice: String
    }
    var ok = false
    var error: Detail

    init(_ error: ClientError) {
        func text(_ text: String) -> String { legible(text, atMost: 4096, keepsLines: true) }
        self.error = Detail(
            status: error.status.rawValue, what: text(error.what), why: text(error.why),
            advice: text(error.advice))
    }
}

/// A failure of a command that has printed its document: said in words, and by the exit code.
struct AfterDocument: Error {
    let error: ClientError
}

/// Runs `body`; a failure is printed, as JSON too when asked for, and becomes the exit code.
func reporting(_ output: OutputOptions, _ body: () throws -> Void) throws {
    do {
        try body()
    } catch let error as ClientError {
        Console.talk("error: \(error)")
        if output.json { Console.printJSON(FailureDocument(error)) }
        throw ExitCode(error.status.rawValue)
    } catch let failure as AfterDocument {
        Console.talk("error: \(failure.error)")
        throw ExitCode(failure.error.status.rawValue)
    }
}
