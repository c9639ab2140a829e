import VisionTransformer

/// The training step of a Vision Transformer: forward, loss, backward and optimizer update, described once.
///
/// The model is `flax.linen`'s as big_vision trains it: pre-norm blocks, biases everywhere, tanh GELU, queries scaled
/// before the logits, parameters in float32 that are cast where they are used, sigmoid cross-entropy in float32.
/// Source: arXiv 2010.11929 section 3.1; arXiv 2106.04560 sections 3.2 and 3.4.
public struct TrainingStep: Sendable {
  /// The choices that decide which operations a step has, apart from its depth.
  public let structure: StepStructure
  /// The step as operations over tensors.
  public let program: Program

  /// The step of a structure with `depth` encoder blocks.
  ///
  /// - Throws: `ShapeError` if a primitive's shape rule rejects its operands, which the tests rule out for every
  ///   structure.
  public init(_ structure: StepStructure, depth: Int) throws(ShapeError) {
    self.structure = structure
    var model = ModelWriter(structure)
    program = try model.write(depth: depth)
  }

  /// The step of a configuration.
  ///
  /// - Throws: `ShapeError`, which the tests rule out for every structure.
  public init(_ configuration: Configuration) throws(ShapeError) {
    try self.init(StepStructure(configuration), depth: configuration.shape.depth)
  }
}

/// The choices that decide which operations and tensors a step has. Sizes matter only where Adafactor factors a tensor.
public struct StepStructure: Sendable, Hashable {
  /// How the encoder's output is pooled.
  public var head: Head
  /// The optimizer.
  public var optimizer: Optimizer
  /// Precision of activations.
  public var precision: Precision
  /// Gradient clipping.
  public var gradientClipping: GradientClipping
  /// Whether every block is recomputed in the backward pass.
  public var recomputesBlocks: Bool
  /// Whether blocks are unrolled, or two loops over stacked parameters.
  public var layers: Layers
  /// Which tensors Adafactor factors, and along which axes.
  public var factoring: Factoring

  /// The structure of a configuration.
  public init(_ c: Configuration) { self.init(c, AxisSizes(c)) }

  /// The structure of a configuration whose sizes are known.
  public init(_ c: Configuration, _ sizes: AxisSizes) {
    head = c.head
    optimizer = c.optimizer
    precision = c.precision
    gradientClipping = c.gradientClipping
    recomputesBlocks = c.rematerialization == .full
    layers = c.layers
    factoring = Factoring(c.optimizer, sizes)
  }

  /// Element type of the activations.
  public var activation: ElementType { precision == .bfloat16 ? .bfloat16 : .float32 }
}
