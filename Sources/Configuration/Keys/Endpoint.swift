// Where the daemon may listen: Unix sockets, and TCP on the loopback only. There is no
// authentication yet, so a socket that another machine can reach is refused.

/// Rules for endpoints.
enum Endpoint {
    /// What stands for the state directory.
    static let placeholder = "{state}"
    /// What stands for the folder of sockets that the service manager made.
    static let runtimePlaceholder = "{runtime}"
    /// Longest path of a Unix socket: sun_path less its terminator.
    static let longestPath = 107

    /// What is allowed, for messages.
    static func expected(ipcOnly: Bool) -> String {
        let ipc =
            "ipc://PATH ({state} stands for the state directory, {runtime} for the "
            + "service's runtime directory)"
        return ipcOnly
            ? "one to eight of \(ipc); commands are never taken from the network"
            : "one to eight of \(ipc), tcp://127.0.0.1:PORT, tcp://[::1]:PORT or "
                + "tcp://localhost:PORT; there is no authentication, so nothing that other "
                + "machines can reach"
    }

    /// Why `text` is not allowed; nil if it is.
    static func problem(_ text: String, ipcOnly: Bool) -> String? {
        if text.hasPrefix("ipc://") {
            let path = text.dropFirst(6)
            if path.isEmpty { return "an ipc endpoint needs a path" }
            if path.hasPrefix("@") { return "an abstract socket has no file permissions" }
            if path.contains(Character("*")) { return "a wildcard path cannot be found by clients" }
            return nil
        }
        guard text.hasPrefix("tcp://") else { return "only ipc:// and tcp:// are known" }
        if ipcOnly { return "commands are taken from ipc:// only" }
        let address = text.dropFirst(6)
        guard let colon = address.lastIndex(of: ":") else { return "a port is missing" }
        let host = address[..<colon]
        let port = address[address.index(after: colon)...]
        guard ["127.0.0.1", "[::1]", "localhost"].contains(String(host)) else {
            return "\(host) may be reached from other machines, and there is no authentication"
        }
        if port == "*" { return nil }
        guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(port),
            number > 0
        else { return "the port must be 1 to 65535, or *" }
        return nil
    }

    /// The runtime directory: the first in RUNTIME_DIRECTORY, which a service manager sets; without
    /// one the state directory, so that the same file runs by hand.
    static func runtime(_ environment: [String: String], state: String) -> String {
        let given = environment["RUNTIME_DIRECTORY"]?.split(separator: ":").first.map(String.init)
        return given ?? state
    }

    /// `text` with the state directory or the runtime directory put in.
    static func resolve(_ text: String, state: String, runtime: String) -> String {
        for (placeholder, folder) in [(placeholder, state), (runtimePlaceholder, runtime)] {
            if let range = text.ranges(of: placeholder).first {
                return text.replacingCharacters(in: range, with: folder)
            }
        }
        return text
    }
}

extension String {
    fileprivate func replacingCharacters(
        in range: Range<String.Index>, with text: String
    ) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
