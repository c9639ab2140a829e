import TrainingStep

/// Runs a training step with plain loops, operation by operation: slow, but simple enough to trust.
///
/// ```swift
/// let interpreter = Interpreter<Float>(program, AxisSizes(configuration))
/// var arguments: [Value: [Float]] = SyntheticData().arguments(of: program, AxisSizes(configuration))
/// let first = try interpreter.step(&arguments)
/// first.loss
/// ```
public struct Interpreter<Scalar: ReferenceScalar>: Sendable {
  /// The step.
  public let program: Program
  /// Sizes of its axes.
  public let sizes: AxisSizes

  /// An interpreter of `program` at `sizes`.
  public init(_ program: Program, _ sizes: AxisSizes) {
    self.program = program
    self.sizes = sizes
  }

  /// Runs the program on its arguments.
  ///
  /// - Parameters:
  ///   - arguments: Elements of every argument of the program, row-major.
  ///   - target: The only value that is needed, if not all are: operations after the one that makes it are skipped.
  /// - Throws: `InterpreterError` for an argument that is missing or has the wrong number of elements.
  public func run(
    _ arguments: [Value: [Scalar]], upTo target: Value? = nil
  ) throws(InterpreterError) -> InterpretedValues<Scalar> {
    var values = InterpretedValues<Scalar>(program: program)
    for argument in program.arguments {
      let info = program[argument]
      guard let elements = arguments[argument] else { throw .missingArgument(info.name) }
      guard elements.count == info.type.elementCount(sizes) else {
        throw .wrongCount(info.name, given: elements.count, expected: info.type.elementCount(sizes))
      }
      values.elements[argument.index] = elements
    }
    for operation in program.operations {
      let operands = operation.inputs.map { ReferenceTensor(program[$0].type, values[$0]) }
      let results = try Scalar.evaluate(operation.primitive, operands, sizes)
      for (value, result) in zip(operation.outputs, results) { values.elements[value.index] = result.elements }
      if let target, operation.outputs.contains(target) { break }
    }
    return values
  }

  /// Runs one training step and leaves the next step's arguments in `arguments`.
  ///
  /// - Throws: `InterpreterError` for an argument that is missing or has the wrong number of elements.
  public func step(_ arguments: inout [Value: [Scalar]]) throws(InterpreterError) -> InterpretedValues<Scalar> {
    let values = try run(arguments)
    for parameter in program.parameters {
      arguments[parameter.value] = values[parameter.updated]
      for (before, after) in zip(parameter.state, parameter.updatedState) { arguments[before] = values[after] }
    }
    if let counter = program.counter { arguments[counter.before] = values[counter.after] }
    return values
  }

  /// Runs one primitive.
  ///
  /// - Throws: `InterpreterError` when the operands do not fit the primitive.
  public static func apply(
    _ primitive: Primitive, to operands: ReferenceTensor<Scalar>..., sizes: AxisSizes
  ) throws(InterpreterError) -> [ReferenceTensor<Scalar>] {
    try Scalar.evaluate(primitive, operands, sizes)
  }
}

/// Every tensor of an interpreted program.
public struct InterpretedValues<Scalar: ReferenceScalar>: Sendable {
  /// The program that was run.
  public let program: Program
  fileprivate(set) var elements: [[Scalar]]

  fileprivate init(program: Program) {
    self.program = program
    elements = Array(repeating: [], count: program.values.count)
  }

  /// Elements of a tensor, row-major; empty if it was not computed.
  public subscript(value: Value) -> [Scalar] { elements[value.index] }

  /// The loss of the step.
  public var loss: Scalar { self[program.loss].first ?? .nan }
}

/// Why a program could not be interpreted.
public enum InterpreterError: Error, Sendable {
  /// An argument of the program was not given.
  case missingArgument(String)
  /// The number of elements of an argument or operand does not match its type.
  case wrongCount(String, given: Int, expected: Int)
  /// An operation's operands violate its shape rule.
  case shape(ShapeError)
}

extension InterpreterError: CustomStringConvertible {
  /// What was given and what was expected.
  public var description: String {
    switch self {
    case .missingArgument(let name): "the argument \(name) was not given"
    case .wrongCount(let name, let given, let expected):
      "\(name) has \(given) elements instead of \(expected)"
    case .shape(let error): "\(error)"
    }
  }
}
