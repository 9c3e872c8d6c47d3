// The way from files, variables and flags to a checked configuration. Problems are collected, so
// that one run shows all of them.

import Glibc

/// What a configuration is made from.
public struct ConfigurationInputs: Sendable {
    /// Path of the file, for messages and origins; nil = no file.
    public var path: String?
    /// Its text.
    public var text: String
    /// The environment.
    public var environment: [String: String]
    /// Flags, later ones over earlier ones.
    public var flags: [ConfigurationFlag]
    /// The service manager's credential that may be the daemon's secret certificate
    /// ($CREDENTIALS_DIRECTORY/curve.secret); nil if there is none.
    public var serverCredential: String?
    /// Whether a network that does not run on its device is refused. Who looks for one that does
    /// must see the others, too.
    public var checksDevice: Bool

    /// - path: of the file, nil = none. - text: its text. - environment: all of it.
    /// - flags: in the order typed. - checksDevice: see the property.
    public init(
        path: String?, text: String = "", environment: [String: String] = [:],
        flags: [ConfigurationFlag] = [], checksDevice: Bool = true
    ) {
        self.checksDevice = checksDevice
        self.path = path
        self.text = text
        self.environment = environment
        self.flags = flags
    }
}

/// Loads configurations.
public enum ConfigurationLoader {
    /// Reads a file and loads it with environment and flags.
    public static func load(
        path: String?, environment: [String: String], flags: [ConfigurationFlag] = [],
        checksDevice: Bool = true
    ) throws(ConfigurationErrors) -> MillraceConfiguration {
        var inputs = ConfigurationInputs(
            path: path, environment: environment, flags: flags, checksDevice: checksDevice)
        if let path { inputs.text = try read(path) }
        inputs.serverCredential = credential(environment)
        return try load(inputs)
    }

    /// Puts the layers together and checks them.
    public static func load(
        _ inputs: ConfigurationInputs
    ) throws(ConfigurationErrors) -> MillraceConfiguration {
        var layers = LayerCollector()
        var fileText: ConfigurationText?
        if let path = inputs.path {
            do throws(ConfigurationProblem) {
                let text = try ConfigurationText(inputs.text, path: path)
                layers.add(text, path: path)
                fileText = text
            } catch {
                // Without a file nothing else that could be said is sure.
                throw ConfigurationErrors([error])
            }
        }
        layers.add(environment: inputs.environment)
        for flag in inputs.flags { layers.add(flag) }
        var builder = ConfigurationBuilder(
            values: layers.values, problems: layers.problems, path: inputs.path,
            lines: fileText?.lines ?? [:], environment: inputs.environment,
            checksDevice: inputs.checksDevice)
        builder.takeCredential(inputs.serverCredential)
        guard let configuration = builder.build() else {
            throw ConfigurationErrors(builder.problems)
        }
        return configuration
    }

    /// The path of the credential, if something is there.
    private static func credential(_ environment: [String: String]) -> String? {
        guard let folder = environment["CREDENTIALS_DIRECTORY"], !folder.isEmpty else { return nil }
        let path = folder + "/" + KeySettings.credential
        var facts = stat()
        return lstat(path, &facts) == 0 ? path : nil
    }

    /// The text of a file: UTF-8, at most 1 MiB.
    public static func read(_ path: String) throws(ConfigurationErrors) -> String {
        func failure(_ found: String) -> ConfigurationErrors {
            ConfigurationErrors([
                ConfigurationProblem(
                    place: path, key: nil, found: found, expected: "a readable TOML file")
            ])
        }
        // Not blocking: the open of a pipe that nobody writes to would wait for ever.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else {
            throw failure(String(cString: strerror(errno)))
        }
        // It is read again at every reload, which only a file can be.
        guard facts.st_mode & S_IFMT == S_IFREG || facts.st_mode & S_IFMT == S_IFDIR else {
            throw failure("what is not a regular file but a pipe, a socket or a device")
        }
        var bytes = [UInt8](repeating: 0, count: ConfigurationText.largestFile + 1)
        var used = 0
        while used < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + used }, buffer.count - used)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure(String(cString: strerror(errno))) }
            if got == 0 { break }
            used += got
        }
        guard used <= ConfigurationText.largestFile else {
            throw failure("more than \(ConfigurationText.largestFile) bytes")
        }
        guard let text = String(validating: bytes[..<used], as: UTF8.self) else {
            throw failure("bytes that are not UTF-8")
        }
        return text
    }
}
