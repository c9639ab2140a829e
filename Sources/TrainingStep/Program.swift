/// A tensor of a program, by its index in `Program.values`.
public struct Value: Sendable, Hashable {
  /// Index in `Program.values`.
  public var index: Int

  /// The value at `index`.
  public init(index: Int) { self.index = index }
}

/// The role of a tensor in the step.
public enum Role: Sendable, Hashable {
  /// The batch of images, (B,R,R,3) float32.
  case images
  /// The batch of labels, (B,C) float32.
  case labels
  /// A trainable parameter before the update, float32.
  case parameter
  /// State of the optimizer before the update.
  case optimizerState
  /// Computed in the forward pass, or recomputed from it.
  case activation
  /// The gradient of an activation.
  case activationGradient
  /// The gradient of a parameter, at any stage from the matrix product to the update.
  case parameterGradient
  /// A parameter or optimizer state after the update, or the loss.
  case result
}

/// The phases of a step, in order.
public enum Phase: UInt8, Sendable, Hashable, CaseIterable {
  /// From images to the loss.
  case forward
  /// Forward work done again for the backward pass.
  case recompute
  /// From the loss to the gradients of the parameters.
  case backward
  /// All-reduce, clipping and the optimizer.
  case update
}

/// The part of the model an operation belongs to.
public enum Part: UInt8, Sendable, Hashable, CaseIterable {
  /// Patch embedding, class token and positional embedding.
  case stem
  /// The attention half of an encoder block.
  case attention
  /// The MLP half of an encoder block.
  case mlp
  /// The last layer norm, pooling and the classifier.
  case head
  /// The loss.
  case loss
}

/// The part of the model that an operation or a tensor belongs to.
public struct Scope: Sendable, Hashable {
  /// Part of the model.
  public var part: Part
  /// Index of the encoder block, counted from the images; nil outside the encoder.
  public var block: Int?

  /// A place in the model.
  public init(_ part: Part, block: Int? = nil) {
    self.part = part
    self.block = block
  }
}

/// A tensor's description.
public struct ValueInfo: Sendable, Hashable {
  /// Type.
  public var type: TensorType
  /// Its role in the step.
  public var role: Role
  /// The part of the model that it belongs to.
  public var scope: Scope
  /// Name: a parameter's path such as `block3/mlp/up/kernel`, or the primitive that made it.
  public var name: String
  /// Index of the operation that makes it; nil for an argument.
  public var maker: Int?
  /// The kind of the parameter that it is, or that it is a cast copy, optimizer state or gradient of; nil for other
  /// tensors.
  public var kind: ParameterKind?
}

/// One primitive applied to tensors.
public struct Operation: Sendable, Hashable {
  /// The primitive.
  public var primitive: Primitive
  /// Operands.
  public var inputs: [Value]
  /// Results.
  public var outputs: [Value]
  /// Phase of the step.
  public var phase: Phase
  /// Part of the model.
  public var scope: Scope
  /// For a contraction: the product of the model that it is, or that it is a gradient of.
  public var product: Product?
  /// For a gradient of a product: the operand whose gradient it is.
  public var operand: Product.Operand?
}

/// A trainable parameter with its gradient and optimizer state.
public struct Parameter: Sendable, Hashable {
  /// The parameter before the step.
  public var value: Value
  /// Its gradient as the optimizer uses it.
  public var gradient: Value
  /// Optimizer state before the step: moments in the order of the update primitive.
  public var state: [Value]
  /// The parameter after the step.
  public var updated: Value
  /// Optimizer state after the step.
  public var updatedState: [Value]
}

/// A training step as straight-line code over typed tensors.
///
/// Operands precede the operations that read them. Values that no operation makes are the arguments.
public struct Program: Sendable {
  /// All tensors.
  public internal(set) var values: [ValueInfo] = []
  /// All operations, ordered so that operands come first.
  public internal(set) var operations: [Operation] = []
  /// The operations that read each value.
  public internal(set) var readers = Readers([], values: 0)
  /// The batch of images.
  public internal(set) var images = Value(index: 0)
  /// The batch of labels.
  public internal(set) var labels = Value(index: 0)
  /// The loss, a scalar.
  public internal(set) var loss = Value(index: 0)
  /// Trainable parameters in the order of the model.
  public internal(set) var parameters: [Parameter] = []
  /// Step counter before and after the update; nil if the optimizer has none.
  public internal(set) var counter: (before: Value, after: Value)?

  /// The inputs of a step: parameters, optimizer state, counter, images and labels.
  public var arguments: [Value] {
    values.indices.filter { index in
      switch values[index].role {
      case .images, .labels, .parameter, .optimizerState: true
      case .activation, .activationGradient, .parameterGradient, .result: false
      }
    }
    .map { Value(index: $0) }
  }

  /// Description of a tensor.
  @inlinable
  public subscript(value: Value) -> ValueInfo { _read { yield values[value.index] } }

  /// Trainable parameters for these sizes.
  public func parameterCount(_ sizes: AxisSizes) -> Int {
    parameters.reduce(0) { $0 + self[$1.value].type.elementCount(sizes) }
  }

  /// FLOPs of one phase for these sizes, without padding.
  public func flops(_ phase: Phase, _ sizes: AxisSizes) -> Double {
    operations.reduce(0) { sum, operation in
      operation.phase == phase ? sum + work(operation).flops(sizes) : sum
    }
  }

  /// The arithmetic of one operation.
  public func work(_ operation: Operation) -> Work {
    operation.primitive.work(operation.inputs.map { self[$0].type }, operation.outputs.map { self[$0].type })
  }
}

extension Scope: CustomStringConvertible {
  /// `block 11 mlp`, `head`.
  public var description: String { block.map { "block \($0) \(part)" } ?? "\(part)" }
}
