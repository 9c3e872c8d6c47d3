// Who sends frames that are refused, again and again, is ended: that connection, and no other that
// got its descriptor.

import Daemon
import Messaging
import Testing

@Suite struct GreetingBudgetTests {
    private let peer = Peer(low: 0x0100_0000_00, high: 0, byteCount: 5)

    @Test func theConnectionOfTheFirstRefusedFrameIsEnded() {
        var budget = GreetingBudget(producers: 3)
        #expect(budget.refuse(peer, serial: 7, 1) == nil)
        for _ in 1..<GreetingBudget.refusedBurst {
            #expect(budget.refuse(peer, serial: 9, 1) == nil)
        }
        #expect(budget.refuse(peer, serial: 9, 1) == 7)
        #expect(budget.refuse(peer, serial: 0, 1) == 7)
    }

    @Test func anotherPeerHasAMeasureOfItsOwn() {
        var budget = GreetingBudget(producers: 3)
        for _ in 0..<GreetingBudget.refusedBurst { _ = budget.refuse(peer, serial: 7, 1) }
        let other = Peer(low: 0x0200_0000_00, high: 0, byteCount: 5)
        #expect(budget.refuse(other, serial: 8, 1) == nil)
        #expect(budget.refuse(peer, serial: 7, 1) == 7)
        // Two seconds pay for a hundred.
        for number in 0..<100 {
            #expect(budget.refuse(peer, serial: 7, 2_000_000_001) == nil, "\(number)")
        }
        #expect(budget.refuse(peer, serial: 7, 2_000_000_001) == 7)
    }
}
