// Banks with rows and ports, and one operation that asks them.
//
// Invariant: a word moves only through a port, and a port moves one word per clock.

/// Banks that hold one vector: number q lies in bank q mod count, row q div count.
final class BankCollection {
    /// `left activations`
    let name: String
    let owner: DeviceMemoryOwner
    /// Of one word.
    let bits: Int
    private(set) var banks: [[Int]]
    private let count: Int
    /// Words that each bank has moved in the clock that is on.
    private var readsNow: [Int]
    private var writesNow: [Int]

    /// Banks that hold `numbers`.
    init(_ name: String, _ owner: DeviceMemoryOwner, bits: Int, banks: Int, _ numbers: [Int]) {
        (self.name, self.owner, self.bits) = (name, owner, bits)
        count = numbers.count
        let rows = (numbers.count + banks - 1) / banks
        self.banks = Array(repeating: Array(repeating: 0, count: rows), count: banks)
        readsNow = Array(repeating: 0, count: banks)
        writesNow = readsNow
        for (index, number) in numbers.enumerated() {
            self.banks[index % banks][index / banks] = number
        }
    }

    func bank(of number: Int) -> Int { number % banks.count }

    func load(_ number: Int) -> Int { banks[number % banks.count][number / banks.count] }

    func store(_ value: Int, _ number: Int) {
        banks[number % banks.count][number / banks.count] = value
    }

    /// Takes a port of a bank if one is free in this clock.
    func takePort(_ bank: Int, isWrite: Bool, ports: Int) -> Bool {
        if isWrite {
            writesNow[bank] += 1
            return writesNow[bank] <= ports
        }
        readsNow[bank] += 1
        return readsNow[bank] <= ports
    }

    /// The ports of a bank are free again.
    func endClock(_ bank: Int) {
        readsNow[bank] = 0
        writesNow[bank] = 0
    }

    /// All numbers, in order.
    var numbers: [Int] { (0..<count).map(load) }
}

/// One operation on its way: its clock, and what it has done.
final class SteppedOperation {
    /// One word that is asked for.
    struct Request {
        /// Among `collections`.
        let collection: Int
        let number: Int
        /// On whose behalf.
        let edge: SimulatedClash.Edge
    }

    let operation: Operation
    private let place: (junction: Int, clashLimit: Int)
    private let memory: DeviceMemory
    private let collections: [BankCollection]
    private var reads: [Int]
    private var writes: [Int]
    private(set) var clock = 0
    private(set) var stalls = 0
    private(set) var clashCount = 0
    private(set) var clashes: [SimulatedClash] = []
    var multiplications = 0
    var additions = 0
    var comparisons = 0
    var lookUps = 0

    init(
        _ operation: Operation, junction: Int, clashLimit: Int, _ memory: DeviceMemory,
        _ collections: [BankCollection]
    ) {
        self.operation = operation
        place = (junction, clashLimit)
        self.memory = memory
        self.collections = collections
        reads = Array(repeating: 0, count: collections.count)
        writes = reads
    }

    /// Steps clocks until every request has had a port.
    /// - Returns: how many clocks that took, at least 1
    func serve(_ requests: [Request], isWrite: Bool) -> Int {
        let ports = isWrite ? memory.writePorts : memory.readPorts
        var (pending, turns) = (requests, 0)
        repeat {
            var late: [Request] = []
            for request in pending {
                let collection = collections[request.collection]
                let bank = collection.bank(of: request.number)
                if collection.takePort(bank, isWrite: isWrite, ports: ports) {
                    if isWrite {
                        writes[request.collection] += 1
                    } else {
                        reads[request.collection] += 1
                    }
                } else {
                    late.append(request)
                }
            }
            if turns == 0, !late.isEmpty { note(late, among: requests, isWrite, ports) }
            for request in pending {
                let collection = collections[request.collection]
                collection.endClock(collection.bank(of: request.number))
            }
            pending = late
            turns += 1
        } while !pending.isEmpty
        return turns
    }

    /// One step of all lanes that took so many clocks.
    func advance(_ clocks: Int) {
        clock += clocks
        stalls += clocks - 1
    }

    /// Keeps the first clashes, whole.
    private func note(
        _ late: [Request], among requests: [Request], _ isWrite: Bool, _ ports: Int
    ) {
        clashCount += late.count
        var known: Set<Int> = []
        for request in late where clashes.count < place.clashLimit {
            let collection = collections[request.collection]
            let bank = collection.bank(of: request.number)
            guard known.insert(request.collection << 32 | bank).inserted else { continue }
            let asking = requests.filter {
                $0.collection == request.collection && collection.bank(of: $0.number) == bank
            }
            clashes.append(
                SimulatedClash(
                    junction: place.junction, operation: operation, clock: clock,
                    memory: "\(collection.name) \(bank)", isWrite: isWrite,
                    requests: asking.count, ports: ports, edges: asking.map(\.edge)))
        }
    }

    /// What was done, on numbers of the given width.
    func cost(bits: Int, isFloat: Bool) -> OperationCost {
        var actions = ActionCounts()
        actions.add(Action(.multiply, bits: bits, isFloat: isFloat), multiplications)
        actions.add(Action(.add, bits: bits, isFloat: isFloat), additions)
        actions.add(Action(.compare, bits: bits, isFloat: isFloat), comparisons)
        actions.add(Action(.lookUp, bits: bits, isFloat: isFloat), lookUps)
        for (index, collection) in collections.enumerated() {
            actions.add(Action(.read(collection.owner), bits: collection.bits), reads[index])
            actions.add(Action(.write(collection.owner), bits: collection.bits), writes[index])
        }
        return OperationCost(
            clocks: clock, stallClocks: stalls, clashes: clashCount, actions: actions)
    }
}
