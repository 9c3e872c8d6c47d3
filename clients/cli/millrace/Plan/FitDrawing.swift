// A search as a picture: bytes to the right, clocks upwards, both in powers of two; what no other
// beats in colour by structure and with its number in the list, the rest in grey.

import Accelerator
import Glibc
import Junctions

/// The picture.
struct FitDrawing {
    private let report: FitReport
    private var picture = Picture()
    private var marks = LabelPlaces()

    private static let left = 96.0
    private static let top = 108.0
    private static let width = 640.0
    private static let height = 380.0
    private static let bottom = top + height

    private init(_ report: FitReport) { self.report = report }

    /// The file.
    static func text(_ report: FitReport) -> String {
        var drawing = FitDrawing(report)
        drawing.draw()
        return drawing.picture.text(
            title: "Networks that fit \(Format.memory(report.budgetBits)) on \(report.device.name)")
    }

    private mutating func draw() {
        let rows = report.search.rows
        picture.words(
            "\(report.networkText) on \(report.device.name): what fits "
                + Format.memory(report.budgetBits),
            x: 24, y: 40, size: 18, style: "strong")
        picture.words(
            "\(rows.count) of \(report.search.candidateCount) candidates fit; numbered: no other is "
                + "better in all",
            x: 24, y: 62, size: 13, style: "quiet")
        let across = LogAxis(rows.map { Double($0.memoryBits) / 8 }, Self.left, Self.width)
        let up = LogAxis(rows.map { Double($0.clocksPerSample) }, Self.bottom, -Self.height)
        drawAxes(across, up)
        drawPoints(across, up)
        drawList(y: Self.bottom + 72)
    }

    // MARK: axes

    private mutating func drawAxes(_ across: LogAxis, _ up: LogAxis) {
        for tick in across.ticks {
            let x = across.place(tick)
            picture.line(x, Self.top, x, Self.bottom, style: "line grid")
            picture.words(
                Format.bytes(Int(tick)), x: x, y: Self.bottom + 18, size: 11, anchor: .middle,
                style: "quiet")
        }
        for tick in up.ticks {
            let y = up.place(tick)
            picture.line(Self.left, y, Self.left + Self.width, y, style: "line grid")
            picture.words(
                Format.count(Int(tick)), x: Self.left - 8, y: y + 4, size: 11, anchor: .end,
                style: "quiet")
        }
        picture.words(
            "device memory", x: Self.left + Self.width / 2, y: Self.bottom + 40, size: 12,
            anchor: .middle)
        picture.words("clocks per sample", x: 24, y: Self.top - 14, size: 12)
    }

    // MARK: points

    private mutating func drawPoints(_ across: LogAxis, _ up: LogAxis) {
        let rows = report.search.rows
        let front = Set(report.front)
        for (index, row) in rows.enumerated() where !front.contains(index) {
            picture.disc(
                x: across.place(Double(row.memoryBits) / 8),
                y: up.place(Double(row.clocksPerSample)), radius: 3, fill: "#9aa4ae",
                hint: row.candidate.text)
        }
        let points = report.front.map {
            (
                x: across.place(Double(rows[$0].memoryBits) / 8),
                y: up.place(Double(rows[$0].clocksPerSample))
            )
        }
        for point in points { marks.block(point, radius: 6) }
        for (place, index) in report.front.enumerated() {
            let point = points[place]
            picture.disc(
                x: point.x, y: point.y, radius: 5.5, fill: Self.colour(rows[index]),
                hint: rows[index].candidate.text)
            drawNumber("\(place + 1)", at: point)
        }
    }

    /// A number where nothing is yet, with a line to its point where another is as near.
    private mutating func drawNumber(_ text: String, at point: (x: Double, y: Double)) {
        let width = Picture.width(text, size: 11)
        let spot = marks.place(width: width, height: 12, beside: point)
        if !spot.isBeside {
            picture.line(point.x, point.y, spot.x + width / 2, spot.y + 6, style: "line grid")
        }
        picture.words(text, x: spot.x, y: spot.y + 10, size: 11, style: "strong")
    }

    private static func colour(_ row: FitRow) -> String {
        switch row.candidate.structure.kind {
        case .clashFree: Picture.palette[0]
        case .laneAligned: Picture.palette[2]
        case .circulant: Picture.palette[1]
        case .pruned: Picture.palette[3]
        default: Picture.palette[4]
        }
    }

    // MARK: the list

    private mutating func drawList(y: Double) {
        let rows = report.front.map { report.search.rows[$0] }
        let hasEnergy = rows.contains { $0.energy != nil }
        let hasFigure = rows.contains { $0.figure != nil }
        var columns: [[String]] = [
            ["#"] + rows.indices.map { "\($0 + 1)" },
            ["network"] + rows.map(\.candidate.text),
            ["bytes"] + rows.map { Format.count(($0.memoryBits + 7) / 8) },
            ["clocks"] + rows.map { Format.count($0.clocksPerSample) },
        ]
        if hasEnergy { columns.append(["energy"] + rows.map { Format.energy($0.energy) }) }
        if hasFigure {
            let name = report.training?.isAccuracy == true ? "accuracy" : "error"
            columns.append(
                [name] + rows.map { $0.figure.map { Format.decimal(abs($0), 4) } ?? "-" })
        }
        var x = 44.0
        for (number, column) in columns.enumerated() {
            let width = column.map { Picture.width($0, size: 12) }.max() ?? 0
            let isName = number == 1
            for (line, text) in column.enumerated() {
                picture.words(
                    text, x: isName ? x : x + width, y: y + Double(line) * 18,
                    anchor: isName ? .start : .end, style: line == 0 ? "quiet" : "words")
            }
            x += width + 22
        }
        for (line, row) in rows.enumerated() {
            picture.disc(
                x: 32, y: y + Double(line + 1) * 18 - 4, radius: 5, fill: Self.colour(row))
        }
    }
}

/// An axis in powers of two.
private struct LogAxis {
    private let low: Double
    private let high: Double
    private let start: Double
    private let length: Double

    init(_ values: [Double], _ start: Double, _ length: Double) {
        low = (log2(max(1, values.min() ?? 1)) - 0.3).rounded(.down)
        high = max(low + 1, (log2(max(1, values.max() ?? 1)) + 0.3).rounded(.up))
        self.start = start
        self.length = length
    }

    func place(_ value: Double) -> Double {
        start + (log2(max(1, value)) - low) / (high - low) * length
    }

    /// Powers of two, at most eight or so.
    var ticks: [Double] {
        let step = max(1, ((high - low) / 8).rounded(.up))
        return stride(from: max(0, low), through: high, by: step).map { exp2($0) }
    }
}

/// Places for labels that do not lie on each other, nor on points.
private struct LabelPlaces {
    private struct Area {
        let x: Double
        let y: Double
        let width: Double
        let height: Double

        func touches(_ other: Area) -> Bool {
            x < other.x + other.width && other.x < x + width && y < other.y + other.height
                && other.y < y + height
        }
    }

    private var taken: [Area] = []
    private var points: [(x: Double, y: Double)] = []

    /// Keeps labels off a point that has one.
    mutating func block(_ point: (x: Double, y: Double), radius: Double) {
        points.append(point)
        taken.append(
            Area(
                x: point.x - radius, y: point.y - radius, width: 2 * radius, height: 2 * radius))
    }

    /// Whether a label there is nearest to `point`, and `factor` times as far from any other.
    private func isBeside(
        _ area: Area, _ point: (x: Double, y: Double), factor: Double
    ) -> Bool {
        let middle = (x: area.x + area.width / 2, y: area.y + area.height / 2)
        func distance(_ other: (x: Double, y: Double)) -> Double {
            hypot(other.x - middle.x, other.y - middle.y)
        }
        let own = distance(point)
        return points.allSatisfy { $0 == point || distance($0) > factor * own }
    }

    /// The nearest free place around a point, first to its right above, where nobody takes it for
    /// the label of another point; else one on the point's side of the others; else any, and both
    /// are not beside it.
    mutating func place(
        width: Double, height: Double, beside point: (x: Double, y: Double)
    ) -> (x: Double, y: Double, isBeside: Bool) {
        var last = Area(x: point.x + 7, y: point.y - 16, width: width, height: height)
        for (rings, factor) in [(0..<2, 1.4), (0..<6, 1), (2..<12, 0)] {
            for ring in rings {
                for step in 0..<12 {
                    last = Self.area(ring, step, width, height, point)
                    guard isBeside(last, point, factor: factor),
                        !taken.contains(where: { $0.touches(last) })
                    else { continue }
                    taken.append(last)
                    return (last.x, last.y, factor > 1)
                }
            }
        }
        taken.append(last)
        return (last.x, last.y, false)
    }

    /// A place on a ring around a point; step 0 is to its right above.
    private static func area(
        _ ring: Int, _ step: Int, _ width: Double, _ height: Double, _ point: (x: Double, y: Double)
    ) -> Area {
        let angle = Double(step) / 12 * 2 * Double.pi - Double.pi / 4
        let far = 12.0 + Double(ring) * 9
        let middle = (x: point.x + far * cos(angle), y: point.y + far * sin(angle))
        return Area(
            x: middle.x - width / 2 + (ring == 0 ? width / 2 * cos(angle) : 0),
            y: middle.y - height / 2, width: width, height: height)
    }
}
