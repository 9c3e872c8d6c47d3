// What a block shall be: one way to arrange junctions, or to reshape what lies between them. A
// block says where junctions stand; which structure, increment and arithmetic a junction has is
// the junction's business.
//
// Numbers between blocks are planar: [channels][positions], positions row by row; a sequence is an
// image of one row.

import Junctions

/// One block of a network, from the input.
public enum BlockSpecification: Equatable, Sendable {
    /// conv1d, conv2d: the same junction at every position.
    case convolution(ConvolutionBlock)
    /// The largest or the mean value of each window, channel by channel.
    case pooling(PoolingBlock)
    /// The largest or the mean value of each channel.
    case globalPooling(PoolingRule)
    /// y = f(x + P(s)), where s is what entered the `span`-th block before this one.
    case residual(ResidualBlock)
    /// A recurrent layer over the positions of a sequence.
    case lstm(LSTMBlock)
    /// Each group of channels to mean 0 and variance 1 over its channels and positions, then
    /// γ · x + β by channel (Wu & He, arXiv 1803.08494), then the activation (not softmax).
    /// `groups` divides the channels.
    case groupNorm(groups: Int, activation: Activation)
    /// Each channel by its running mean and variance, then γ · x + β; the statistics are constants
    /// for the gradient. A sample weighs `rate` in (0, 1] in the statistics, and 1/n as long as
    /// that is more. Then the activation (not softmax).
    case runningNorm(rate: Float, activation: Activation)
    /// [channels][positions] to one vector, channel by channel.
    case flatten
    /// A junction over the channels of each position, or over a flat vector.
    case linear(LinearBlock)
}

/// Which positions around the edge are made up.
public enum ConvolutionPadding: Equatable, Sendable {
    /// None: the window stays inside.
    case valid
    /// As many zeros as make ⌈n / stride⌉ positions of n; the odd one at the end.
    case same
    /// So many zeros at both ends of rows and columns.
    case zeros(rows: Int, columns: Int)
}

/// The settings of a convolution; a sequence has rows = 1 everywhere and padding of columns only.
public struct ConvolutionBlock: Equatable, Sendable {
    /// Dimensions of the positions: 1 or 2.
    public var dimensions: Int
    /// Right channels, ≥ 1.
    public var channels: Int
    /// Rows and columns of the window, ≥ 1.
    public var kernel: GridExtent
    /// Positions from window to window, ≥ 1.
    public var stride: GridExtent
    /// Positions from tap to tap, ≥ 1.
    public var dilation: GridExtent
    /// See `ConvolutionPadding`.
    public var padding: ConvolutionPadding
    /// After the junction; not softmax.
    public var activation: Activation
    /// From kernel taps × left channels to right channels.
    public var junction: JunctionSpecification

    /// A convolution with every value stated.
    public init(
        dimensions: Int, channels: Int, kernel: GridExtent, stride: GridExtent = GridExtent(1, 1),
        dilation: GridExtent = GridExtent(1, 1), padding: ConvolutionPadding = .valid,
        activation: Activation = .relu, junction: JunctionSpecification = JunctionSpecification()
    ) {
        self.dimensions = dimensions
        self.channels = channels
        self.kernel = kernel
        self.stride = stride
        self.dilation = dilation
        self.padding = padding
        self.activation = activation
        self.junction = junction
    }
}

/// Rows and columns.
public struct GridExtent: Equatable, Sendable {
    /// Along the slower axis; 1 in a sequence.
    public var rows: Int
    /// Along the faster axis.
    public var columns: Int

    /// So many rows and columns.
    public init(_ rows: Int, _ columns: Int) {
        self.rows = rows
        self.columns = columns
    }
}

/// What a pool gives.
public enum PoolingRule: String, Equatable, Sendable, CaseIterable {
    /// The largest value; the first of equal ones.
    case maximum
    /// The mean; positions that padding made up are not there.
    case average
}

/// A pool of windows without padding.
public struct PoolingBlock: Equatable, Sendable {
    /// See `PoolingRule`.
    public var rule: PoolingRule
    /// Rows and columns of the window, ≥ 1.
    public var size: GridExtent
    /// Positions from window to window, ≥ 1.
    public var stride: GridExtent

    /// A pool.
    public init(rule: PoolingRule, size: GridExtent, stride: GridExtent) {
        self.rule = rule
        self.size = size
        self.stride = stride
    }
}

/// A shortcut around the blocks before it.
public struct ResidualBlock: Equatable, Sendable {
    /// What makes the shapes equal.
    public enum Projection: Equatable, Sendable {
        /// Nothing: they are.
        case none
        /// A convolution of one tap with the stride that the span has.
        case convolution(JunctionSpecification)
        /// Every n-th position, and zeros for new channels (He et al., option A).
        case padded
    }

    /// Blocks that the shortcut leads around, ≥ 1.
    public var span: Int
    /// See `Projection`.
    public var projection: Projection
    /// After the sum; not softmax.
    public var activation: Activation

    /// A shortcut.
    public init(span: Int, projection: Projection = .none, activation: Activation = .relu) {
        self.span = span
        self.projection = projection
        self.activation = activation
    }
}

/// A recurrent layer: i, f, o = σ(W x + R h + b), g = tanh(W x + R h + b), c = f·c + i·g,
/// h = o · tanh c; with a projection h = P (o · tanh c).
public struct LSTMBlock: Equatable, Sendable {
    /// Where h and c start.
    public enum State: Equatable, Sendable {
        /// At zero, with every sample.
        case window
        /// Where the producer's sample before ended; back-propagation goes back over the newest
        /// `history` positions (at least those of a sample).
        case producer(history: Int)
    }

    /// What the block gives.
    public enum Output: String, Equatable, Sendable, CaseIterable {
        /// h after the last position: a flat vector.
        case last
        /// h after every position.
        case sequence
    }

    /// Cells, ≥ 1.
    public var units: Int
    /// Values of h where it is projected; 0: h has as many as cells.
    public var projected: Int
    /// See `State`.
    public var state: State
    /// See `Output`.
    public var output: Output
    /// Of input, recurrent and projection junction alike.
    public var junction: JunctionSpecification

    /// A recurrent layer.
    public init(
        units: Int, projected: Int = 0, state: State = .window, output: Output = .last,
        junction: JunctionSpecification = JunctionSpecification()
    ) {
        self.units = units
        self.projected = projected
        self.state = state
        self.output = output
        self.junction = junction
    }
}

/// A junction over the last axis.
public struct LinearBlock: Equatable, Sendable {
    /// Right neurons, ≥ 1.
    public var neurons: Int
    /// After the junction; not softmax.
    public var activation: Activation
    /// See `JunctionSpecification`.
    public var junction: JunctionSpecification

    /// A linear block.
    public init(
        neurons: Int, activation: Activation = .relu,
        junction: JunctionSpecification = JunctionSpecification()
    ) {
        self.neurons = neurons
        self.activation = activation
        self.junction = junction
    }
}
