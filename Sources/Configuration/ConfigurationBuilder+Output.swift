// [output]: the task, what follows from it, and what belongs to another one.

import Learning

extension ConfigurationBuilder {
    /// How many classes or targets a key with a count or names means.
    private func width(_ key: String) -> Int? {
        switch values[key]?.value {
        case .integer(let count): Int(count)
        case .array(let list): list.count
        default: nil
        }
    }

    /// What is learned; nil where that cannot be told.
    mutating func task() -> LearningTask? {
        func width(_ key: String, _ word: String) -> Int? {
            if let width = self.width(key) { return width }
            if !problems.contains(where: { $0.key == key }) {
                report(
                    key, found: "nothing",
                    expected: "how many \(word) there are, or their names, for this task")
            }
            return nil
        }
        switch text("output.task") {
        case "classification":
            return width("output.classes", "classes").map { .classification(classCount: $0) }
        case "regression":
            return width("output.targets", "targets").map { .regression(targetCount: $0) }
        case "forecast":
            return .forecast(steps: values["output.steps"] == nil ? 1 : integer("output.steps"))
        case "autoencoder": return .autoencoder
        default: return nil
        }
    }

    /// What follows from the task, and keys that it does not take.
    mutating func deriveOutputs(_ task: LearningTask) {
        let isClassification = if case .classification = task { true } else { false }
        let isRegression = if case .regression = task { true } else { false }
        for (key, belongs, needed) in [
            ("output.classes", isClassification, "classification"),
            ("output.targets", isRegression, "regression"),
            ("output.steps", task.forecastSteps > 0, "forecast"),
        ] where !belongs && values[key] != nil {
            report(
                key, found: "a value",
                expected: "none: it belongs to task \"\(needed)\", not \"\(text("output.task"))\"")
        }
        checkAnomaly(isClassification)
        checkSteps(task)
        if case .forecast = task, values["output.steps"] == nil {
            values["output.steps"] = EffectiveValue(value: .integer(1), origin: .derived)
        }
        derive("network.loss", isClassification ? "cross-entropy" : "squared-error")
        let isEntropy = isClassification && text("network.loss") == "cross-entropy"
        // Fixed point has no exponential function.
        let tables = junctionTables
        let isFixed = tables.word("arithmetic", tables.last ?? 0) == "fixed"
        derive(
            "network.output-activation",
            isEntropy ? (isFixed ? "sigmoid" : "softmax") : "identity")
    }

    /// A forecast has an output per feature and step.
    private mutating func checkSteps(_ task: LearningTask) {
        let features = integer("input.features")
        guard task.forecastSteps > 1, features > 0 else { return }
        let most = LearnerConfiguration.widthMaximum
        if task.forecastSteps * features > most {
            report(
                "output.steps", found: "\(task.forecastSteps) steps of \(features) features",
                expected: "at most \(max(1, most / features)) steps: there are at most \(most) "
                    + "outputs, one per feature and step")
        }
    }

    /// How errors are judged; an autoencoder is there for its percentile.
    private mutating func checkAnomaly(_ isClassification: Bool) {
        let isAutoencoder = text("output.task") == "autoencoder"
        if isClassification {
            guard values["output.anomaly"] != nil else { return }
            report(
                "output.anomaly", found: "a value",
                expected: "none: a classification is right or wrong, and has no errors to judge")
        } else if isAutoencoder, values["output.anomaly"] != nil,
            text("output.anomaly") == "score"
        {
            report(
                "output.anomaly", found: "\"score\"",
                expected: "\"percentile\" or nothing: an autoencoder always ranks its errors, "
                    + "beside the score")
        } else {
            derive("output.anomaly", isAutoencoder ? "percentile" : "score")
        }
    }

    private mutating func derive(_ key: String, _ word: String) {
        guard values[key] == nil else { return }
        values[key] = EffectiveValue(value: .text(word), origin: .derived)
    }

    /// Neurons of the output layer.
    func outputCount(_ task: LearningTask) -> Int {
        switch task {
        case .classification(let count), .regression(let count): count
        case .forecast(let steps): steps * integer("input.features")
        case .autoencoder: integer("input.features")
        }
    }
}
