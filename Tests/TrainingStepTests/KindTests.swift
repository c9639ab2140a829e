import Testing
import TrainingStep
import VisionTransformer

/// What the program says of its parameters and products, against what their axes tell.
@Suite struct KindTests {
  @Test(arguments: everyStructure)
  func everyParameterAndItsGradientsSayWhatTheyAre(_ configuration: Configuration) throws {
    let program = try TrainingStep(configuration).program
    func kind(_ axes: Axes) -> ParameterKind {
      if Set(axes) == [.width, .heads, .headWidth] { return .attentionKernel }
      if Set(axes) == [.width, .mlpWidth] { return .mlpKernel }
      if axes == [.width, .classes] { return .classifier }
      if axes.contains(.patchRows) { return .patchKernel }
      return axes == [.one, .tokens, .width] ? .positions : .vector
    }
    for parameter in program.parameters {
      let expected = kind(program[parameter.value].type.axes)
      #expect(program[parameter.value].kind == expected, "\(program[parameter.value].name)")
      #expect(program[parameter.gradient].kind == expected)
      #expect(parameter.state.allSatisfy { program[$0].kind == expected })
    }
    for value in program.values where value.role == .parameterGradient && value.name != Primitive.globalNormFactor.name
    {
      #expect(value.kind == kind(value.type.axes), "\(value.name)")
    }
    #expect(Set(program.parameters.compactMap { program[$0.value].kind }) == Set(ParameterKind.allCases))
  }

  @Test(arguments: everyStructure)
  func everyContractionIsAProductOfTheModelOrAGradientOfOne(_ configuration: Configuration) throws {
    let program = try TrainingStep(configuration).program
    for operation in program.operations {
      guard case .contract = operation.primitive else {
        #expect(operation.product == nil && operation.operand == nil)
        continue
      }
      #expect(operation.product != nil)
      #expect((operation.operand != nil) == (operation.phase == .backward))
    }
    for product in Product.allCases {
      let own = program.operations.filter { $0.product == product }
      #expect(own.contains { $0.phase == .forward } && own.contains { $0.operand == .left }, "\(product)")
      #expect(own.contains { $0.operand == .right }, "\(product)")
    }
  }

  @Test(arguments: everyStructure)
  func everyValueKnowsWhatMakesIt(_ configuration: Configuration) throws {
    let program = try TrainingStep(configuration).program
    for (index, operation) in program.operations.enumerated() {
      #expect(operation.outputs.allSatisfy { program[$0].maker == index })
    }
    #expect(program.arguments.allSatisfy { program[$0].maker == nil })
  }

  /// Bytes are counted by what optimizers say they keep: it is what the programs have.
  @Test(arguments: everyStructure)
  func momentsAreTheStateThatProgramsHave(_ configuration: Configuration) throws {
    let program = try TrainingStep(configuration).program
    let moments = configuration.optimizer.moments
    for parameter in program.parameters where program[parameter.value].kind == .mlpKernel {
      let axes = program[parameter.value].type.axes
      let whole = parameter.state.map { program[$0].type }.filter { $0.axes == axes }
      let isFactored = moments.isSecondFactored && parameter.state.count == 3
      #expect(isFactored == (configuration.optimizer == .adafactor))
      #expect(whole.reduce(0) { $0 + $1.element.size } == moments.bytesOfKernel)
    }
  }
}
