import Measurement
import Testing
import TrainingStep
import VisionTransformer

@Suite struct StepGradientTests {
  /// Steps of two blocks under every head, with and without recomputation.
  static let configurations: [Configuration] = Head.allCases.flatMap { head in
    [Rematerialization.none, .full].map { rematerialization in
      Configuration(
        shape: Shape(width: 8, depth: 2, mlpWidth: 12, heads: 2, patch: 3), batch: 2, imageSize: 10, head: head,
        classes: 5, optimizer: .sgd, precision: .float32, rematerialization: rematerialization)
    }
  }

  /// The largest error allowed, relative to the largest of the sampled elements of the tensor. Where the true gradient is zero
  /// (a key's bias shifts all logits of a query alike), the absolute floor decides.
  static let tolerance = 1e-6, floor = 1e-9

  @Test(arguments: configurations)
  func gradientsOfTheStepAreFiniteDifferencesOfItsLoss(_ configuration: Configuration) throws {
    let program = try TrainingStep(configuration).program
    let sizes = AxisSizes(configuration)
    let interpreter = Interpreter<Double>(program, sizes)
    let arguments: [Value: [Double]] = SyntheticData(seed: 1).arguments(of: program, sizes)
    let values = try interpreter.run(arguments)

    for parameter in program.parameters {
      let start = try #require(arguments[parameter.value])
      let gradient = values[parameter.gradient]
      let sampled = (0..<4).map { $0 * (start.count - 1) / 3 }
      let numeric = try sampled.map { index in
        try centralDifference(at: start[index]) { moved in
          var changed = arguments
          changed[parameter.value]?[index] = moved
          return try interpreter.run(changed, upTo: program.loss).loss
        }
      }
      let largest = numeric.map(abs).max() ?? 0
      let error = largestDifference(sampled.map { gradient[$0] }, numeric)
      #expect(error <= Self.tolerance * largest + Self.floor, "\(program[parameter.value].name)")
    }
  }

  @Test(arguments: Head.allCases)
  func recomputationChangesNoBitOfTheStep(_ head: Head) throws {
    let both = try Self.configurations.filter { $0.head == head }.map { configuration in
      let program = try TrainingStep(configuration).program
      let sizes = AxisSizes(configuration)
      let values = try Interpreter<Float>(program, sizes).run(SyntheticData().arguments(of: program, sizes))
      return program.parameters.map { values[$0.updated] }
    }
    #expect(both.count == 2)
    #expect(both.first == both.last)
  }

  @Test func globalNormClippingScalesAllGradientsToNormOne() throws {
    var configuration = Self.configurations[0]
    configuration.gradientClipping = .globalNorm
    let program = try TrainingStep(configuration).program
    let sizes = AxisSizes(configuration)
    let values = try Interpreter<Double>(program, sizes).run(SyntheticData().arguments(of: program, sizes))
    let clipped = program.parameters.flatMap { values[$0.gradient] }.reduce(0) { $0 + $1 * $1 }
    #expect(abs(clipped - 1) < 1e-12)
  }
}
