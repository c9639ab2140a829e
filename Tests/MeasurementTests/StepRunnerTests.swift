import HostPlan
import Testing
import TrainingStep
import VisionTransformer

@testable import Measurement

private func configuration(
  head: Head = .map, optimizer: Optimizer = .adam, clipping: GradientClipping = .none,
  rematerialization: Rematerialization = .none, batch: Int = 3
) -> Configuration {
  Configuration(
    shape: Shape(width: 72, depth: 2, mlpWidth: 100, heads: 3, patch: 8), device: "cpu", batch: batch, imageSize: 43,
    head: head, classes: 19, optimizer: optimizer, precision: .float32, gradientClipping: clipping,
    rematerialization: rematerialization, dataParallel: 1)
}

private let structures: [Configuration] = Head.allCases.flatMap { head in
  Optimizer.allCases.flatMap { optimizer in
    GradientClipping.allCases.flatMap { clipping in
      [Rematerialization.none, .full].map {
        configuration(head: head, optimizer: optimizer, clipping: clipping, rematerialization: $0)
      }
    }
  }
}

/// Largest difference of two tensors.
private func distance(_ a: [Float], _ b: [Float]) -> Float {
  zip(a, b).reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
}

private func largest(_ a: [Float]) -> Float { a.reduce(0) { max($0, $1.magnitude) } }

@Suite(.serialized) struct StepRunnerTests {
  // Sums of float32 in another order: 1e-4 of a tensor's largest element is some 800 units in its last place. Gradients of key
  // biases are zero except for rounding (softmax does not see them), so a tensor's scale is at least 1e-3 of the largest gradient's:
  // they may differ by one unit in the last place of that.
  @Test(arguments: structures)
  func gradientsAreThoseOfTheInterpreter(_ c: Configuration) throws {
    let runner = try StepRunner(c, options: StepRunner.Options(threads: 2))
    let program = runner.layout.step.program
    var arguments: [Value: [Float]] = SyntheticData().arguments(of: program, runner.layout.sizes)
    let expected = try Interpreter<Float>(program, runner.layout.sizes).step(&arguments)
    let loss = runner.step().loss
    #expect((loss - expected.loss).magnitude <= 2e-5 * expected.loss.magnitude)
    let references = program.parameters.map { expected[rawGradient($0.gradient, program)] }
    let scale = references.reduce(0) { max($0, largest($1)) }
    for (parameter, reference) in zip(program.parameters, references) {
      let gradient = try #require(runner.withElements(of: parameter.gradient) { Array($0) })
      #expect(
        distance(gradient, reference) < 1e-4 * max(largest(reference), 1e-3 * scale),
        "gradient of \(program[parameter.value].name)")
    }
  }

  // Optimizers that scale their steps take a full one along a gradient that is rounding alone, in either direction: parameters
  // may part by twice the rate, and later losses by what that does. Plain descent does not.
  @Test(arguments: structures)
  func updatesAreThoseOfTheInterpreter(_ c: Configuration) throws {
    let runner = try StepRunner(c, options: StepRunner.Options(threads: 2))
    let program = runner.layout.step.program
    let interpreter = Interpreter<Float>(program, runner.layout.sizes)
    var arguments: [Value: [Float]] = SyntheticData().arguments(of: program, runner.layout.sizes)
    let isExact = c.optimizer.isDescent
    for step in 0..<3 {
      let expected = try interpreter.step(&arguments)
      let loss = runner.step().loss
      #expect((loss - expected.loss).magnitude <= (isExact ? 2e-5 : 1e-3) * expected.loss.magnitude)
      guard step == 0 else { continue }
      for parameter in program.parameters {
        let updated = try #require(runner.withElements(of: parameter.value) { Array($0) })
        let far = distance(updated, expected[parameter.updated])
        // Adafactor's momentum takes in a tenth of the direction, whose elements reach the square root of a factored axis.
        #expect(far <= (isExact ? 1e-6 : 2.1e-3), "\(program[parameter.value].name)")
      }
    }
  }

  // Sums in another order than JAX's: losses to some units in their last place; parameters to a thousandth of the three steps
  // that Adam makes, as in `GoldenStepTests`, and biases of keys not at all, for the same reason.
  @Test(arguments: GoldenStep.all)
  func threeStepsAreThoseOfJAX(_ golden: GoldenStep) throws {
    let runner = try StepRunner(golden.configuration, options: StepRunner.Options(threads: 2, seed: golden.seed))
    let program = runner.layout.step.program
    for loss in golden.losses { #expect((Double(runner.step().loss) - loss).magnitude <= 5e-6 * loss) }
    #expect(program.parameters.map { program[$0.value].name } == golden.parameters.map(\.name))
    for (parameter, expected) in zip(program.parameters, golden.parameters) where !expected.name.hasSuffix("key/bias") {
      let after = Summary(try #require(runner.withElements(of: parameter.value) { Array($0) }))
      for (element, golden) in zip(after.elements, expected.after.elements) {
        #expect((element - golden).magnitude <= GoldenStepTests.parameterTolerance, "\(expected.name)")
      }
      #expect(
        (after.norm - expected.after.norm).magnitude <= GoldenStepTests.normTolerance * expected.after.norm,
        "\(expected.name)")
    }
  }

  // The runner applies the factor of clipping within the update: its gradients are those before.
  private func rawGradient(_ gradient: Value, _ program: Program) -> Value {
    let producer = program.operations.first { $0.outputs.contains(gradient) }
    guard let producer, producer.primitive == .scaleByFactor else { return gradient }
    return producer.inputs[0]
  }

  @Test(arguments: Head.allCases, Optimizer.allCases)
  func resultsDoNotDependOnTheThreads(_ head: Head, _ optimizer: Optimizer) throws {
    let c = configuration(head: head, optimizer: optimizer, clipping: .globalNorm)
    let one = try StepRunner(c, options: StepRunner.Options(threads: 1))
    let program = one.layout.step.program
    let many = try [2, 3, 5].map { try StepRunner(c, options: StepRunner.Options(threads: $0)) }
    let expected = (0..<4).map { _ in one.step().loss }
    for runner in many {
      for loss in expected { #expect((runner.step().loss - loss).magnitude <= 3e-5 * loss.magnitude) }
    }
    func elements(_ runner: StepRunner, _ value: Value) throws -> [Float] {
      try #require(runner.withElements(of: value) { Array($0) })
    }
    let gradients = try program.parameters.map { try elements(one, rawGradient($0.gradient, program)) }
    let scale = gradients.reduce(0) { max($0, largest($1)) }
    for (parameter, gradient) in zip(program.parameters, gradients) {
      for runner in many {
        let other = try elements(runner, rawGradient(parameter.gradient, program))
        #expect(
          distance(gradient, other) < 1e-4 * max(largest(gradient), 1e-3 * scale),
          "gradient of \(program[parameter.value].name) on \(runner.options.threads) threads")
      }
    }
  }

  @Test(arguments: MatrixProducts.allCases)
  func bothLibrariesGiveTheSameStep(_ products: MatrixProducts) throws {
    let c = configuration()
    let runner = try StepRunner(c, options: StepRunner.Options(threads: 2, products: products))
    #expect(runner.library.contains(products.label))
    let program = runner.layout.step.program
    var arguments: [Value: [Float]] = SyntheticData().arguments(of: program, runner.layout.sizes)
    let expected = try Interpreter<Float>(program, runner.layout.sizes).step(&arguments).loss
    #expect((runner.step().loss - expected).magnitude <= 2e-5 * expected.magnitude)
    #expect(try runner.replayProducts(with: products).value > 0)
  }

  @Test(arguments: Optimizer.allCases)
  func aSmallModelLearnsOneBatchByHeart(_ optimizer: Optimizer) throws {
    let c = configuration(head: .gap, optimizer: optimizer, batch: 4)
    let runner = try StepRunner(c, options: StepRunner.Options(threads: 1))
    let first = runner.step().loss
    // Plain descent at the fixed rate of 1e-3 takes longer than what scales its steps.
    for _ in 0..<(optimizer == .sgd ? 3000 : 400) { _ = runner.step() }
    #expect(runner.step().loss < (optimizer.isDescent ? 0.05 : 0.02) * first)
  }

  @Test func recomputationGivesTheSameNumbersInLessMemory() throws {
    let kept = try StepRunner(configuration(batch: 16), options: StepRunner.Options(threads: 2))
    let recomputed = try StepRunner(
      configuration(rematerialization: .full, batch: 16), options: StepRunner.Options(threads: 2))
    for _ in 0..<3 {
      // Equal to the bit alone; beside other tests the library may divide a product among other threads.
      let loss = kept.step().loss
      #expect((recomputed.step().loss - loss).magnitude <= 1e-6 * loss.magnitude)
    }
    #expect(recomputed.plannedBytes < kept.plannedBytes)
  }

  @Test func memoryAgreesThreeWays() throws {
    var c = configuration(batch: 64)
    c.shape = Shape(width: 192, depth: 4, mlpWidth: 768, heads: 3, patch: 8)
    c.imageSize = 64
    let runner = try StepRunner(c, options: StepRunner.Options(threads: 2))
    for _ in 0..<2 { _ = runner.step() }
    let planned = Double(runner.plannedBytes.count)
    #expect((Double(runner.allocatedBytes.count) / planned - 1).magnitude < 0.01)
    let resident = try #require(runner.residentBytes)
    // Other tests of this process come and go; a worker's own process is held to less.
    #expect((Double(resident.count) - planned).magnitude < 0.02 * planned + 16 * 1_048_576)
    #expect(runner.breakdown.total == runner.plannedBytes)
  }

  @Test func aLimitBelowThePlanIsRefusedWithWhatIsNeeded() throws {
    let c = configuration()
    let needed = try StepRunner(c).plannedBytes
    #expect(throws: MeasurementError.doesNotFit(needed: needed, limit: needed - Bytes(1))) {
      try StepRunner(
        c, options: StepRunner.Options(threads: StepRunner.Options.processors, memoryLimit: needed - Bytes(1)))
    }
    _ = try StepRunner(c, options: StepRunner.Options(memoryLimit: needed))
  }

  @Test func whatTheKernelsDoNotRunIsRefusedByName() {
    var halved = configuration()
    halved.precision = .bfloat16
    #expect(throws: MeasurementError.self) { try StepRunner(halved) }
    var scanned = configuration()
    scanned.layers = .scanned
    #expect(throws: MeasurementError.self) { try StepRunner(scanned) }
  }
}
