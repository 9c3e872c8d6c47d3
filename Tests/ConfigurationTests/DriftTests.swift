// [drift]: what it becomes, and what is said of what it cannot be.

import Configuration
import Learning
import Testing

@Suite struct DriftTests {
    private func drift(_ lines: String, _ rest: String = "") -> String {
        minimal + "\n[drift]\n\(lines)\n\(rest)"
    }

    @Test func offUnlessSaid() throws {
        let plain = try load(minimal)
        #expect(plain.learner.drift == DriftSettings())
        #expect(plain.origin(of: "drift.detector") == .builtIn)
        #expect(plain.origin(of: "drift.delta") == nil)
        #expect(plain.effectiveText.contains("detector = \"none\""))
    }

    @Test func defaultsFollowTheDetector() throws {
        let page = try load(drift("detector = \"page-hinkley\""))
        #expect(page.learner.drift == DriftSettings(detector: .pageHinkley(PageHinkleySettings())))
        let adwin = try load(drift("detector = \"adwin\"\non-alarm = \"re-warm\""))
        #expect(
            adwin.learner.drift
                == DriftSettings(
                    detector: .adwin(AdaptiveWindowSettings()), response: .reWarm(count: 100)))
        #expect(adwin.origin(of: "drift.buckets") == .derived)
        let plain = try load(minimal)
        #expect(Set([page, adwin, plain].map(\.shapeDigest)).count == 3)
        #expect(try load(adwin.canonicalText).learner.drift == adwin.learner.drift)
    }

    @Test func everyKeyArrives() throws {
        let it = try load(
            drift(
                """
                detector = "page-hinkley"
                delta = 0.2
                threshold = 9
                minimum = 30
                forgetting = 0.5
                limit = 3
                unit = 0.25
                on-alarm = "raise-rate"
                raise-factor = 2.5
                raise-samples = 77
                """))
        #expect(
            it.learner.drift
                == DriftSettings(
                    detector: .pageHinkley(
                        PageHinkleySettings(
                            delta: 0.2, threshold: 9, minimumCount: 30, forgetting: 0.5)),
                    response: .raiseRate(factor: 2.5, samples: 77), limit: 3, unit: 0.25))
    }

    @Test(arguments: [
        ("threshold = 5", "", "drift.threshold", "set drift.detector"),
        ("detector = \"adwin\"\nthreshold = 5", "", "drift.threshold", "page-hinkley"),
        ("detector = \"page-hinkley\"\nbuckets = 5", "", "drift.buckets", "adwin"),
        ("detector = \"adwin\"\ndelta = 1.5", "", "drift.delta", "below 1"),
        ("detector = \"adwin\"\nraise-factor = 2", "", "drift.raise-factor", "raise-rate"),
        (
            "detector = \"adwin\"\non-alarm = \"re-warm\"\nre-warm-count = 50", "",
            "drift.re-warm-count", "from 100"
        ),
        (
            "detector = \"adwin\"\non-alarm = \"ask-guard\"", "[guard]\non-fall = \"nothing\"\n",
            "drift.on-alarm", "guard.on-fall"
        ),
        ("detector = \"ewma\"", "", "drift.detector", "\"page-hinkley\", \"adwin\""),
    ])
    func whatCannotBe(_ lines: String, _ rest: String, _ key: String, _ word: String) {
        let found = problems(drift(lines, rest))
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.key == key)
        #expect("\(found)".contains(word), "\(found)")
    }

    @Test func nothingToWarmUpAgainWithoutStatistics() {
        let text = drift("detector = \"adwin\"\non-alarm = \"re-warm\"")
            .split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0 == "features = 4" ? "features = 4\nnormalise = \"none\"" : String($0) }
            .joined(separator: "\n")
        let found = problems(text)
        #expect(found.first?.key == "drift.on-alarm" && "\(found)".contains("input.normalise"))
    }

    @Test func aRaisedRateIsAPowerOfTwoInFixedPoint() {
        let rest = """
            [junction]
            arithmetic = "fixed"
            [network]
            activation = "sigmoid"
            [learning]
            rate = 0.125
            """
        let raise = "detector = \"adwin\"\non-alarm = \"raise-rate\"\nraise-factor = "
        #expect(problems(drift(raise + "3", rest)).map(\.key) == ["drift.raise-factor"])
        #expect(problems(drift(raise + "16", rest)).map(\.key) == ["drift.raise-factor"])
        #expect(problems(drift(raise + "4", rest)).isEmpty)
    }

    /// Fixed point inside a block alone: the key and its line are named as well.
    @Test func aRaisedRateIsAPowerOfTwoInBlocksToo() {
        func found(_ factor: String) -> [ConfigurationProblem] {
            problems(
                sequence + """
                    [block.0]
                    kind = "conv1d"
                    channels = 4
                    kernel = 3
                    arithmetic = "fixed"
                    [block.1]
                    kind = "flatten"
                    [learning]
                    rate = 0.125
                    [drift]
                    detector = "adwin"
                    on-alarm = "raise-rate"
                    raise-factor = \(factor)
                    """)
        }
        #expect(found("4").isEmpty)
        #expect(found("3").map(\.key) == ["drift.raise-factor"])
        #expect(found("3").map(\.place) == ["test.toml:20"])
    }
}
