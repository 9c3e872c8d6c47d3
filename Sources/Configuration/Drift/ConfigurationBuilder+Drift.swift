// From the keys of [drift] to the learner's settings: what belongs to what, and what needs
// something of another table.

import Learning

extension ConfigurationBuilder {
    /// The settings; what is wrong is reported.
    mutating func drift(for learner: LearnerConfiguration) -> DriftSettings {
        let name = text("drift.detector")
        guard name != "none" else {
            reportKeys(DriftKeys.all.map(\.name).filter { $0 != "detector" }) { _ in
                "none without a detector: set drift.detector = \"page-hinkley\" or \"adwin\""
            }
            return DriftSettings()
        }
        reportKeys(DriftKeys.ofDetector.filter { $0.value != name }.keys.sorted()) { key in
            "none: it belongs to detector \"\(DriftKeys.ofDetector[key] ?? "")\", not \"\(name)\""
        }
        take("on-alarm", .text("nothing"))
        take("limit", .real(DriftSettings().limit))
        take("unit", .real(0))
        let word = text("drift.on-alarm")
        reportKeys(DriftKeys.ofResponse.filter { $0.value != word }.keys.sorted()) { key in
            "none: it belongs to on-alarm = \"\(DriftKeys.ofResponse[key] ?? "")\", not "
                + "\"\(word)\""
        }
        return DriftSettings(
            detector: name == "adwin" ? adwin() : pageHinkley(),
            response: response(word, learner), limit: number("limit"), unit: number("unit"))
    }

    private mutating func pageHinkley() -> DriftDetector {
        let standard = PageHinkleySettings()
        take("delta", .real(standard.delta))
        take("threshold", .real(standard.threshold))
        take("minimum", .integer(Int64(standard.minimumCount)))
        take("forgetting", .real(standard.forgetting))
        return .pageHinkley(
            PageHinkleySettings(
                delta: number("delta"), threshold: number("threshold"),
                minimumCount: integer("drift.minimum"), forgetting: number("forgetting")))
    }

    private mutating func adwin() -> DriftDetector {
        let standard = AdaptiveWindowSettings()
        take("delta", .real(standard.delta))
        take("buckets", .integer(Int64(standard.bucketsPerRow)))
        take("check", .integer(Int64(standard.checkInterval)))
        let delta = number("delta")
        if delta <= 0 || delta >= 1 {
            report(
                "drift.delta", found: shown("drift.delta"),
                expected: "above 0 and below 1 for \"adwin\": the chance of a false cut")
        }
        return .adwin(
            AdaptiveWindowSettings(
                delta: delta, bucketsPerRow: integer("drift.buckets"),
                checkInterval: integer("drift.check")))
    }

    private mutating func response(
        _ word: String, _ learner: LearnerConfiguration
    ) -> DriftResponse {
        switch word {
        case "raise-rate": return raisedRate(learner)
        case "re-warm":
            take("re-warm-count", .integer(100))
            if text("input.normalise") != "running" {
                report(
                    "drift.on-alarm", found: "\"re-warm\"",
                    expected: "another response with input.normalise = \"none\": there are no "
                        + "statistics to warm up again")
            }
            return .reWarm(count: integer("drift.re-warm-count"))
        case "ask-guard":
            if text("guard.on-fall") != "compare" {
                report(
                    "drift.on-alarm", found: "\"ask-guard\"",
                    expected: "another response with guard.on-fall = \"nothing\", or "
                        + "guard.on-fall = \"compare\"")
            }
            return .askGuard
        default: return .nothing
        }
    }

    private mutating func raisedRate(_ learner: LearnerConfiguration) -> DriftResponse {
        take("raise-factor", .real(4))
        take("raise-samples", .integer(300))
        let factor = Float(number("raise-factor"))
        let rate = learner.learningRate * factor
        let junctions = learner.junctions + learner.blocks.flatMap(\.junctionSpecifications)
        let isFixed = junctions.contains {
            if case .fixed = $0.arithmetic { true } else { false }
        }
        let isPower = rate.significand == 1 && (-15...0).contains(rate.exponent)
        if isFixed && !isPower || !rate.isFinite {
            report(
                "drift.raise-factor", found: shown("drift.raise-factor"),
                expected: "a factor that makes learning.rate (\(shown("learning.rate"))) a power "
                    + "of two from 2^-15 to 1, as fixed point needs it")
        }
        return .raiseRate(factor: factor, samples: integer("drift.raise-samples"))
    }

    private func number(_ name: String) -> Double {
        guard case .real(let number) = values["drift." + name]?.value else { return 0 }
        return number
    }

    /// The default of a key that nobody gave.
    private mutating func take(_ name: String, _ value: ConfigurationValue) {
        guard values["drift." + name] == nil else { return }
        values["drift." + name] = EffectiveValue(value: value, origin: .derived)
    }

    /// Reports those of the keys that were given.
    private mutating func reportKeys(_ names: [String], _ expected: (String) -> String) {
        for name in names where values["drift." + name] != nil {
            report("drift." + name, found: shown("drift." + name), expected: expected(name))
        }
    }
}
