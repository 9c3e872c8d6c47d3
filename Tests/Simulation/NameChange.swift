// What a call did to the names of the simulated disk. A change is seen by programs at once, and is
// durable when the directory that holds the name is synchronised.

/// One change of one name.
enum NameChange {
    case link(String, SimulatedFile)
    case rename(from: String, to: String, SimulatedFile)
    case unlink(String)

    /// The name that appears or vanishes.
    var path: String {
        switch self {
        case .link(let path, _), .unlink(let path): path
        case .rename(_, let path, _): path
        }
    }

    /// Makes the change.
    func apply(to names: inout [String: SimulatedFile]) {
        switch self {
        case .link(let path, let file): names[path] = file
        case .unlink(let path): names[path] = nil
        case .rename(let source, let target, let file):
            if names[source] === file { names[source] = nil }
            names[target] = file
        }
    }

    /// The directory that holds the name `path`.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return String(path[..<slash])
    }
}
