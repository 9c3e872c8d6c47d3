// What the stepped simulation says of a clash, so that a person sees where a pattern fails.

/// One memory that was asked too often in one clock.
public struct SimulatedClash: Equatable, Sendable {
    /// One connection whose number or neuron was asked for.
    public struct Edge: Equatable, Sendable {
        /// In the order of the junction, 0-based.
        public let index: Int
        /// Left and right neuron.
        public let left, right: Int

        /// See the properties.
        public init(index: Int, left: Int, right: Int) {
            self.index = index
            self.left = left
            self.right = right
        }
    }

    /// From the input, 0-based.
    public let junction: Int
    /// Whose requests clash.
    public let operation: Operation
    /// Since the operation began, stalls included, 0-based.
    public let clock: Int
    /// `left activations 3`
    public let memory: String
    /// Whether words went in, not out.
    public let isWrite: Bool
    /// Requests of that clock.
    public let requests: Int
    /// Words that the memory moves per clock in that direction.
    public let ports: Int
    /// Whose requests they were.
    public let edges: [Edge]

    /// Requests beyond the ports.
    public var beyond: Int { requests - ports }
}

extension SimulatedClash: CustomStringConvertible {
    /// `junction 0, feedforward, clock 3: 2 reads of left activations 3, which has 1 port: edges
    /// 12 (3 to 1), 15 (11 to 1)`
    public var description: String {
        let list = edges.map { "\($0.index) (\($0.left) to \($0.right))" }
        return "junction \(junction), \(operation.rawValue), clock \(clock): \(requests) "
            + (isWrite ? "writes to" : "reads of") + " \(memory), which has \(ports) "
            + (ports == 1 ? "port" : "ports") + ": edges " + list.joined(separator: ", ")
    }
}
