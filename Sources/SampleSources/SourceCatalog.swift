// The one place where a description becomes a source.

/// Opens sources by name or file extension.
public enum SourceCatalog {
    /// Opens what `description` names.
    ///
    /// - description: `host`, `morse` (with options: `morse:noise=0.05,seed=1`), `-` for standard
    ///   input, or the path of a file ending in .npy, .csv, .tsv, .txt, .jsonl, .ndjson or .json.
    ///   A file called `host` is reached as `./host`.
    /// - options: what is known about it.
    public static func open(
        _ description: String, options: SourceOptions = SourceOptions()
    ) throws(SourceError) -> any SampleSource {
        let parts = description.split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let head = parts.first.map(String.init) ?? ""
        let tail = parts.count > 1 ? String(parts[1]) : ""
        switch head {
        case "host":
            return try HostSource(options: tail, source: options)
        case "morse":
            return try MorseSource(options: tail, source: options)
        case "-":
            return try TextSource(standardInputWith: options)
        default:
            return try openFile(description, options: options)
        }
    }

    private static func openFile(
        _ path: String, options: SourceOptions
    ) throws(SourceError) -> any SampleSource {
        let lowered = path.lowercased()
        if let labels = options.labelsPath, options.format != nil || !lowered.hasSuffix(".npy") {
            throw .badOption(
                source: path, option: "labels", found: labels,
                expected: "none: labels are a column of a text (--label-column)")
        }
        if let format = options.format { return try TextSource(path: path, format, options) }
        if lowered.hasSuffix(".npy") { return try NpySource(path: path, options: options) }
        for ending in [".csv", ".tsv", ".txt"] where lowered.hasSuffix(ending) {
            return try TextSource(path: path, .csv, options)
        }
        for ending in [".jsonl", ".ndjson", ".json"] where lowered.hasSuffix(ending) {
            return try TextSource(path: path, .jsonLines, options)
        }
        throw .unknownSource(description: path)
    }
}
