// A finished run as a line of JSON.

import Accelerator
import Learning

extension StreamRun {
    /// Samples of a point of the recovery curve.
    private static let shortWindow = 50

    /// Samples of a point of the learning curve: a point for every 2 % of the stream or so.
    private func window(_ samples: Samples) -> Int {
        samples.count > 40_000 ? 2_000 : samples.count > 10_000 ? 500 : 400
    }

    /// The line.
    func json(_ result: StreamResult, _ samples: Samples) -> String {
        let layout = LearnerLayout(configuration)
        let fields = layout.section.fields.filter { field in
            (field.name.hasPrefix("junction.") || field.name.hasPrefix("block."))
                && !field.name.contains("velocity")
        }
        let bytes = fields.reduce(0) { $0 + $1.packedByteCount }
        let device = (try? configuration.devicePlan()).flatMap { $0 }
        var parts = [
            "\"key\":\"\(key)\"", "\"experiment\":\"\(experiment.name)\"",
            "\"variant\":\"\(experiment.variant)\"", "\"example\":\"\(experiment.example)\"",
            "\"settings\":[\(experiment.settings.map { "\"\($0)\"" }.joined(separator: ","))]",
            "\"seed\":\(seed)", "\"count\":\(samples.count)",
            "\"parameterBytes\":\(bytes)",
            "\"accuracy\":\(result.accuracy)", "\"last1000\":\(result.last1000)",
            "\"noChange\":\(result.noChange)", "\"seconds\":\(result.seconds)",
            "\"alarms\":\(result.alarms)", "\"rate\":\(configuration.learningRate)",
            "\"parts\":[\(self.parts(result, samples))]",
            "\"window\":\(window(samples))",
            "\"curve\":[\(curve(result.right, window(samples)))]",
            "\"early\":[\(early(result.right, samples))]",
            "\"tail\":[\(tail(result.right, samples))]",
        ]
        if let device {
            parts.append("\"device\":\"\(device.device.name)\"")
            parts.append("\"deviceBits\":\(device.memory.totalBits)")
            parts.append("\"deviceLimit\":\(device.memory.capacityBits)")
        }
        return "{" + parts.joined(separator: ",") + "}"
    }

    /// Each marked part of the stream: samples of each class, and those that were right.
    private func parts(_ result: StreamResult, _ samples: Samples) -> String {
        let marks = samples.marks.isEmpty ? [(start: 0, name: "all")] : samples.marks
        return marks.indices.map { index in
            let start = marks[index].start
            let end = index + 1 < marks.count ? marks[index + 1].start : samples.count
            var counts = [Int](repeating: 0, count: classCount)
            var right = counts
            for place in start..<end {
                let label = Int(samples.classes[place])
                counts[label] += 1
                if result.right[place] { right[label] += 1 }
            }
            return "{\"name\":\"\(marks[index].name)\",\"start\":\(start),\"end\":\(end),"
                + "\"counts\":\(counts),\"right\":\(right)}"
        }.joined(separator: ",")
    }

    /// Share right of the last `window` samples, every half window, from the first whole one on.
    private func curve(_ right: [Bool], _ window: Int) -> String {
        stride(from: window, through: right.count, by: window / 2)
            .map { "\(Self.share(right[($0 - window)..<$0]))" }.joined(separator: ",")
    }

    /// The end of a stream whose last parts came unannounced: share right of the last 50 samples,
    /// every 10, from 500 before the last but one part on.
    private func tail(_ right: [Bool], _ samples: Samples) -> String {
        guard experiment.stream == .gasDrift, samples.marks.count > 1 else { return "" }
        let start = samples.marks[samples.marks.count - 2].start - 500
        return stride(from: start, through: right.count, by: 10)
            .map { "[\($0),\(Self.share(right[($0 - Self.shortWindow)..<$0]))]" }
            .joined(separator: ",")
    }

    /// Share right of the first 50 and of the first 100 samples of each part.
    private func early(_ right: [Bool], _ samples: Samples) -> String {
        samples.marks.map { mark in
            let shares = [50, 100].map { length in
                Self.share(right[mark.start..<min(mark.start + length, right.count)])
            }
            return "\(shares)"
        }.joined(separator: ",")
    }

    private static func share(_ values: ArraySlice<Bool>) -> Double {
        let share = Double(values.reduce(0) { $0 + ($1 ? 1 : 0) }) / Double(max(values.count, 1))
        return (share * 1e4).rounded() / 1e4
    }
}
