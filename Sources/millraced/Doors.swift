// Where the doors are in this process: the configuration's endpoints, or the sockets that the
// service manager passed.
//
// Invariant: a door with an inherited socket has no other; the .socket unit decides for it.

import Configuration
import Daemon
import Platform

struct Doors {
    /// By door.
    let endpoints: [[String]]
    let sockets: DoorSockets
    /// What the service manager passed.
    let inherited: [InheritedSocket]

    /// Takes what was passed; ends with 78 when it cannot be used.
    static func open(_ configuration: MillraceConfiguration) -> Doors {
        let daemon = configuration.daemon
        var endpoints = [daemon.ingestEndpoints, daemon.queryEndpoints, daemon.adminEndpoints]
        let names = Door.allCases.map { "\($0)" }
        let inherited: [InheritedSocket]
        do throws(ActivationError) {
            inherited = try InheritedSockets.take(
                environment: ProcessFacts.environment,
                processIdentifier: ProcessFacts.processIdentifier, names: names)
        } catch {
            Foundry.fail("\(error)", code: 78)
        }
        for socket in inherited {
            if let why = objection(to: socket, configuration.keys) { Foundry.fail(why, code: 78) }
        }
        for (index, name) in names.enumerated() {
            let own = inherited.filter { $0.name == name }.map(\.endpoint)
            if !own.isEmpty { endpoints[index] = own }
        }
        let descriptors = Dictionary(
            inherited.map { ($0.endpoint, $0.descriptor) }, uniquingKeysWith: { first, _ in first })
        return Doors(
            endpoints: endpoints,
            sockets: DoorSockets(inherited: descriptors, fileMode: daemon.socketMode),
            inherited: inherited)
    }

    /// Why an inherited socket must not be used; nil if it may.
    private static func objection(to socket: InheritedSocket, _ keys: KeySettings) -> String? {
        let isUnix = socket.endpoint.hasPrefix("ipc://")
        if keys.serverPath != nil {
            guard !isUnix, keys.clientsPath == nil else { return nil }
            return "the inherited socket \(socket.endpoint) (\(socket.name)) lets in listed keys "
                + "only, and there is no list. TRY: clients = \"clients.d\" in [keys], the folder "
                + "with each client's NAME.key"
        }
        if socket.isReachable, !keys.allowsPlainTCP {
            return "the inherited socket \(socket.endpoint) (\(socket.name)) may be reached from "
                + "other machines, and there are no keys. "
                + "TRY: a server key (millrace keygen --server), or ListenStream=127.0.0.1:PORT in "
                + "the .socket unit"
        }
        if socket.name == "\(Door.admin)", !isUnix {
            return
                "the inherited socket \(socket.endpoint) is for admin, and without keys commands "
                + "are taken from Unix sockets only. TRY: a server key (millrace keygen --server), or "
                + "ListenStream=/run/millrace/admin.sock"
        }
        return nil
    }
}
