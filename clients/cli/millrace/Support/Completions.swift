// What the shell offers where only we know the words: names that the daemon knows, devices that are
// shipped. Asked for behind the Tab key, so it is quick, silent, and empty when nobody answers.

import ArgumentParser
import Client
import Configuration
import Glibc
import MillraceProtocol

enum Completions {
    /// Producers that the daemon knows.
    static let producers = CompletionKind.custom { words, _, _ in
        ask(StatusReply.self, .status, words).map { $0.producers.map(\.name) } ?? []
    }

    /// Generations in the ring, the newest first.
    static let generations = CompletionKind.custom { words, _, _ in
        ask(GenerationsReply.self, .generations, words)
            .map { $0.generations.map { "\($0.generation)" } } ?? []
    }

    /// Checkpoints of the daemon that can be used.
    static let checkpoints = CompletionKind.custom { words, _, _ in
        ask(CheckpointsReply.self, .checkpoints, words)
            .map { $0.checkpoints.filter { $0.problem == nil }.map(\.name) } ?? []
    }

    /// Devices that are shipped, and profiles in the folder that is being typed.
    static let devices = CompletionKind.custom { _, _, prefix in
        DeviceProfiles.names + (prefix.isEmpty ? [] : files(prefix, ending: ".toml"))
    }

    /// A reply of the daemon that the words name, or nil after 0.3 s.
    private static func ask<Reply: ControlReply>(
        _ type: Reply.Type, _ command: ControlCommand, _ words: [String]
    ) -> Reply? {
        guard
            let options = try? DaemonOptions.parse(
                ["state", "query", "key", "server-key"].flatMap { option(named: $0, words) } + [
                    "--timeout", "0.3",
                ]),
            let context = try? makeContext(), let client = try? options.queryClient(context)
        else { return nil }
        return try? client.ask(type, ControlRequest(command: command))
    }

    /// `--name value` where it was typed.
    private static func option(named name: String, _ words: [String]) -> [String] {
        for (index, word) in words.enumerated() {
            if word == "--\(name)", index + 1 < words.count { return [word, words[index + 1]] }
            if word.hasPrefix("--\(name)=") { return [word] }
        }
        return []
    }

    /// Paths that begin with `prefix`: folders, and files of that ending.
    private static func files(_ prefix: String, ending: String) -> [String] {
        let slash = prefix.lastIndex(of: "/")
        let folder = slash.map { String(prefix[...$0]) } ?? ""
        guard let directory = opendir(folder.isEmpty ? "." : folder) else { return [] }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let isFolder = entry.pointee.d_type == UInt8(DT_DIR)
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard !name.hasPrefix("."), isFolder || name.hasSuffix(ending) else { continue }
            let path = folder + name + (isFolder ? "/" : "")
            if path.hasPrefix(prefix) { found.append(path) }
        }
        return found.sorted()
    }
}
