// A commented configuration from somebody's own data: every choice with its reason, so that the
// file teaches what can be changed. What it writes passes the loader (tested on every kind).

import Learning
import SampleSources
import WeightStore

/// Writes configurations.
public enum ConfigurationWriter {
    /// Rows that are looked at.
    public static let defaultRowCount = 20_000

    /// TOML text for the data in `path`.
    ///
    /// - path: CSV or JSON Lines. - labelColumn: as `ColumnSelection` takes it; nil = decide by
    ///   the data. - rowCount: most rows to look at.
    /// - generationBytes: what a generation of a configuration takes on disk, if the caller can
    ///   say; without it no figure is written.
    /// - Throws: when the data cannot be read, or has no column of numbers.
    public static func describe(
        path: String, labelColumn: String? = nil, rowCount: Int = defaultRowCount,
        generationBytes: ((MillraceConfiguration) -> Int)? = nil
    ) throws(SourceError) -> String {
        let survey = try TableSurvey(path: path, rows: max(1, rowCount))
        let decisions = try DataDecisions(survey, labelColumn: labelColumn)
        var page = ConfigurationText.Page(decisions: decisions)
        let text = page.write()
        guard let generationBytes, let configuration = loaded(text) else { return text }
        var figured = ConfigurationText.Page(
            decisions: decisions, generationBytes: generationBytes(configuration))
        return figured.write()
    }

    private static func loaded(_ text: String) -> MillraceConfiguration? {
        do throws(ConfigurationErrors) {
            return try ConfigurationLoader.load(ConfigurationInputs(path: "written", text: text))
        } catch {
            return nil
        }
    }
}

extension ConfigurationText {
    /// The text being written.
    struct Page {
        let decisions: DataDecisions
        /// nil: not known.
        let generationBytes: Int?
        private var text = ""

        init(decisions: DataDecisions, generationBytes: Int? = nil) {
            self.decisions = decisions
            self.generationBytes = generationBytes
        }

        private var survey: TableSurvey { decisions.survey }
        private var columns: [ColumnSurvey] { decisions.features.map { survey.columns[$0] } }

        mutating func write() -> String {
            writeHead()
            writeInput()
            writeOutput()
            writeNetwork()
            writeStorage()
            return text
        }

        private mutating func line(_ line: String = "") { text += line + "\n" }

        /// A comment, wrapped at 96 columns.
        private mutating func comment(_ words: String) {
            var current = "#"
            let sentence = words.prefix(1).uppercased() + words.dropFirst()
            for word in sentence.split(separator: " ") {
                if current.count + word.count + 1 > 96 {
                    line(current)
                    current = "#"
                }
                current += " " + Self.printable(word)
            }
            line(current)
        }

        private static func printable(_ word: Substring) -> String {
            String(word.unicodeScalars.map { $0.value < 0x20 ? " " : Character($0) })
        }

        private mutating func writeHead() {
            let more = survey.isPartial ? ", the first of more" : ""
            comment("Written from \(survey.path): \(survey.rowCount) rows looked at\(more).")
            if survey.badRowCount > 0 {
                comment("\(survey.badRowCount) rows could not be read and were passed over.")
            }
            line("#")
            line("#   millraced --config THIS-FILE --check     what it means, and the memory plan")
            line("#   millraced --config THIS-FILE")
            line("#   millrace stream \(Self.shellWord(survey.path))\(labelFlag)")
            line()
        }

        /// Streaming finds a label column by its name; one that has another name must be given.
        private var labelFlag: String {
            guard let index = decisions.labelIndex else { return "" }
            let name = survey.columns[index].name
            let names = survey.columns.map(\.name)
            if ColumnSelection.labelColumn(among: names) == index { return "" }
            return " --label-column " + Self.shellWord(name)
        }

        private static func shellWord(_ text: String) -> String {
            let isPlain = text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
                    || (0x61...0x7a).contains(byte) || [0x2d, 0x2e, 0x2f, 0x5f].contains(byte)
            }
            if isPlain, !text.isEmpty { return text }
            let escaped = text.split(separator: "'", omittingEmptySubsequences: false)
                .joined(separator: "'\\''")
            return printable("'\(escaped)'"[...])
        }

        private mutating func writeInput() {
            line("[input]")
            comment("The columns that hold numbers.")
            for item in decisions.leftOut.prefix(20) {
                comment("Left out: \(TomlText.quoted(item.name)), because \(item.reason).")
            }
            line("features = \(decisions.features.count)")
            let names = columns.map(\.name)
            if names.allSatisfy(ValueKind.isName) {
                comment("Columns are found by these names when the file is streamed.")
                line("names = \(TomlText.value(.array(names.map { .text($0) })))")
            }
            comment("\(decisions.typeReason): how values travel and wait.")
            line("type = \"\(decisions.type.rawValue)\"")
            if decisions.type == .u8 {
                comment("Pixels: 0 to 255 becomes 0 to 1, and nothing else is done.")
                line("scale = \(TomlText.real(1.0 / 255))")
                line("normalise = \"none\"")
            } else {
                comment("Columns have different scales, so mean and variance are learnt as well.")
                line("normalise = \"running\"")
            }
            writeBounds()
            line()
        }

        private mutating func writeBounds() {
            guard decisions.type != .u8 else { return }
            comment(
                "A sample outside these bounds is refused and counted: the range seen, widened by "
                    + "ten times itself on both sides.")
            var lower: [ConfigurationValue] = []
            var upper: [ConfigurationValue] = []
            for column in columns {
                let low = Double(column.lowest)
                let high = Double(column.highest)
                let width = max(high - low, abs(low), abs(high), 1)
                lower.append(.real(max(Self.rounded(low - 10 * width), -1e30)))
                upper.append(.real(min(Self.rounded(high + 10 * width), 1e30)))
            }
            line("lower = \(TomlText.value(.array(lower)))")
            line("upper = \(TomlText.value(.array(upper)))")
        }

        /// Two digits, away from zero.
        private static func rounded(_ value: Double) -> Double {
            var scale = 1.0
            while abs(value) / scale >= 100 { scale *= 10 }
            return (value / scale).rounded(.awayFromZero) * scale
        }

        private mutating func writeOutput() {
            line("[output]")
            if let index = decisions.labelIndex {
                comment(
                    "The label is \(TomlText.quoted(survey.columns[index].name)) "
                        + "(\(decisions.labelReason)).")
            }
            comment(decisions.targetReason + ".")
            switch decisions.target {
            case .classCount(let count):
                line("task = \"classification\"")
                line("classes = \(count)")
            case .classNames(let names):
                line("task = \"classification\"")
                if survey.isPartial {
                    comment("The classes in the rows looked at; add those that come later.")
                }
                line("classes = \(TomlText.value(.array(names.map { .text(Self.className($0)) })))")
            case .value:
                line("task = \"regression\"")
                let name = decisions.labelIndex.map { survey.columns[$0].name } ?? "target"
                line("targets = \(TomlText.value(.array([.text(String(name.prefix(64)))])))")
            case .nextSample:
                line("task = \"forecast\"")
                comment("How many samples ahead; each costs as many outputs as there are columns.")
                line("steps = 1")
                comment(
                    "Or the sample itself: task = \"autoencoder\", without steps, and a narrow layer "
                        + "below, such as hidden = [16, 4, 16]. Then each sample gets an error, and "
                        + "the share of the errors so far that were smaller.")
            }
            line()
        }

        private static func className(_ text: String) -> String { String(text.prefix(64)) }

        /// One hidden layer about as wide as what goes in and comes out.
        private var hidden: Int {
            var width = 16
            while width < decisions.features.count + decisions.outputCount, width < 256 {
                width *= 2
            }
            return width
        }

        private mutating func writeNetwork() {
            line("[network]")
            comment(
                "One hidden layer, about as wide as inputs and outputs together. "
                    + "Wider learns more and costs memory and time.")
            line("hidden = [\(hidden)]")
            line("seed = 1")
            line()
            line("[learning]")
            comment("Lower it if the error jumps about; raise it if the model follows too slowly.")
            line("rate = \(decisions.target == .nextSample ? "0.003" : "0.01")")
            line()
            line("[labels]")
            comment(
                decisions.target == .nextSample
                    ? "A forecast needs no labels."
                    : "Labels come with their samples. To send them later, say for how many "
                        + "samples, of all producers together, a label may be late.")
            line("window = 0")
            line()
        }

        private mutating func writeStorage() {
            let section = sectionBytes
            line("[commit]")
            let size = generationBytes.map { "A generation takes \($0) bytes on disk. " } ?? ""
            let what = generationBytes == nil ? "A generation" : "One"
            comment(
                "\(size)\(what) is written after this time, and when a client asks at the end of "
                    + "its input.")
            line("interval-milliseconds = \(section > 4 << 20 ? 10_000 : 1000)")
            line()
            line("[memory]")
            comment("More than needed: --check prints the plan, line by line.")
            line("budget = \"\(ByteSize.text(Int64(budgetBytes)))\"")
            line()
            line("[daemon]")
            comment("One message holds at least sixteen samples.")
            line("max-message = \"\(ByteSize.text(Int64(messageBytes)))\"")
            line("queue = \(queueSamples)")
            line("max-producers = \(producerCount)")
        }

        private var sampleBytes: Int { decisions.features.count * decisions.type.bytes }

        private var messageBytes: Int {
            var bytes = 32_768
            while bytes < 16 * (sampleBytes + 4 * decisions.outputCount) + 32 { bytes *= 2 }
            return bytes
        }

        private var queueSamples: Int { max(256, min(4096, (4 << 20) / sampleBytes)) }

        private var producerCount: Int { 8 }

        /// Bytes of the learner section of what was written.
        private var sectionBytes: Int {
            let task: LearningTask =
                switch decisions.target {
                case .classCount, .classNames:
                    .classification(classCount: max(2, decisions.outputCount))
                case .value: .regression(targetCount: 1)
                case .nextSample: .forecast(steps: 1)
                }
            let element: ElementType =
                switch decisions.type {
                case .u8: .u8
                case .i16: .i16
                case .f32: .f32
                }
            let learner = LearnerConfiguration(
                featureCount: decisions.features.count, elementType: element,
                normaliser: decisions.type == .u8 ? .none : .running(clip: 10, horizon: 0),
                task: task, hidden: [hidden], hiddenActivation: .relu, outputActivation: .identity,
                loss: .squaredError, initialisation: .heUniform, seed: 1, learningRate: 0.01,
                producerCapacity: producerCount)
            return LearnerLayout(learner).section.byteCount
        }

        /// Ring, learner, checkpoint and slots for readers, messages on their way, the queue; and
        /// half as much again, rounded up to a power of two of MiB.
        private var budgetBytes: Int {
            let messages = 16 * 8 * messageBytes
            let need = 8 * sectionBytes + messages + 2 * queueSamples * sampleBytes
            var budget = 16 << 20
            while budget < need + need / 2 { budget *= 2 }
            return budget
        }
    }
}
