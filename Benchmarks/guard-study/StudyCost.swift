// What the guard costs while it only watches: the finiteness check of a commit beside the copy that
// the commit is, and a sample with the judge's count and look beside one without. Medians of 15
// turns, taken alternately, so that what else the machine does falls on both.

import Daemon
import Kernels
import Learning
import Platform

extension StudyRun {
    /// Seconds per commit of the check and of the copy; nanoseconds per sample without and with.
    struct Cost {
        var check: [Double] = []
        var copy: [Double] = []
        var plain: [Double] = []
        var watched: [Double] = []
    }

    /// Measures over the first samples of the stream.
    func measure(samples: Int) -> Cost {
        let clock = MachineClock()
        func seconds(_ body: () -> Void) -> Double {
            let start = clock.nowNanoseconds
            body()
            return Double(clock.nowNanoseconds - start) / 1e9
        }
        var cost = Cost()
        prepare()
        let repeats = 20
        for turn in 0..<15 {
            cost.check.append(seconds { for _ in 0..<repeats { _ = isFinite } } / Double(repeats))
            cost.copy.append(seconds { for _ in 0..<repeats { copyToGood() } } / Double(repeats))
            let first = turn * samples
            let isWatchedFirst = turn % 2 == 1
            for isWatched in [isWatchedFirst, !isWatchedFirst] {
                let time = seconds {
                    for index in first..<(first + samples) {
                        watchOrNot(index % count, index * 2 + (isWatched ? 1 : 0), isWatched)
                    }
                }
                let nanoseconds = time * 1e9 / Double(samples)
                if isWatched {
                    cost.watched.append(nanoseconds)
                } else {
                    cost.plain.append(nanoseconds)
                }
            }
        }
        return cost
    }
}

/// The middle one.
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
