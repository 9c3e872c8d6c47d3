// The three ways in which `millrace watch` shows a refresh.

import Glibc
import MillraceProtocol

/// One object per line.
struct WatchJSON: WatchView {
    mutating func show(_ sight: Sight) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let seconds = Double(now.tv_sec) + Double(now.tv_nsec / 1_000_000) / 1e3
        Console.printJSON(WatchDocument(sight, unixSeconds: seconds))
    }
}

/// One line of words per refresh.
struct WatchLines: WatchView {
    mutating func show(_ sight: Sight) {
        guard let status = sight.status else {
            return Console.print(
                "\(Self.time)  the daemon does not answer, for "
                    + "\(Format.decimal(sight.awaySeconds, 0)) s; waiting")
        }
        var parts = [Self.time]
        if status.mode != .learning { parts.append(status.mode.rawValue) }
        parts.append(WatchText.rate(sight.samplesPerSecond) + "/s")
        parts += WatchText.figures(status.figures)
        parts.append("queue \(Format.count(UInt64(clamping: status.queueDepth)))")
        parts.append("generation \(status.generation)")
        parts.append("resident \(Format.bytes(status.residentBytes))")
        if let drift = status.drift { parts.append("\(Format.count(drift.alarms)) drift alarms") }
        parts += WatchText.device(sight).prefix(2)
        if status.producers.count > 1 {
            parts += status.producers.map { producer in
                "\(producer.name) \(WatchText.rate(sight.samplesPerSecond(of: producer)))/s "
                    + Format.figure(producer.figures.last1000)
            }
        }
        Console.print(parts.joined(separator: "  "))
    }

    /// The time of day here: `16:20:31`.
    static var time: String {
        var now = Glibc.time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        return [parts.tm_hour, parts.tm_min, parts.tm_sec]
            .map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }
}

/// A table that is drawn again in place.
struct WatchScreen: WatchView {
    private var screen = Screen()
    private var newest: Sight?

    mutating func show(_ sight: Sight) {
        let size = Screen.size
        if sight.status != nil { newest = sight }
        guard let newest, let status = newest.status else { return }
        let table = WatchText(sight: newest, status: status, size: size).lines
        guard sight.status == nil else { return screen.draw(table, size: size) }
        var away = ScreenLine(
            "the daemon does not answer, for \(Format.decimal(sight.awaySeconds, 0)) s; waiting",
            .alarm)
        away.add("  (what it said last:)", .dim)
        screen.draw([away] + table.map { $0.looking(.dim) }, size: size)
    }
}
