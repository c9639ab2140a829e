import TrainingStep

/// Element type of the reference interpreter: `Float` for comparisons, `Double` for numerical differentiation.
public protocol ReferenceScalar: BinaryFloatingPoint, Sendable {
  /// Results of one primitive, rounded to the types of its outputs.
  ///
  /// A requirement only so that each element type runs code compiled for it: generic code called from another module is
  /// a hundred times slower.
  ///
  /// - Throws: `InterpreterError` when the operands do not fit the primitive.
  static func evaluate(
    _ primitive: Primitive, _ operands: [ReferenceTensor<Self>], _ sizes: AxisSizes
  ) throws(InterpreterError) -> [ReferenceTensor<Self>]
}

extension Float: ReferenceScalar {
  /// Results of one primitive.
  ///
  /// - Throws: `InterpreterError` when the operands do not fit the primitive.
  public static func evaluate(
    _ primitive: Primitive, _ operands: [ReferenceTensor<Float>], _ sizes: AxisSizes
  ) throws(InterpreterError) -> [ReferenceTensor<Float>] {
    try ReferencePrimitives<Float>(sizes: sizes).evaluate(primitive, operands)
  }
}

extension Double: ReferenceScalar {
  /// Results of one primitive.
  ///
  /// - Throws: `InterpreterError` when the operands do not fit the primitive.
  public static func evaluate(
    _ primitive: Primitive, _ operands: [ReferenceTensor<Double>], _ sizes: AxisSizes
  ) throws(InterpreterError) -> [ReferenceTensor<Double>] {
    try ReferencePrimitives<Double>(sizes: sizes).evaluate(primitive, operands)
  }
}

/// A tensor of the reference interpreter: elements in row-major order of the axes of its type.
public struct ReferenceTensor<Scalar: ReferenceScalar>: Sendable, Hashable {
  /// Element type and axes.
  public var type: TensorType
  /// Elements, the last axis fastest; those of a bfloat16 tensor are bfloat16 numbers.
  public var elements: [Scalar]

  /// A tensor of `type`.
  public init(_ type: TensorType, _ elements: [Scalar]) {
    self.type = type
    self.elements = elements
  }
}

extension Float {
  /// The nearest bfloat16 number, ties to even; a NaN stays a NaN.
  public var roundedToBFloat16: Float {
    guard isFinite else { return self }
    let bits = bitPattern
    return Float(bitPattern: (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000)
  }
}

extension ReferenceScalar {
  /// The nearest bfloat16 number, by way of float32.
  var roundedToBFloat16: Self { Self(Float(self).roundedToBFloat16) }
}
