// The search of `--fit`: every candidate becomes a configuration, every configuration a network.

import Accelerator
import Client
import Configuration
import Learning

/// What a search and its training found.
struct FitReport {
    let device: DeviceDescription
    let networkText: String
    let budgetBits: Int
    let search: FitSearch
    /// Indices of the rows on the front, by bytes, clocks and text.
    let front: [Int]
    /// Of each row: what makes it.
    let settings: [[FitSetting]]
    /// What candidates in fixed point change besides.
    let adjustments: [String]
    /// What was learned; nil without `--data`.
    let training: FitTrainingReport?
    let isInterrupted: Bool
}

/// The run.
struct FitRun {
    private let inputs: PlanInputs
    private let base: MillraceConfiguration
    private let device: DeviceDescription
    private let makers: FitSettings
    /// What gives the device the memory of the budget; nil where it has as much.
    private let larger: FitSetting?
    private var state: FitSearch
    private var settings: [[FitSetting]] = []
    private var learners: [LearnerConfiguration] = []
    private var training: FitTrainingReport?

    init(_ inputs: PlanInputs, budgetBits: Int) throws(ClientError) {
        self.inputs = inputs
        (base, device) = try inputs.loadWithDevice()
        guard base.learner.blocks.isEmpty else {
            throw ClientError(
                .usage, "--fit searches networks of junctions, and \(inputs.path) has blocks",
                why: "One structure for all its junctions is seldom possible: channels are few",
                advice: "millrace plan without --fit, with --set block.1.structure=circulant "
                    + "and the like")
        }
        makers = FitSettings(base: base)
        let size = min((budgetBits + 7) / 8, 1 << 40)
        larger =
            budgetBits > device.memory.capacityBits
            ? FitSetting(path: "device.memory", value: "\(size)") : nil
        let roomy = larger.flatMap { try? inputs.load([$0]).learner.device }
        state = FitSearch(on: device, budgetBits: budgetBits, largerEnergy: roomy?.energy)
    }

    /// Looks at the whole space.
    mutating func search() {
        for candidate in FitCandidate.all(junctionCount: base.learner.widths.count - 1) {
            let settings = makers.settings(candidate)
            do {
                let learner = try inputs.load(settings).learner
                let rows = state.rows.count
                state.consider(candidate, learner.deviceNetwork)
                if state.rows.count > rows {
                    let isBeyond = state.rows[rows].memoryBits > state.ownBits
                    self.settings.append(settings + (isBeyond ? [larger].compactMap(\.self) : []))
                    learners.append(learner)
                }
            } catch {
                state.leaveOut(candidate, reason: Self.reason(error, candidate))
            }
        }
    }

    /// The same words for all candidates that fail alike.
    private static func reason(_ errors: ConfigurationErrors, _ candidate: FitCandidate) -> String {
        guard let problem = errors.problems.first else { return candidate.structure.text }
        let key = problem.key.map { "\($0) has to be " } ?? ""
        return "\(candidate.structure.kind.rawValue): \(key)\(problem.expected)"
    }

    /// Ends with what to do where nothing fits.
    func requireRows() throws(ClientError) {
        guard state.rows.isEmpty else { return }
        let budget = Format.memory(state.device.memory.capacityBits)
        let reasons = state.omissions.map { "\($0.candidates.count) left out: \($0.reason)" }
        guard let shortage = state.smallestShortage else {
            throw ClientError(
                .badConfiguration, "no network of the search can be on \(device.name)",
                why: reasons.joined(separator: ". "),
                advice: "another --device: "
                    + DeviceProfiles.names.filter { $0 != device.name }.joined(separator: ", "))
        }
        let needed = shortage.memory.totalBits
        var why =
            "The smallest of \(state.candidateCount) candidates, \(shortage.candidate.text), needs "
            + Format.memory(needed)
        if let line = shortage.memory.biggest {
            why += "; its largest line is \(line.owner) with \(Format.memory(line.bits))"
            if !line.detail.isEmpty { why += " (\(line.detail))" }
        }
        throw ClientError(
            .badConfiguration, "no network of the search fits \(budget)", why: why,
            advice: "--fit \((needed + 7) / 8), or fewer neurons: --set network.hidden=\(halved)")
    }

    /// Hidden layers of half the width, as `--set` takes them.
    private var halved: String {
        "[" + base.learner.hidden.map { "\(max(1, $0 / 2))" }.joined(separator: ",") + "]"
    }

    /// Lets every row learn, as far as the user waits.
    mutating func train(_ training: FitTraining) throws(ClientError) {
        let names = state.rows.map(\.candidate.text)
        let (report, figures) = try training.run(base, learners, names: names)
        for (index, figure) in figures.enumerated() {
            if let figure { state.note(figure: figure, ofRow: index) }
        }
        self.training = report
    }

    /// What was found.
    var report: FitReport {
        let hasFigures = state.rows.contains { $0.figure != nil }
        let front = state.front(withFigures: hasFigures).sorted { one, other in
            let (left, right) = (state.rows[one], state.rows[other])
            return (left.memoryBits, left.clocksPerSample, one)
                < (right.memoryBits, right.clocksPerSample, other)
        }
        return FitReport(
            device: device, networkText: base.learner.networkText,
            budgetBits: state.device.memory.capacityBits, search: state, front: front,
            settings: settings, adjustments: makers.adjustments, training: training,
            isInterrupted: training?.isInterrupted ?? false)
    }
}

extension Format {
    /// `12,360 bytes`, or bits where there is no whole number of bytes.
    static func memory(_ bits: Int) -> String {
        bits % 8 == 0 ? "\(count(bits / 8)) bytes" : "\(count(bits)) bits"
    }
}
