// The catalogue: every cell of weight structure × increment × arithmetic, and whether it exists.
//
// This is the one place that says so. The table in ARCHITECTURE.md is printed from here (a test
// compares them), configurations are checked against it, and one parameterised test runs every
// cell that exists.

import Arithmetic

/// A way to hold weights, without its numbers.
public enum StructureKind: String, Equatable, Sendable, CaseIterable {
    case dense
    case random
    case structured
    case clashFree = "clash-free"
    case laneAligned = "lane-aligned"
    case circulant
    case pruned

    /// As the table of ARCHITECTURE.md names it.
    public var title: String {
        switch self {
        case .dense: "dense"
        case .random: "pre-defined sparse, random"
        case .structured: "pre-defined sparse, exact degrees"
        case .clashFree: "pre-defined sparse, clash-free type 1, 2, 3"
        case .laneAligned: "pre-defined sparse, lane-aligned"
        case .circulant: "block-circulant"
        case .pruned: "N:M"
        }
    }
}

/// Whether a cell exists.
public enum CellStatus: Equatable, Sendable {
    /// A definition and a fast form, tested against each other.
    case supported
    /// The definition runs; there is no fast form, and why.
    case referenceOnly(String)
    /// It does not exist, and why.
    case absent(String)

    /// `yes`, `reference only: …` or `no: …`
    public var text: String {
        switch self {
        case .supported: "yes"
        case .referenceOnly(let reason): "reference only: \(reason)"
        case .absent(let reason): "no: \(reason)"
        }
    }
}

/// All cells.
public enum Catalogue {
    /// Whether a structure exists with an increment in an arithmetic.
    public static func status(
        _ structure: StructureKind, isStochastic: Bool, isFixed: Bool
    ) -> CellStatus {
        switch (structure, isStochastic, isFixed) {
        case (.circulant, true, false):
            .referenceOnly("the rule needs the k × k products and loses the FFT")
        case (.circulant, true, true):
            .absent("bits of one sample are too coarse for 16-bit spectra")
        case (.pruned, true, true):
            .absent("increments of one sample and views of many steps are not combined in 16 bits")
        case (.pruned, false, true):
            .referenceOnly("views are copies of the master with zeros, as fast as dense")
        case (_, true, true):
            .referenceOnly("increments are formed one by one")
        default: .supported
        }
    }

    /// The catalogue as a Markdown table.
    public static var table: String {
        var lines = [
            "| structure | exact, float32 | exact, fixed point | stochastic, float32 "
                + "| stochastic, fixed point |",
            "|---|---|---|---|---|",
        ]
        for kind in StructureKind.allCases {
            let cells = [(false, false), (false, true), (true, false), (true, true)].map {
                status(kind, isStochastic: $0.0, isFixed: $0.1).text
            }
            lines.append("| " + ([kind.title] + cells).joined(separator: " | ") + " |")
        }
        return lines.map { $0 + "\n" }.joined()
    }
}

extension WeightStructure {
    /// The structure without its numbers.
    public var kind: StructureKind {
        switch self {
        case .dense: .dense
        case .random: .random
        case .structured: .structured
        case .clashFree: .clashFree
        case .laneAligned: .laneAligned
        case .circulant: .circulant
        case .pruned: .pruned
        }
    }
}

extension JunctionSpecification {
    /// What the catalogue says of this junction's cell.
    public var status: CellStatus {
        var isStochastic = false
        if case .stochastic = increment { isStochastic = true }
        var isFixed = false
        if case .fixed = arithmetic { isFixed = true }
        return Catalogue.status(structure.kind, isStochastic: isStochastic, isFixed: isFixed)
    }
}
