// A junction as the catalogue makes it: one of the forms, in one of the two arithmetics. Whoever
// arranges junctions never asks which structure they have.

import Arithmetic
import Kernels

/// Any junction of the catalogue.
package enum Junction: Equatable, Sendable {
    /// Numbers are float32.
    case float(FloatJunction)
    /// Numbers are in fixed point.
    case fixed(FixedJunction)

    /// What every form answers; for what is done once, not per sample.
    package var form: any JunctionForm {
        switch self {
        case .float(let junction): junction.form
        case .fixed(let junction): junction.form
        }
    }

    /// The fixed-point format, or nil for float32.
    package var format: FixedFormat? {
        switch self {
        case .float: nil
        case .fixed(let junction): junction.format
        }
    }
}
