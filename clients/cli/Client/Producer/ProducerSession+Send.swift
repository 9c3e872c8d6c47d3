// What a session says: HELLO, frames of the feed, FLUSH.

import MillraceProtocol

extension ProducerSession {
    /// Sends HELLO if the transport takes it.
    func greet() throws(ClientError) -> Bool {
        guard now >= notBefore else { return false }
        let hello = Hello(
            name: name, epoch: epoch, schemaDigest: schemaDigest, wantsCost: options.wantsCost)
        guard try send(hello.encode(into: memory)) else { return false }
        if epoch == 0 { newEpochGreetings += 1 }
        report.greetings += 1
        lastGreeting = now
        state = .greeting
        return true
    }

    /// HELLO again: a lost greeting is repeated sooner when it cannot open a second epoch.
    func greetAgainIfSilent() throws(ClientError) -> Bool {
        let silence = epoch == 0 ? options.silenceMilliseconds : options.silenceMilliseconds / 3
        guard milliseconds(since: lastGreeting) >= UInt64(silence) else { return false }
        return try greet()
    }

    /// Goes back to greeting after `milliseconds`.
    func greetLater(milliseconds: UInt64) {
        state = .connecting
        lastWelcome = now
        notBefore = now + milliseconds * 1_000_000
    }

    /// Sends frames while there is credit, then flushes at the end.
    func stream() throws(ClientError) -> Bool {
        if acknowledged < highestSent, milliseconds(since: lastHeard) >= patience {
            greetLater(milliseconds: 0)
            return try greet()
        }
        var worked = false
        // A bounded number of frames, so that what the daemon says is heard in between.
        for _ in 0..<16 {
            guard try sendNext() else { break }
            worked = true
        }
        return try finishOrFlush() || worked
    }

    /// How much silence is suspicious. Without credit there is nothing to send that a restarted
    /// daemon would answer with RESET, and credit normally comes soon: ask earlier.
    private var patience: UInt64 {
        let isBlocked = position > limit
        return UInt64(
            isBlocked ? options.blockedSilenceMilliseconds : options.silenceMilliseconds)
    }

    private func sendNext() throws(ClientError) -> Bool {
        if let end, position > end { return false }
        let room = min(limit &+ 1 &- position, UInt64(maxBatch))
        guard position <= limit, room > 0 else { return false }
        let allowed = min(room, rateAllowance())
        guard allowed > 0 else { return false }
        switch try feed.frame(at: position, atMost: Int(allowed), into: memory) {
        case .notYet: return false
        case .end:
            end = position - 1
            return true
        case .frame(let bytes, let numbers):
            guard try send(bytes) else { return false }
            note(UInt64(numbers))
            return true
        }
    }

    private func note(_ numbers: UInt64) {
        if highestSent <= acknowledged { lastHeard = now }  // Silence counts from the first frame.
        let last = position + numbers - 1
        let new = last > highestSent ? last - max(highestSent, position - 1) : 0
        report.sent += new
        report.resent += numbers - new
        report.frames += 1
        rateSent += numbers
        highestSent = max(highestSent, last)
        position = last + 1
        state = .streaming
    }

    private func finishOrFlush() throws(ClientError) -> Bool {
        guard let end, position > end else { return false }
        if acknowledged >= end {
            state = .done
            return true
        }
        if state == .flushing, milliseconds(since: lastFlush) < 1000 { return false }
        if flushesInVain >= 3 {
            // The last frames may be lost: no gap tells, and each FLUSH is answered all the same.
            flushesInVain = 0
            greetLater(milliseconds: 0)
            return try greet()
        }
        flushesInVain += 1
        flushRequest += 1
        guard try send(Flush(epoch: epoch, request: flushRequest).encode(into: memory)) else {
            return false
        }
        state = .flushing
        lastFlush = now
        return true
    }

    /// How many numbers the rate allows now. A pause does not pile up more than a second.
    private func rateAllowance() -> UInt64 {
        guard let rate = options.ratePerSecond else { return .max }
        if rateStart == 0 { rateStart = now }
        let due = Double(now - rateStart) / 1e9 * rate + 1
        guard due < 1e15 else { return .max }
        if due > Double(rateSent) + rate + 1 {
            rateStart = now
            rateSent = 0
            return 1
        }
        let allowed = due > Double(rateSent) ? UInt64(due) - min(rateSent, UInt64(due)) : 0
        return allowed >= rateStep(rate) ? allowed : 0
    }

    /// Numbers that must be due before a frame is sent: a millisecond of them, or a full frame if
    /// that is less. Sent as they fall due, a few would become due while the few before are sent,
    /// and a fast stream would be one of tiny frames, which cost more than the fastest of full ones.
    private func rateStep(_ rate: Double) -> UInt64 {
        UInt64(max(1, min(Double(maxBatch), rate / 1000)))
    }

    /// How long nothing but a frame of the daemon gives `step` something to do: 20 ms, or with a rate
    /// until the next frame is due, so that a rate is a steady stream and not a burst each 20 ms.
    public var idleMilliseconds: Int {
        guard let rate = options.ratePerSecond, rateStart > 0, state == .streaming,
            position <= limit
        else { return 20 }
        let due = Double(rateSent + rateStep(rate) - 1) / rate * 1000
        let elapsed = Double(now - rateStart) / 1e6
        return Int(max(1, min(20, (due - elapsed).rounded(.up))))
    }

    private func send(_ bytes: Int) throws(ClientError) -> Bool {
        try transport.send(UnsafeRawBufferPointer(start: memory.baseAddress, count: bytes))
    }
}
