// A plan as a picture: the junctions in a row with the layers between them, each with its banks,
// its lanes and the clocks of its operations; below them the device's memory as one bar.

import Accelerator

/// The picture.
struct PlanDrawing {
    let report: PlanReport
    private var picture = Picture()
    private var y = 0.0

    private static let margin = 24.0
    private static let gap = 84.0
    private static let blocksPerRow = 4

    private var plan: DevicePlan { report.plan }

    init(_ report: PlanReport) { self.report = report }

    /// The file.
    static func text(_ report: PlanReport) -> String {
        var drawing = PlanDrawing(report)
        drawing.draw()
        return drawing.picture.text(
            title: "\(report.networkText) on \(report.device.name): "
                + "\(plan(report)) clocks per sample")
    }

    private static func plan(_ report: PlanReport) -> Int { report.plan.clocksPerSample }

    private mutating func draw() {
        y = Self.margin + 16
        let device = report.device
        picture.words(
            "\(report.networkText) on \(device.name)", x: Self.margin, y: y, size: 18,
            style: "strong")
        let facts = [
            device.subtitle,
            "\(plan.schedule.rawValue): \(Format.count(plan.clocksPerSample)) clocks per sample, "
                + "\(Format.count(Int(min(plan.samplesPerSecond, 1e15)))) samples/s",
        ]
        for line in facts.flatMap({ Page.lines($0, 96) }) {
            y += 20
            picture.words(line, x: Self.margin, y: y, size: 13, style: "quiet")
        }
        y += 26
        drawJunctions()
        drawMemory()
    }

    // MARK: junctions

    private mutating func drawJunctions() {
        let blocks = plan.junctions.indices.map { JunctionBlock(report, $0) }
        let width = blocks.map(\.width).max() ?? 0
        for start in stride(from: 0, to: blocks.count, by: Self.blocksPerRow) {
            let row = blocks[start..<min(start + Self.blocksPerRow, blocks.count)]
            var x = Self.margin
            for block in row {
                drawLayer(block.leftNeurons, x: x)
                x += Self.gap
                block.draw(in: &picture, x: x, y: y, width: width)
                x += width
            }
            if let last = row.last { drawLayer(last.rightNeurons, x: x) }
            y += JunctionBlock.height + 28
        }
    }

    /// Neurons of a layer, with an arrow below.
    private mutating func drawLayer(_ neurons: Int, x: Double) {
        let middle = y + JunctionBlock.height / 2
        picture.words(
            Format.count(neurons), x: x + Self.gap / 2, y: middle - 10, size: 13, anchor: .middle)
        picture.arrow(from: x + 8, to: x + Self.gap - 8, y: middle)
        picture.words(
            "neurons", x: x + Self.gap / 2, y: middle + 18, size: 10, anchor: .middle,
            style: "quiet")
    }

    // MARK: memory

    private mutating func drawMemory() {
        let memory = plan.memory
        let width = max(640, picture.width - Self.margin)
        let whole = Double(max(report.capacityBits, memory.totalBits, 1))
        let share = Double(memory.totalBits) / Double(max(1, report.capacityBits))
        picture.words(
            "memory: \(Format.count(memory.totalBits)) of \(Format.count(report.capacityBits)) bits, "
                + "\(Format.percent(share)), \(Format.count(memory.memories)) memories",
            x: Self.margin, y: y + 12, size: 13, style: report.fits ? "strong" : "alarm")
        y += 22
        picture.box(x: Self.margin, y: y, width: width, height: 12, style: "empty")
        let used = Double(memory.totalBits) / whole * width
        picture.box(x: Self.margin, y: y, width: used, height: 12, style: "used")
        if !report.fits {
            let end = Self.margin + Double(report.capacityBits) / whole * width
            picture.box(x: end, y: y, width: Self.margin + used - end, height: 12, style: "stall")
        }
        // What is used, enlarged.
        picture.line(Self.margin, y + 12, Self.margin, y + 26, style: "line grid")
        picture.line(Self.margin + used, y + 12, Self.margin + width, y + 26, style: "line grid")
        y += 26
        var x = Self.margin
        for (index, line) in memory.lines.enumerated() where line.bits > 0 {
            let part = Double(line.bits) / Double(memory.totalBits) * width
            picture.box(
                x: x, y: y, width: part, height: 26,
                fill: Picture.palette[index % Picture.palette.count])
            x += part
        }
        y += 50
        drawLegend()
    }

    /// Owner, bits and share, one below the other: nothing can overlap.
    private mutating func drawLegend() {
        let lines = plan.memory.lines
        let ownerWidth = lines.map { Picture.width($0.owner, size: 12) }.max() ?? 0
        let bits = lines.map { Format.count($0.bits) }
        let bitsWidth = bits.map { Picture.width($0, size: 12) }.max() ?? 0
        let bitsEnd = Self.margin + 20 + ownerWidth + 20 + bitsWidth
        for (index, line) in lines.enumerated() {
            picture.box(
                x: Self.margin, y: y - 10, width: 12, height: 12,
                fill: Picture.palette[index % Picture.palette.count], radius: 2)
            picture.words(line.owner, x: Self.margin + 20, y: y)
            picture.words(bits[index], x: bitsEnd, y: y, anchor: .end)
            picture.words(line.detail, x: bitsEnd + 20, y: y, style: "quiet")
            y += 18
        }
    }
}

/// One junction as a block.
private struct JunctionBlock {
    static let height = 232.0
    private static let padding = 14.0
    private static let barLabel = Picture.width("UP ", size: 11)
    /// Lanes that are drawn; of more, as many as are drawn and the number.
    private static let lanesDrawn = 24

    let leftNeurons: Int
    let rightNeurons: Int
    private let title: String
    private let lines: [String]
    private let lanesText: String
    private let lanes: Int
    private let bars: [(name: String, cost: OperationCost?)]
    private let longest: Int
    private let footer: String
    private let colour: String

    init(_ report: PlanReport, _ index: Int) {
        let junction = report.network.junctions[index]
        let cost = report.plan.junctions[index]
        leftNeurons = junction.inputs
        rightNeurons = junction.outputs
        title =
            report.plan.names[index]
            + (junction.uses > 1 ? ", \(Format.count(junction.uses)) times" : "")
        let share = Double(report.edges(index)) / Double(report.possibleEdges(index))
        lines = [
            junction.specification.structure.shortText,
            "\(Format.count(report.edges(index))) edges, \(Format.percent(share, places: 2))",
            cost.unit.title,
        ]
        lanes = cost.parallelism ?? 0
        lanesText =
            cost.parallelism.map { "z = \(Format.count($0)): as many banks and lanes" }
            ?? "works on whole blocks"
        bars = [
            ("FF", cost.feedforward), ("BP", cost.backprop), ("UP", cost.update),
        ]
        longest = max(
            1, report.plan.junctions.flatMap(PlanReport.operations).map(\.clocks).max() ?? 1)
        footer =
            "cycle \(Format.count(cost.cycleClocks)), "
            + "used \(Format.percent(report.plan.utilisation(index)))"
        colour = Picture.palette[index % Picture.palette.count]
    }

    /// What the widest line needs.
    var width: Double {
        let texts = lines + [lanesText, footer]
        let words = texts.map { Picture.width($0, size: 11) }.max() ?? 0
        return max(words, Picture.width(title, size: 13), 190) + 2 * Self.padding
    }

    func draw(in picture: inout Picture, x: Double, y: Double, width: Double) {
        let left = x + Self.padding
        let inner = width - 2 * Self.padding
        picture.box(x: x, y: y, width: width, height: Self.height, style: "block", radius: 6)
        picture.box(x: x, y: y, width: width, height: 4, fill: colour)
        var line = y + 24
        picture.words(title, x: left, y: line, size: 13, style: "strong")
        for text in lines {
            line += 16
            picture.words(text, x: left, y: line, size: 11)
        }
        line += 14
        drawLanes(in: &picture, x: left, y: line, width: inner)
        line += 48
        picture.words(lanesText, x: left, y: line, size: 11, style: "quiet")
        for bar in bars {
            line += 18
            drawBar(bar.name, bar.cost, in: &picture, x: left, y: line, width: inner)
        }
        picture.words(footer, x: left, y: y + Self.height - 12, size: 11)
    }

    /// Banks above, one lane from each to the unit below.
    private func drawLanes(in picture: inout Picture, x: Double, y: Double, width: Double) {
        let count = min(max(lanes, 1), Self.lanesDrawn)
        let pitch = width / Double(count)
        for lane in 0..<count where lanes > 0 {
            let start = x + Double(lane) * pitch
            picture.box(
                x: start + pitch * 0.12, y: y, width: pitch * 0.76, height: 10, fill: colour)
            picture.line(start + pitch / 2, y + 10, start + pitch / 2, y + 22)
        }
        picture.box(x: x, y: y + 22, width: width, height: 10, fill: colour, radius: 2)
    }

    private func drawBar(
        _ name: String, _ cost: OperationCost?, in picture: inout Picture, x: Double, y: Double,
        width: Double
    ) {
        picture.words(name, x: x, y: y, size: 11, style: "quiet")
        let room = Picture.width(Format.count(longest) + " ", size: 11)
        let whole = width - Self.barLabel - room
        guard let cost else {
            picture.words("-", x: x + Self.barLabel, y: y, size: 11, style: "quiet")
            return
        }
        let scale = whole / Double(longest)
        let busy = Double(cost.clocks - cost.stallClocks) * scale
        let stalled = Double(cost.stallClocks) * scale
        picture.box(x: x + Self.barLabel, y: y - 9, width: busy, height: 10, fill: colour)
        if stalled > 0 {
            picture.box(
                x: x + Self.barLabel + busy, y: y - 9, width: stalled, height: 10, style: "stall")
        }
        picture.words(
            Format.count(cost.clocks), x: x + Self.barLabel + busy + stalled + 5, y: y, size: 11)
    }
}
