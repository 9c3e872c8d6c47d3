// wire-bench: the two ends of a wire that `scripts/bench` needs beside the daemon and its client:
// bare libzmq without anything around it, and a client that measures one question at a time.
//
//     wire-bench echo REPLY-BYTES ENDPOINT...       answers each message until SIGTERM
//     wire-bench pull ENDPOINT FRAMES               takes FRAMES frames, prints the seconds
//     wire-bench push ENDPOINT FILE.x.npy BATCH FRAMES
//     wire-bench trips COUNT DAEMON ECHO            round trips to both in turns
//     wire-bench pace RATE SECONDS DAEMON           round trips at a steady rate
//
// Everything prints one JSON object. Questions are PREDICT frames of eight f32 features, as
// examples/elec2.toml takes them.

import Glibc
import Platform

/// Ends with a message on standard error.
func fail(_ text: String) -> Never {
    StandardError.write("wire-bench: \(text)\n")
    exit(1)
}

/// The number at `index` of the arguments.
func number(_ index: Int) -> Int {
    guard index < arguments.count, let value = Int(arguments[index]), value > 0 else {
        fail("argument \(index) is a number above 0")
    }
    return value
}

/// The text at `index` of the arguments.
func text(_ index: Int) -> String {
    guard index < arguments.count else { fail("argument \(index) is missing") }
    return arguments[index]
}

let arguments = CommandLine.arguments
do {
    switch arguments.dropFirst().first {
    case "echo": try echo(replyBytes: number(2), at: Array(arguments.dropFirst(3)))
    case "pull": try pull(at: text(2), frames: number(3))
    case "push": try push(to: text(2), path: text(3), batch: number(4), frames: number(5))
    case "trips": try measureTrips(number(2), daemon: text(3), echo: text(4))
    case "pace": try measurePaced(rate: number(2), seconds: number(3), daemon: text(4))
    default: fail("echo, pull, push, trips or pace; see the top of main.swift")
    }
} catch {
    fail("\(error)")
}
