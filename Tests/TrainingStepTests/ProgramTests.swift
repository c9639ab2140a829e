import Testing
import TrainingStep
import VisionTransformer

/// Every structure a step can have, apart from Adafactor's factoring.
let everyStructure: [Configuration] = Head.allCases.flatMap { head in
  Optimizer.allCases.flatMap { optimizer in
    Precision.allCases.flatMap { precision in
      GradientClipping.allCases.flatMap { clipping in
        [Rematerialization.automatic, .full].map { rematerialization in
          Configuration(
            shape: Shape(width: 64, depth: 2, mlpWidth: 128, heads: 2, patch: 8), batch: 2, imageSize: 32, head: head,
            classes: 10, optimizer: optimizer, precision: precision, gradientClipping: clipping,
            rematerialization: rematerialization)
        }
      }
    }
  }
}

@Suite struct ProgramTests {
  @Test(arguments: everyStructure)
  func everyStructureTypeChecksAndDefinesBeforeUse(_ configuration: Configuration) throws {
    let program = try TrainingStep(configuration).program
    var defined = Set(program.arguments)
    #expect(!program.operations.contains { $0.outputs.contains(where: defined.contains) })
    for operation in program.operations {
      #expect(operation.inputs.allSatisfy(defined.contains), "\(operation.primitive.name)")
      defined.formUnion(operation.outputs)
    }
  }

  @Test(arguments: everyStructure)
  func everyParameterHasAGradientOfItsShapeAndAnUpdate(_ configuration: Configuration) throws {
    let program = try TrainingStep(configuration).program
    #expect(program.parameters.count == program.values.filter { $0.role == .parameter }.count)
    for parameter in program.parameters {
      #expect(program[parameter.gradient].type == program[parameter.value].type)
      #expect(program[parameter.updated].type == program[parameter.value].type)
      #expect(parameter.state.map { program[$0].type } == parameter.updatedState.map { program[$0].type })
    }
  }

  @Test func backwardCostsTwiceTheForwardInMatrixProducts() throws {
    let configuration = Configuration(
      shape: Shape(width: 384, depth: 3, mlpWidth: 1536, heads: 6, patch: 16), batch: 4, head: .gap, classes: 1000)
    let program = try TrainingStep(configuration).program
    let sizes = AxisSizes(configuration)
    let products = { (phase: Phase) in
      program.operations.filter { $0.phase == phase }.map { program.work($0) }.filter(\.isMatrixProduct)
        .reduce(0) { $0 + $1.flops(sizes) }
    }
    // No gradient flows into the images, so the patch embedding costs once, not twice.
    let patches = Double(2 * 4 * 196 * 384 * 16 * 16 * 3)
    #expect(products(.backward) == 2 * products(.forward) - patches)
  }

  @Test func fullRematerializationRunsAgainWhatTheBackwardReads() throws {
    var configuration = Configuration(
      shape: Shape(width: 64, depth: 3, mlpWidth: 128, heads: 2, patch: 8), batch: 2, imageSize: 32)
    configuration.rematerialization = .full
    let program = try TrainingStep(configuration).program
    let products = { (phase: Phase) in
      program.operations.filter { $0.phase == phase && $0.scope.block == 1 && program.work($0).isMatrixProduct }.count
    }
    // Six products in a block's attention and two in its MLP; only the MLP's second is read by no backward.
    #expect(products(.forward) == 8)
    #expect(products(.recompute) == 7)
    #expect(program.operations.filter { $0.primitive == .barrier }.count == 3)
  }

  @Test func adafactorFactorsTheTwoLargestAxesOfAnAttentionKernel() throws {
    // ViT-G: (1664, 16, 104) keeps a row over (16, 104) and a column over (1664, 16).
    let configuration = Configuration(
      shape: Shape(width: 1664, depth: 1, mlpWidth: 8192, heads: 16, patch: 14), optimizer: .adafactor)
    let program = try TrainingStep(configuration).program
    let kernel = try #require(program.parameters.first { program[$0.value].name == "block0/attention/query/kernel" })
    #expect(
      kernel.state.map { program[$0].type } == [
        TensorType([.width, .heads, .headWidth], .bfloat16), TensorType([.heads, .headWidth], .float32),
        TensorType([.width, .heads], .float32),
      ])
  }

  @Test func adafactorLeavesSmallTensorsUnfactored() throws {
    // Heads of 16: a width of 64 with 4 heads; the second largest axis of (64, 4, 16) is below 32.
    let configuration = Configuration(
      shape: Shape(width: 64, depth: 1, mlpWidth: 128, heads: 4, patch: 14), optimizer: .adafactor)
    let program = try TrainingStep(configuration).program
    let kernel = try #require(program.parameters.first { program[$0.value].name == "block0/attention/query/kernel" })
    #expect(
      kernel.state.map { program[$0].type.axes } == [[.width, .heads, .headWidth], [.width, .heads, .headWidth]])
  }

  @Test func aContractionOfMismatchedAxesIsRefused() {
    let x = TensorType([.batch, .tokens, .width], .float32)
    let kernel = TensorType([.mlpWidth, .width], .float32)
    #expect(throws: ShapeError.self) {
      try Primitive.contract(
        Contraction([.batch, .tokens, .width], [.width, .mlpWidth], [.batch, .tokens, .mlpWidth])
      )
      .outputTypes([x, kernel])
    }
  }
}
