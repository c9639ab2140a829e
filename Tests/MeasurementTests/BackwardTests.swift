import Measurement
import Testing
import VisionTransformer

@testable import TrainingStep

/// A primitive as it stands in the forward pass of some training step: applied to operands of these types, some of which
/// depend on no parameter.
struct ForwardUse: Hashable, Sendable, CustomTestStringConvertible {
  var primitive: Primitive
  var operands: [TensorType]
  var isDifferentiated: [Bool]
  var sizes: AxisSizes

  var testDescription: String { "\(primitive) of \(operands)" }

  /// Every use in every structure, in float32: rounding to bfloat16 has no derivative.
  static let all: [ForwardUse] = {
    var uses: Set<ForwardUse> = []
    for configuration in tinyStructures {
      guard let program = try? TrainingStep(configuration).program else { continue }
      var differentiated = Set(program.parameters.map(\.value))
      for operation in program.operations where operation.phase == .forward || operation.phase == .recompute {
        let depends = operation.inputs.map(differentiated.contains)
        guard depends.contains(true) else { continue }
        differentiated.formUnion(operation.outputs)
        var primitive = operation.primitive
        if case .convert = primitive { primitive = .convert(.float32) }
        uses.insert(
          ForwardUse(
            primitive: primitive, operands: operation.inputs.map { program[$0].type.with(.float32) },
            isDifferentiated: depends, sizes: AxisSizes(configuration)))
      }
    }
    return uses.sorted { $0.testDescription < $1.testDescription }
  }()

  /// The primitive alone, its backward behind it, and the gradients of the operands that have one.
  func program() throws -> (program: Program, output: Value, upstream: Value, gradients: [Value?]) {
    var b = ProgramBuilder()
    let inputs = zip(operands, isDifferentiated).enumerated().map { index, operand in
      b.argument("operand \(index)", operand.0, operand.1 ? .parameter : .images)
    }
    let output = try b.applyAll(primitive, inputs)[0]
    let upstream = b.argument("upstream", b.type(output), .images)
    b.seed(output, gradient: upstream)
    try b.differentiate(0..<1)
    let gradients = zip(inputs, isDifferentiated).map { $1 ? b.gradient(of: $0) : nil }
    // A backward may say of the upstream gradient that it is a parameter's: here it stays an argument.
    return (b.finish { $0.values[upstream.index].role = .images }, output, upstream, gradients)
  }
}

/// Steps of every structure so small that every element can be tried. The patch does not divide the image.
let tinyStructures: [Configuration] = Head.allCases.flatMap { head in
  Precision.allCases.flatMap { precision in
    [Rematerialization.none, .full].map { rematerialization in
      Configuration(
        shape: Shape(width: 6, depth: 1, mlpWidth: 5, heads: 2, patch: 2), batch: 2, imageSize: 5, head: head,
        classes: 3, optimizer: .sgd, precision: precision, rematerialization: rematerialization)
    }
  }
}

@Suite struct BackwardTests {
  /// Relative to the largest element of the gradient: the central difference is good to 1e-9 here.
  static let tolerance = 1e-6

  @Test(arguments: ForwardUse.all)
  func theBackwardOfAPrimitiveIsItsFiniteDifference(_ use: ForwardUse) throws {
    let (program, output, upstream, gradients) = try use.program()
    let interpreter = Interpreter<Double>(program, use.sizes)
    let data = SyntheticData(seed: 3)
    var arguments: [Value: [Double]] = [:]
    for (stream, argument) in program.arguments.enumerated() {
      arguments[argument] = data.numbers(stream: stream, program[argument].type.elementCount(use.sizes))
    }
    // The loss is the end of the program: its backward starts with one, whatever is upstream of it.
    if use.primitive == .sigmoidCrossEntropy { arguments[upstream] = [1] }
    let weights = try #require(arguments[upstream])
    let values = try interpreter.run(arguments)

    for (operand, gradient) in gradients.enumerated() where use.isDifferentiated[operand] {
      let argument = Value(index: operand)
      let analytic = values[try #require(gradient)]
      let start = try #require(arguments[argument])
      let numeric = try start.indices.map { index in
        try centralDifference(at: start[index]) { moved in
          var changed = arguments
          changed[argument]?[index] = moved
          let y = try interpreter.run(changed, upTo: output)[output]
          return zip(y, weights).reduce(0) { $0 + $1.0 * $1.1 }
        }
      }
      let largest = numeric.map(abs).max() ?? 0
      #expect(largest > 1e-3, "the test is empty where the gradient vanishes")
      #expect(analytic.count == numeric.count)
      #expect(largestDifference(analytic, numeric) <= Self.tolerance * largest, "operand \(operand)")
    }
  }

  /// Adding a primitive to the model without a backward, or with one that nothing here exercises, fails.
  @Test func everyPrimitiveOfTheForwardPassIsExercised() {
    let exercised = Set(ForwardUse.all.map(\.primitive.name))
    for configuration in tinyStructures {
      guard let program = try? TrainingStep(configuration).program else {
        Issue.record("no program for \(configuration)")
        continue
      }
      for operation in program.operations where operation.phase == .forward || operation.phase == .recompute {
        #expect(exercised.contains(operation.primitive.name), "\(operation.primitive.name)")
      }
    }
    #expect(
      exercised == [
        "embedPatches", "contract", "addBroadcast", "add", "scaleByHeadWidth", "sum", "broadcast", "convert",
        "layerNorm", "softmax", "gelu", "prependToken", "takeToken", "meanTokens", "sigmoidCrossEntropy", "barrier",
      ])
  }
}

/// `(f(x + e) - f(x - e)) / 2e`.
func centralDifference(at x: Double, step: Double = 1e-5, _ f: (Double) throws -> Double) rethrows -> Double {
  let above = x + step, below = x - step
  return (try f(above) - f(below)) / (above - below)
}

/// The largest difference of two elements in the same place.
func largestDifference<Scalar: ReferenceScalar>(_ x: [Scalar], _ y: [Scalar]) -> Scalar {
  zip(x, y).map { abs($0 - $1) }.max() ?? 0
}

extension SyntheticData {
  /// Numbers uniform in [-1, 1).
  func numbers(stream: Int, _ count: Int) -> [Double] {
    var values = [Float](repeating: 0, count: count)
    values.withUnsafeMutableBufferPointer { fill($0, stream: stream, as: .uniform(bound: 1)) }
    return values.map { Double($0) }
  }
}
