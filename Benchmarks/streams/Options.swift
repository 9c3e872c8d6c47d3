// The command line.

import Configuration

/// What the command line says.
struct Options {
    static let usage = """
        usage: streams --data FOLDER --results FILE [--only PREFIX]... [--seeds N] [--workers N]
                       [--list]
               streams --data FOLDER [--only PREFIX]... [--seeds N] --set KEY=VALUE...

        """

    var dataFolder = ""
    var resultsPath = ""
    /// Starts of "name variant"; empty: all.
    var only: [String] = []
    var seeds = 3
    var workers = 1
    var isList = false
    /// Over the values of every example.
    var assignments: [String] = []

    /// nil if it cannot be understood.
    init?(_ arguments: ArraySlice<String>) {
        var rest = arguments
        while let argument = rest.popFirst() {
            if argument == "--list" {
                isList = true
            } else {
                guard let value = rest.popFirst(), take(argument, value) else { return nil }
            }
        }
        if dataFolder.isEmpty || (resultsPath.isEmpty && assignments.isEmpty) { return nil }
    }

    private mutating func take(_ name: String, _ value: String) -> Bool {
        switch name {
        case "--data": dataFolder = value
        case "--results": resultsPath = value
        case "--only": only.append(value)
        case "--seeds":
            guard let number = Int(value), (1...100).contains(number) else { return false }
            seeds = number
        case "--workers":
            guard let number = Int(value), (1...64).contains(number) else { return false }
            workers = number
        case "--set":
            guard ConfigurationFlag(assignment: value) != nil else { return false }
            assignments.append(value)
        default: return false
        }
        return true
    }
}
