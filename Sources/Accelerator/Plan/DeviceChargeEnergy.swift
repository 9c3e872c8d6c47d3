// Counts times entries: what an energy table says of a number of actions.

extension EnergyTable {
    /// Σ (count · energy of the action's row); actions without a row are named instead.
    func energy(of actions: ActionCounts) -> Energy {
        var sum = Energy(amount: 0, unit: unit)
        var uncounted: Set<String> = []
        for (action, count) in actions.counts {
            if let row = row(of: action) {
                sum.amount += Double(count) * row.energy
            } else {
                uncounted.insert(Self.name(of: action))
            }
        }
        sum.uncounted = uncounted.sorted()
        return sum
    }

    private func row(of action: Action) -> EnergyRow? {
        let name = Self.name(of: action)
        return rows.first {
            $0.action == name && $0.bits == action.bits
                && (action.isAccess || $0.isFloat == action.isFloat)
        }
    }

    /// The action in the words of a table file; an access whatever the memory holds.
    private static func name(of action: Action) -> String {
        switch action.kind {
        case .multiply: "multiply"
        case .add: "add"
        case .compare: "compare"
        case .lookUp: "look-up"
        case .bitAnd: "and"
        case .countOnes: "count-ones"
        case .shift: "shift"
        case .draw: "draw"
        case .read: "read"
        case .write: "write"
        }
    }
}
