// Where the daemon may listen: Unix sockets and TCP. What an endpoint looks like is decided here
// one by one; whether it may be open depends on [keys] and is decided for the whole configuration
// (ConfigurationBuilder+Keys).

/// Rules for endpoints.
enum Endpoint {
    /// What stands for the state directory.
    static let placeholder = "{state}"
    /// What stands for the folder of sockets that the service manager made.
    static let runtimePlaceholder = "{runtime}"
    /// Longest path of a Unix socket: sun_path less its terminator.
    static let longestPath = 107
    /// Longest host name (RFC 1035).
    static let longestHost = 253

    /// What is allowed, for messages.
    static let expected =
        "one to eight of ipc://PATH ({state} stands for the state directory, {runtime} for the "
        + "service's runtime directory) or tcp://HOST:PORT, HOST being an address, a name, [::1] "
        + "or *"

    /// Why `text` is not an endpoint; nil if it is.
    static func problem(_ text: String) -> String? {
        if text.hasPrefix("ipc://") {
            let path = text.dropFirst(6)
            if path.isEmpty { return "an ipc endpoint needs a path" }
            if path.hasPrefix("@") { return "an abstract socket has no file permissions" }
            if path.contains(Character("*")) { return "a wildcard path cannot be found by clients" }
            return nil
        }
        guard text.hasPrefix("tcp://") else { return "only ipc:// and tcp:// are known" }
        let address = text.dropFirst(6)
        guard let colon = address.lastIndex(of: ":") else { return "a port is missing" }
        let port = address[address.index(after: colon)...]
        guard isHost(address[..<colon]) else {
            return "the host must be an address, a name, [ADDRESS] for IPv6, or *"
        }
        if port == "*" { return nil }
        guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(port),
            number > 0
        else { return "the port must be 1 to 65535, or *" }
        return nil
    }

    /// Whether an endpoint is TCP.
    static func isTCP(_ endpoint: String) -> Bool { endpoint.hasPrefix("tcp://") }

    /// Whether other machines can reach an endpoint: TCP on anything but 127.0.0.0/8, [::1] and
    /// localhost. A name may mean any address, so it counts as reachable.
    static func isReachable(_ endpoint: String) -> Bool {
        guard isTCP(endpoint) else { return false }
        let address = endpoint.dropFirst(6)
        let host = address.lastIndex(of: ":").map { address[..<$0] } ?? address
        if host == "[::1]" || host == "localhost" { return false }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let isLoopback =
            parts.count == 4 && parts.first == "127"
            && parts.allSatisfy { part in
                part.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(part) != nil
            }
        return !isLoopback
    }

    private static func isHost(_ host: Substring) -> Bool {
        guard !host.isEmpty, host.utf8.count <= longestHost else { return false }
        if host == "*" { return true }
        if host.hasPrefix("[") {
            return host.hasSuffix("]")
                && host.dropFirst().dropLast().utf8.allSatisfy { byte in
                    isLetterOrDigit(byte) || ":.%".utf8.contains(byte)
                } && host.utf8.count > 2
        }
        return host.utf8.allSatisfy { isLetterOrDigit($0) || ".-_".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
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
