// The reply to `schema`: what a sample must look like, and the names that people gave to its
// features and outputs.

/// The reply to `schema`.
public struct SchemaReply: ControlReply {
    /// Always true.
    public var ok: Bool
    /// classification, regression, forecast or autoencoder.
    public var task: String
    /// Features of one sample.
    public var features: Int
    /// u8, i16 or f32.
    public var elementType: String
    /// Raw values become (raw + offset) · scale.
    public var scale: Double
    /// Raw values become (raw + offset) · scale.
    public var offset: Double
    /// Names of the features; empty when they have none.
    public var featureNames: [String]
    /// Values of one prediction.
    public var outputs: Int
    /// Samples ahead that a forecast foretells, outputs / features; absent when it is one, and for
    /// other tasks.
    public var steps: Int?
    /// Names of the classes; empty when they have none.
    public var classNames: [String]
    /// Names of the targets; empty when they have none.
    public var targetNames: [String]
    /// Most samples in one frame.
    public var maxBatch: Int
    /// Longest frame that is taken, in bytes.
    public var maxMessageBytes: Int
    /// The digest that HELLO may carry, 16 hexadecimal digits.
    public var schemaDigest: String
    /// How many samples can wait for a late label.
    public var pendingWindow: Int
    /// The network in one line, for people.
    public var networkText: String
    /// What the energies of costs are counted in: pJ, or the unit of a table of
    /// ratios; absent without a device or without a table.
    public var costEnergyUnit: String?

    /// A schema; wire fields come from `schema`.
    public init(
        schema: WireSchema, scale: Double, offset: Double, featureNames: [String],
        classNames: [String], targetNames: [String], maxBatch: Int, maxMessageBytes: Int,
        pendingWindow: Int, networkText: String, costEnergyUnit: String? = nil
    ) {
        ok = true
        task = schema.task.name
        features = schema.featureCount
        elementType = schema.elementType.name
        self.scale = scale
        self.offset = offset
        self.featureNames = featureNames
        outputs = schema.outputCount
        steps = schema.forecastSteps > 1 ? schema.forecastSteps : nil
        self.classNames = classNames
        self.targetNames = targetNames
        self.maxBatch = maxBatch
        self.maxMessageBytes = maxMessageBytes
        schemaDigest = Hexadecimal.digits(schema.digest)
        self.pendingWindow = pendingWindow
        self.networkText = networkText
        self.costEnergyUnit = costEnergyUnit
    }

    /// The wire's part of it; nil when a name or a count is not one.
    public var wireSchema: WireSchema? {
        guard let element = WireElementType(name: elementType), let task = WireTask(name: task),
            UInt32(exactly: features) != nil, UInt32(exactly: outputs) != nil
        else { return nil }
        return WireSchema(
            elementType: element, featureCount: features, outputCount: outputs, task: task)
    }
}
