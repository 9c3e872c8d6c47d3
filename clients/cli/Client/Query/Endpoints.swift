// Where the daemon listens, from flags and environment. Order: an endpoint that is named, the
// state directory that is named, MILLRACE_STATE, "millrace-state" in the current directory.

import Glibc

/// The three endpoints of a daemon.
public struct Endpoints: Equatable, Sendable {
    /// Samples.
    public var ingest: String
    /// Predictions and status.
    public var query: String
    /// Everything that changes the daemon.
    public var admin: String

    /// Finds them.
    ///
    /// - environment: looks up a variable.
    public init(
        state: String? = nil, ingest: String? = nil, query: String? = nil, admin: String? = nil,
        environment: (String) -> String? = Endpoints.variable
    ) {
        let folder = Self.absolute(state ?? environment("MILLRACE_STATE") ?? "millrace-state")
        self.ingest =
            ingest ?? environment("MILLRACE_INGEST") ?? "ipc://\(folder)/ingest.sock"
        self.query = query ?? environment("MILLRACE_QUERY") ?? "ipc://\(folder)/query.sock"
        self.admin = admin ?? environment("MILLRACE_ADMIN") ?? "ipc://\(folder)/admin.sock"
    }

    /// A variable of the process's environment; nil when it is unset or empty.
    public static func variable(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }

    /// Where spools lie: MILLRACE_SPOOL, else millrace/spool in the XDG state directory.
    public static func spoolRoot(
        environment: (String) -> String? = Endpoints.variable
    ) -> String {
        if let named = environment("MILLRACE_SPOOL") { return absolute(named) }
        let state =
            environment("XDG_STATE_HOME") ?? (environment("HOME") ?? "") + "/.local/state"
        return state + "/millrace/spool"
    }

    /// The ingest endpoint as spools know it: one socket has one name there, whether its directory
    /// is spelled with links, `..` or neither, so that the same stream is not taken for a new one.
    public var spooled: String {
        let (local, near) = ("ipc://", "tcp://localhost:")
        if ingest.hasPrefix(near) { return "tcp://127.0.0.1:" + ingest.dropFirst(near.count) }
        guard ingest.hasPrefix(local) else { return ingest }
        let path = Self.absolute(String(ingest.dropFirst(local.count)))
        guard let end = path.lastIndex(of: "/"),
            let folder = realpath(String(path[..<end]) + "/", nil)
        else { return ingest }
        defer { free(folder) }
        return local + String(cString: folder) + path[end...]
    }

    /// An absolute path without `.` and `..`, as far as that can be told without looking: for names.
    public static func plain(_ path: String) -> String {
        var parts: [Substring] = []
        for part in absolute(path).split(separator: "/") where part != "." {
            if part == ".." { parts = parts.dropLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// `path` without a relative beginning.
    public static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        guard let current = getcwd(nil, 0) else { return path }
        defer { free(current) }
        return String(cString: current) + "/" + path
    }
}
