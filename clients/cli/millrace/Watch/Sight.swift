// One refresh of `millrace watch`: a status, the one before it, and what follows from both.

import MillraceProtocol

/// What was seen.
struct Sight {
    /// 1 for the first.
    let number: Int
    /// Nil when nobody answered.
    let status: StatusReply?
    /// The newest answer before this one.
    let previous: StatusReply?
    /// An answer about five seconds old, or `previous`: the base of what goes on by generations,
    /// which come seldom.
    let earlier: StatusReply?
    /// Who was asked.
    let endpoint: String
    /// Seconds since the newest answer.
    let awaySeconds: Double

    /// What was added since `base`, per second of the daemon's clock; nil when there is no such
    /// time, as after a restart of the daemon.
    private func rate(_ now: UInt64, _ before: UInt64, since base: StatusReply?) -> Double? {
        guard let status, let base, status.uptimeSeconds > base.uptimeSeconds, now >= before
        else { return nil }
        return Double(now - before) / (status.uptimeSeconds - base.uptimeSeconds)
    }

    /// Samples and late labels accepted per second.
    var samplesPerSecond: Double? {
        guard let status, let previous else { return nil }
        return rate(
            status.counters.samplesAccepted, previous.counters.samplesAccepted, since: previous)
    }

    /// The same of one producer.
    func samplesPerSecond(of producer: ProducerStatus) -> Double? {
        guard
            let before = previous?.producers.first(where: {
                $0.name == producer.name && $0.epoch == producer.epoch
            })
        else { return rate(producer.next, 1, since: previous) }
        return rate(producer.next, before.next, since: previous)
    }

    /// Clocks of the emulated device per second, for what became durable.
    var deviceClocksPerSecond: Double? {
        guard let now = status?.device, let before = earlier?.device else { return nil }
        return rate(now.total.clocks, before.total.clocks, since: earlier)
    }

    /// Generations made durable per second.
    var commitsPerSecond: Double? {
        guard let status, let earlier else { return nil }
        return rate(status.commits, earlier.commits, since: earlier)
    }
}

/// One line of `watch --json`.
struct WatchDocument: Encodable {
    struct Rates: Encodable {
        var samplesPerSecond: Double?
        var commitsPerSecond: Double?
        var deviceClocksPerSecond: Double?
        /// By the producer's name.
        var producers: [String: Double]
    }
    var number: Int
    /// Seconds since 1970, when the answer was there.
    var unixSeconds: Double
    var answered: Bool
    /// Absent without an answer.
    var rates: Rates?
    /// As `millrace status --json` has it; absent without an answer.
    var status: StatusReply?
    /// Seconds since the newest answer; absent with one.
    var awaySeconds: Double?

    init(_ sight: Sight, unixSeconds: Double) {
        number = sight.number
        self.unixSeconds = unixSeconds
        answered = sight.status != nil
        status = sight.status
        guard let status = sight.status else {
            awaySeconds = sight.awaySeconds
            return
        }
        let each = status.producers.compactMap { producer in
            sight.samplesPerSecond(of: producer).map { (producer.name, $0) }
        }
        rates = Rates(
            samplesPerSecond: sight.samplesPerSecond, commitsPerSecond: sight.commitsPerSecond,
            deviceClocksPerSecond: sight.deviceClocksPerSecond,
            producers: Dictionary(each, uniquingKeysWith: { $1 }))
    }
}
