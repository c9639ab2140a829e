import Measurement
import Testing
import TrainingStep
import VisionTransformer

@Suite struct OverfitTests {
  /// Steps and the part of the first loss that is left after them. Every step moves by a rate of 1e-3: Adam and Adafactor move
  /// each weight that far, plain gradient descent only as far as its small gradients carry it.
  static func goal(_ optimizer: Optimizer) -> (steps: Int, part: Float) {
    switch optimizer {
    case .sgd: (600, 0.06)
    // Ten times as far a step, once it has gathered speed.
    case .sgdMomentum: (100, 0.06)
    case .adam, .adamHalf, .adafactor: (100, 0.01)
    }
  }

  @Test(arguments: Optimizer.allCases, Head.allCases)
  func aSmallViTLearnsOneBatchByHeart(_ optimizer: Optimizer, _ head: Head) throws {
    let configuration = Configuration(
      shape: Shape(width: 64, depth: 1, mlpWidth: 128, heads: 2, patch: 8), batch: 3, imageSize: 16, head: head,
      classes: 3, optimizer: optimizer, precision: .float32)
    let program = try TrainingStep(configuration).program
    let sizes = AxisSizes(configuration)
    let interpreter = Interpreter<Float>(program, sizes)
    // Seed 10 gives the three images three classes: nothing is learnt by the bias alone.
    var arguments: [Value: [Float]] = SyntheticData(seed: 10).arguments(of: program, sizes)
    #expect(arguments[program.labels] == [1, 0, 0, 0, 1, 0, 0, 0, 1])

    let (steps, part) = Self.goal(optimizer)
    var losses: [Float] = []
    for _ in 0..<steps { losses.append(try interpreter.step(&arguments).loss) }
    let tenths = stride(from: 0, to: steps, by: steps / 10).map { losses[$0] } + losses.suffix(1)
    #expect(zip(tenths, tenths.dropFirst()).allSatisfy { $0 > $1 }, "\(tenths)")
    #expect(tenths[10] < part * tenths[0], "\(tenths)")
    if let counter = program.counter { #expect(arguments[counter.before] == [Float(steps)]) }
  }
}
