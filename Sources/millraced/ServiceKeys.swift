// The keys of the service: read once at the start, the clients' again whenever the service is
// asked to reload. A start with bad keys fails; a reload with bad keys changes nothing.

import Configuration
import Daemon
import Messaging
import Platform

/// What [keys] names, read.
struct ServiceKeys {
    private let settings: KeySettings
    private let endpoints: [[String]]

    /// - endpoints: by door.
    init(_ settings: KeySettings, endpoints: [[String]]) {
        self.settings = settings
        self.endpoints = endpoints
    }

    /// The daemon's own key; nil when there are no keys.
    func server() throws(StartError) -> CurveServer? {
        guard let path = settings.serverPath else { return nil }
        // What the service manager puts into this folder is for this service alone.
        let folder = ProcessFacts.environment("CREDENTIALS_DIRECTORY")
        let isCredential = folder.map { path == "\($0)/\(KeySettings.credential)" } ?? false
        do throws(AccessFileError) {
            return try AccessFiles.server(path, isCredential: isCredential)
        } catch {
            throw .keys(error)
        }
    }

    /// The keys of the clients, as they are in the folder now.
    func clients() throws(AccessFileError) -> ClientTable {
        guard let folder = settings.clientsPath else { return .empty }
        return try AccessFiles.clients(folder)
    }

    /// What the daemon's threads share about keys; nil when there are none.
    func board(
        _ report: @escaping @Sendable (DaemonEvent) -> Void
    ) throws(StartError) -> AccessBoard? {
        guard settings.serverPath != nil else { return nil }
        do throws(AccessFileError) {
            return AccessBoard(
                clients: try clients(), keyedDoors: ZeroMQTransport.reachableDoors(endpoints),
                clock: MachineClock(), report: report)
        } catch {
            throw .keys(error)
        }
    }

    /// Reads the clients' keys again and puts them in force. Returns which file is bad, if one is:
    /// then the old ones stay in force.
    func reload(_ daemon: Daemon) -> String? {
        guard settings.serverPath != nil else { return nil }
        do throws(AccessFileError) {
            daemon.replaceClients(try clients())
            return nil
        } catch {
            return error.description
        }
    }

    /// For --check: reads everything; the clients that are listed, nil when there are no keys.
    func verify() throws(StartError) -> ClientTable? {
        guard try server() != nil else { return nil }
        do throws(AccessFileError) {
            return try clients()
        } catch {
            throw .keys(error)
        }
    }
}
