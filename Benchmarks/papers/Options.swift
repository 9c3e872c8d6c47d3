// The command line.

/// What the command line says.
struct Options {
    static let usage = """
        usage: papers --data FOLDER --results FILE [--only PREFIX]... [--seeds N] [--quick]
                      [--workers N] [--list]

        """

    var dataFolder = ""
    var resultsPath = ""
    /// Starts of "number variant"; empty: all.
    var only: [String] = []
    var seeds: Int?
    var isQuick = false
    var isList = false
    var workers = 2

    /// nil if it cannot be understood.
    init?(_ arguments: ArraySlice<String>) {
        var rest = arguments
        while let argument = rest.popFirst() {
            switch argument {
            case "--quick": isQuick = true
            case "--list": isList = true
            default:
                guard let value = rest.popFirst(), take(argument, value) else { return nil }
            }
        }
        if dataFolder.isEmpty || resultsPath.isEmpty { return nil }
    }

    private mutating func take(_ name: String, _ value: String) -> Bool {
        switch name {
        case "--data": dataFolder = value
        case "--results": resultsPath = value
        case "--only": only.append(value)
        case "--seeds":
            guard let number = Int(value), number > 0 else { return false }
            seeds = number
        case "--workers":
            guard let number = Int(value), (1...64).contains(number) else { return false }
            workers = number
        default: return false
        }
        return true
    }
}
