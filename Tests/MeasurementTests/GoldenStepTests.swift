import Measurement
import Testing
import TrainingStep
import VisionTransformer

/// The interpreter against JAX, Flax and Optax.
@Suite struct GoldenStepTests {
  /// What may differ between the interpreter in one element type and JAX in float32, relative.
  struct Tolerance {
    /// Of the three losses.
    var losses: Double
    /// Of the norms of moments kept in bfloat16, and of the others.
    var halfMoments, moments: Double

    /// Rounding of float32 sums. It takes few elements of a moment over the middle between two bfloat16 numbers.
    static let float = Tolerance(losses: 2e-6, halfMoments: 1e-4, moments: 1e-5)
    /// In float32, `1 - 0.999^t` is off by 1e-5 in the first step, and so are Adam's steps by half of that. A small tensor's
    /// moment may differ by the rounding of one element, 2^-8 of it.
    static let double = Tolerance(losses: 1e-5, halfMoments: 0x1p-8, moments: 1e-5)
  }

  /// Relative, of the norms of gradients and parameters.
  static let normTolerance = 1e-5
  /// Of single gradients, relative to the norm of all gradients: rounding that came through the whole backward pass.
  static let gradientTolerance = 1e-6
  /// Of single parameters: a thousandth of the three steps that Adam makes, for gradients near zero, where the rounding
  /// of a gradient decides its direction.
  static let parameterTolerance = 3e-6

  @Test func theGoldenFileIsRead() {
    #expect(GoldenStep.all.count == 9)
    #expect(Set(GoldenStep.all.map(\.configuration.optimizer)) == Set(Optimizer.allCases))
    #expect(Set(GoldenStep.all.map(\.configuration.head)) == Set(Head.allCases))
  }

  @Test(arguments: GoldenStep.all)
  func threeStepsInFloatAreThoseOfJAX(_ golden: GoldenStep) throws { try compare(golden, as: Float.self, .float) }

  /// In double precision, except that moments kept in bfloat16 are rounded there too: what is left is the rounding of JAX.
  @Test(arguments: GoldenStep.all)
  func threeStepsInDoubleAreThoseOfJAX(_ golden: GoldenStep) throws { try compare(golden, as: Double.self, .double) }

  private func compare<Scalar: ReferenceScalar>(
    _ golden: GoldenStep, as scalar: Scalar.Type, _ tolerance: Tolerance
  ) throws {
    let program = try TrainingStep(golden.configuration).program
    let sizes = AxisSizes(golden.configuration)
    let interpreter = Interpreter<Scalar>(program, sizes)
    var arguments: [Value: [Scalar]] = SyntheticData(seed: golden.seed).arguments(of: program, sizes)
    let steps = try golden.losses.map { _ in try interpreter.step(&arguments) }
    for (step, loss) in zip(steps, golden.losses) {
      #expect(abs(Double(step.loss) - loss) <= tolerance.losses * loss)
    }

    #expect(program.parameters.map { program[$0.value].name } == golden.parameters.map(\.name))
    let gradientScale = golden.parameters.reduce(0) { $0 + $1.gradient.norm * $1.gradient.norm }.squareRoot()
    for (parameter, expected) in zip(program.parameters, golden.parameters) {
      let gradient = Summary(steps[0][parameter.gradient])
      let after = Summary(arguments[parameter.value] ?? [])
      let moments = parameter.state.map { state in
        let isHalf = program[state].type.element == .bfloat16
        return (
          norm: Summary(arguments[state] ?? []).norm, tolerance: isHalf ? tolerance.halfMoments : tolerance.moments
        )
      }
      let gradientError = largestDifference(gradient.elements, expected.gradient.elements)
      #expect(gradientError <= Self.gradientTolerance * gradientScale, "\(expected.name)")
      // The bias of a key shifts all logits of a query alike, so its gradient is zero except for rounding. Adam and Adafactor
      // divide by its size and move it by rounding's sign: no two programs agree on it, and the loss does not see it.
      if expected.name.hasSuffix("key/bias") {
        #expect(gradient.norm <= Self.gradientTolerance * gradientScale, "\(expected.name)")
        continue
      }
      #expect(
        abs(gradient.norm - expected.gradient.norm) <= Self.normTolerance * expected.gradient.norm, "\(expected.name)")
      let parameterError = largestDifference(after.elements, expected.after.elements)
      #expect(parameterError <= Self.parameterTolerance, "\(expected.name)")
      #expect(abs(after.norm - expected.after.norm) <= Self.normTolerance * expected.after.norm, "\(expected.name)")
      #expect(moments.count == expected.momentNorms.count)
      for (a, e) in zip(moments, expected.momentNorms) {
        #expect(abs(a.norm - e) <= a.tolerance * e, "\(expected.name)")
      }
    }
  }
}

/// Norm and sampled elements of a tensor, as the golden file has them.
struct Summary {
  var norm: Double
  var elements: [Double]

  init(_ tensor: [some ReferenceScalar]) {
    norm = tensor.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    elements = tensor.isEmpty ? [] : (0..<4).map { Double(tensor[$0 * (tensor.count - 1) / 3]) }
  }
}
