// The short form of scripts/inject: the first and the second of the calls that write fail in a real
// daemon, or kill it, and nothing acknowledged is lost or learned twice.

import Testing

@Suite struct InjectScriptTests {
    @Test(.enabled(if: ScriptRun.hasPython && ScriptRun.hasStrace, "python3 or strace is missing"))
    func aFailedCallLosesAndRepeatsNothing() {
        let (code, text) = ScriptRun.run("inject", ["--quick"])
        #expect(code == 0, "\(text)")
        #expect(text.contains("acknowledged_lost=0 applied_twice=0"), "\(text)")
    }
}
