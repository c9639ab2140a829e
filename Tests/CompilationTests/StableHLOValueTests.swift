import Measurement
import Testing
import TrainingStep
import VisionTransformer

@testable import Compilation

/// Printed modules run on this machine against the reference interpreter, which is held against JAX; they need
/// `shapefinder plugin install cpu`.
struct StableHLOValueTests {
  static let plugins = BuildFolder.installed(.cpu)

  /// A patch that does not divide the image, and attention kernels that Adafactor factors.
  static func configuration(
    _ head: Head = .map, _ optimizer: Optimizer = .adam, precision: Precision = .float32,
    clipping: GradientClipping = .none, rematerialization: Rematerialization = .none, layers: Layers = .unrolled,
    depth: Int = 2
  ) -> Configuration {
    Configuration(
      shape: Shape(width: 64, depth: depth, mlpWidth: 96, heads: 2, patch: 8), batch: 3, imageSize: 36, head: head,
      classes: 10, optimizer: optimizer, precision: precision, gradientClipping: clipping,
      rematerialization: rematerialization, layers: layers, dataParallel: 1)
  }

  static let everyHeadAndOptimizer = Head.allCases.flatMap { head in
    Optimizer.allCases.map { configuration(head, $0, depth: 1) }
  }
  static let variants = [
    configuration(.map, .adam, clipping: .globalNorm),
    configuration(.gap, .adafactor, clipping: .globalNorm, rematerialization: .full),
    configuration(.token, .adamHalf, rematerialization: .full),
    configuration(.map, .adafactor, rematerialization: .full),
    configuration(.token, .sgd, clipping: .globalNorm),
    configuration(.gap, .sgdMomentum, clipping: .globalNorm),
  ]
  static let scanned =
    Optimizer.allCases.map { configuration(.map, $0, layers: .scanned, depth: 3) } + [
      configuration(.token, .adam, clipping: .globalNorm, layers: .scanned),
      configuration(.gap, .adafactor, rematerialization: .full, layers: .scanned),
      configuration(.map, .adam, rematerialization: .full, layers: .scanned, depth: 1),
    ]

  @Test(.enabled(if: !plugins.isEmpty), arguments: everyHeadAndOptimizer + variants + scanned)
  func threeStepsAreThoseOfTheInterpreter(_ configuration: Configuration) throws {
    var run = try HostRun(configuration)
    var arguments: [Value: [Float]] = SyntheticData().arguments(of: run.program, run.sizes)
    let before = arguments
    var printed = arguments
    let interpreter = Interpreter<Float>(run.program, run.sizes)
    for _ in 0..<3 {
      let expected = try interpreter.step(&arguments)
      let loss = try run.step(&printed)
      #expect(abs(loss - expected.loss) <= 2e-5 * expected.loss)
    }
    for parameter in run.program.parameters {
      let name = run.program[parameter.value].name
      // The gradient of a key's bias is zero except for rounding, and most optimizers divide by its size.
      if name.hasSuffix("key/bias") { continue }
      for value in [parameter.value] + parameter.state {
        let seen = try #require(printed[value]), expected = try #require(arguments[value])
        let start = try #require(before[value])
        // Against what the three steps changed: rounding decides the direction of gradients near zero.
        let change = distance(expected, start)
        // A number of a half-precision moment may go to the other neighbour.
        let isHalf = run.program[value].type.element == .bfloat16
        let flip = isHalf ? 0x1p-7 * (expected.map(abs).max() ?? 0) : 0
        #expect(distance(seen, expected) <= 2e-3 * change + flip + 1e-6, "\(run.program[value].name)")
      }
    }
  }

  /// Adam's first moment after its first step is a tenth of the gradient.
  @Test(.enabled(if: !plugins.isEmpty), arguments: Head.allCases, [Rematerialization.none, .full])
  func gradientsAreThoseOfTheInterpreter(_ head: Head, _ rematerialization: Rematerialization) throws {
    var run = try HostRun(Self.configuration(head, .adam, rematerialization: rematerialization))
    var arguments: [Value: [Float]] = SyntheticData().arguments(of: run.program, run.sizes)
    let expected = try Interpreter<Float>(run.program, run.sizes).run(arguments)
    _ = try run.step(&arguments)
    let scale = run.program.parameters.reduce(Float(0)) { $0 + norm(expected[$1.gradient]) }
    for parameter in run.program.parameters {
      let gradient = try #require(arguments[parameter.state[0]]).map { $0 * 10 }
      let error = distance(gradient, expected[parameter.gradient])
      #expect(error <= 1e-5 * norm(expected[parameter.gradient]) + 1e-7 * scale, "\(run.program[parameter.value].name)")
    }
  }

  @Test(.enabled(if: !plugins.isEmpty), arguments: Head.allCases)
  func halfPrecisionIsWithinItsRounding(_ head: Head) throws {
    var run = try HostRun(Self.configuration(head, .adam, precision: .bfloat16))
    var arguments: [Value: [Float]] = SyntheticData().arguments(of: run.program, run.sizes)
    let expected = try Interpreter<Float>(run.program, run.sizes).run(arguments)
    let loss = try run.step(&arguments)
    #expect(abs(loss - expected.loss) <= 0x1p-7 * expected.loss)
    for parameter in run.program.parameters where !run.program[parameter.value].name.hasSuffix("key/bias") {
      let gradient = try #require(arguments[parameter.state[0]]).map { $0 * 10 }
      let error = distance(gradient, expected[parameter.gradient])
      #expect(error <= 0x1p-4 * norm(expected[parameter.gradient]), "\(run.program[parameter.value].name)")
    }
  }

  private func norm(_ x: [Float]) -> Float { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
  private func distance(_ x: [Float], _ y: [Float]) -> Float { norm(zip(x, y).map { $0 - $1 }) }
}

/// A printed step on this machine's processor.
struct HostRun {
  let program: Program
  let sizes: AxisSizes
  private let module: StableHLOModule
  private let loaded: PJRTClient.LoadedProgram
  /// What the next step starts from, argument by argument, where no value of the program holds it.
  private var others: [Int: [Float]] = [:]

  init(_ configuration: Configuration) throws {
    program = try TrainingStep(configuration).program
    sizes = AxisSizes(configuration)
    module = StableHLOModule(program, sizes, layers: configuration.layers)
    let client = try PJRTClient(try PJRTPlugin(path: try #require(StableHLOValueTests.plugins.first).library))
    loaded = try client.compile(CompileProgram(module.text, partitions: 1))
  }

  /// Runs one step, leaves in `arguments` what the next starts from, and returns the loss.
  mutating func step(_ arguments: inout [Value: [Float]]) throws -> Float {
    let given = module.arguments.enumerated().map { index, argument -> HostArray in
      let count = argument.dimensions.reduce(1, *)
      let elements =
        argument.values.isEmpty
        ? others[index] ?? [Float](repeating: 0, count: count) : argument.values.flatMap { arguments[$0] ?? [] }
      switch argument.element {
      case .float32: return HostArray(elements, dimensions: argument.dimensions)
      case .bfloat16: return HostArray(bfloat16: elements, dimensions: argument.dimensions)
      case .int32: return HostArray(int32: elements.map { Int32($0) }, dimensions: argument.dimensions)
      }
    }
    let results = try loaded.run(given)
    for (index, result) in results.dropLast().enumerated() {
      let values = module.arguments[index].values, floats = result.floats
      if values.isEmpty { others[index] = floats }
      for (place, value) in values.enumerated() {
        let size = floats.count / values.count
        arguments[value] = Array(floats[place * size..<(place + 1) * size])
      }
    }
    return try #require(results.last?.floats.first)
  }
}
