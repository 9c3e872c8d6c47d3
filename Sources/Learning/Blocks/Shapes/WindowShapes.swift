// The shapes of blocks that look through windows: convolutions and pools.

import Junctions

extension ConvolutionBlock {
    /// The windows over rows and columns, and the channels they read.
    func windows(
        _ input: BlockShape
    ) throws(StructureError) -> (rows: WindowAxis, columns: WindowAxis, channels: Int) {
        let (rows, columns, channels) = try input.planar(
            dimensions == 1 ? "a sequence of channels" : "rows and columns of channels")
        try StructureError.check("dimensions", dimensions, 1, 2)
        if dimensions == 1 {
            _ = try input.sequence()
            let isFlat = kernel.rows == 1 && stride.rows == 1 && dilation.rows == 1
            guard isFlat else {
                throw StructureError(
                    "kernel", found: kernel.text, expected: "1 row in a sequence, as all else")
            }
            if case .zeros(let rows, _) = padding, rows != 0 {
                throw StructureError(
                    "padding", found: padding.text, expected: "columns only in a sequence")
            }
        }
        let most = LearnerConfiguration.widthMaximum
        for (name, extent) in [("kernel", kernel), ("stride", stride), ("dilation", dilation)] {
            try StructureError.check(name, extent.rows, 1, most)
            try StructureError.check(name, extent.columns, 1, most)
        }
        if case .zeros(let rows, let columns) = padding {
            try StructureError.check("padding", rows, 0, (kernel.rows - 1) * dilation.rows)
            try StructureError.check(
                "padding", columns, 0, (kernel.columns - 1) * dilation.columns,
                "a window has at least one real position")
        }
        return (
            try Self.axis(
                "rows", rows, kernel.rows, stride.rows, dilation.rows, padding.rows),
            try Self.axis(
                dimensions == 1 ? "positions" : "columns", columns, kernel.columns,
                stride.columns, dilation.columns, padding.columns),
            channels
        )
    }

    func outputShape(_ input: BlockShape) throws(StructureError) -> BlockShape {
        try activation.checkElementwise()
        let (rows, columns, left) = try windows(input)
        try StructureError.check("channels", channels, 1, LearnerConfiguration.widthMaximum)
        let inputs = rows.taps * columns.taps * left
        guard inputs <= LearnerConfiguration.widthMaximum else {
            throw StructureError(
                "kernel", found: "\(kernel.text) over \(left) channels",
                expected: "at most \(LearnerConfiguration.widthMaximum) values, not \(inputs)")
        }
        // Axes, then positions, then what lies at them: the product of all may be no integer.
        let most = 4 * BlockSpecification.valueMaximum
        guard rows.windows <= most, columns.windows <= most,
            rows.windows * columns.windows <= most
        else {
            throw StructureError(
                "padding",
                found: "\(padding.text), which makes \(rows.windows) x "
                    + "\(columns.windows) windows",
                expected: "for at most \(most) of them: less padding, or a larger stride")
        }
        let patches = BlockShape.planar(
            rows: rows.windows, columns: columns.windows, channels: inputs)
        guard patches.paddedCount <= most else {
            throw StructureError(
                "kernel", found: "\(kernel.text) over \(input)",
                expected: "windows of at most \(most) values "
                    + "together: a smaller kernel, a larger stride or a pool before it")
        }
        return .planar(rows: rows.windows, columns: columns.windows, channels: channels)
    }

    private static func axis(
        _ name: String, _ count: Int, _ taps: Int, _ stride: Int, _ dilation: Int,
        _ padding: WindowAxis.Padding
    ) throws(StructureError) -> WindowAxis {
        guard
            let axis = WindowAxis(
                count: count, taps: taps, stride: stride, dilation: dilation, padding: padding)
        else {
            let made = if case .zeros(let zeros) = padding { 2 * zeros } else { 0 }
            let most = (count + made - 1) / dilation + 1
            throw StructureError(
                "kernel", found: "\(taps) with dilation \(dilation)",
                expected: "at most \(most) here: the input has \(count) \(name)"
                    + (made > 0 ? " and \(made) of padding" : " (or padding \"same\")"))
        }
        return axis
    }
}

extension PoolingBlock {
    /// The windows over rows and columns, and the channels they read.
    func windows(
        _ input: BlockShape, _ kind: String
    ) throws(StructureError) -> (rows: WindowAxis, columns: WindowAxis, channels: Int) {
        let (rows, columns, channels) = try input.planar("positions to pool")
        func axis(
            _ name: String, _ count: Int, _ size: Int, _ stride: Int
        ) throws(StructureError) -> WindowAxis {
            try StructureError.check(
                "size", size, 1, count, "the input has \(count) \(name)")
            try StructureError.check(
                "stride", stride, 1, LearnerConfiguration.widthMaximum)
            guard
                let axis = WindowAxis(
                    count: count, taps: size, stride: stride, dilation: 1, padding: .zeros(0))
            else { preconditionFailure("a window of that size fits") }
            return axis
        }
        return (
            try axis("rows", rows, size.rows, stride.rows),
            try axis(
                rows == 1 ? "positions" : "columns", columns, size.columns, stride.columns),
            channels
        )
    }

    func outputShape(_ input: BlockShape, _ kind: String) throws(StructureError) -> BlockShape {
        let (rows, columns, channels) = try windows(input, kind)
        return .planar(rows: rows.windows, columns: columns.windows, channels: channels)
    }
}
