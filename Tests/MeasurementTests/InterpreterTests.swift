import Measurement
import Testing
import TrainingStep
import VisionTransformer

@Suite struct InterpreterTests {
  static let configuration = Configuration(
    shape: Shape(width: 16, depth: 2, mlpWidth: 24, heads: 2, patch: 4), batch: 2, imageSize: 12, head: .map,
    classes: 5, optimizer: .adam, precision: .float32)

  @Test func aStepLeavesBehindWhatTheNextOneStartsFrom() throws {
    let program = try TrainingStep(Self.configuration).program
    let sizes = AxisSizes(Self.configuration)
    let interpreter = Interpreter<Float>(program, sizes)
    let start: [Value: [Float]] = SyntheticData().arguments(of: program, sizes)
    var arguments = start
    let values = try interpreter.step(&arguments)
    for parameter in program.parameters {
      #expect(arguments[parameter.value] == values[parameter.updated])
      #expect(parameter.state.map { arguments[$0] } == parameter.updatedState.map { values[$0] })
    }
    let counter = try #require(program.counter)
    #expect(arguments[counter.before] == [1])
    #expect(arguments[program.images] == start[program.images])
    #expect(arguments[program.labels] == start[program.labels])
  }

  @Test func whatStandsBehindTheWantedValueIsNotRun() throws {
    let program = try TrainingStep(Self.configuration).program
    let sizes = AxisSizes(Self.configuration)
    let interpreter = Interpreter<Float>(program, sizes)
    let arguments: [Value: [Float]] = SyntheticData().arguments(of: program, sizes)
    let whole = try interpreter.run(arguments), forward = try interpreter.run(arguments, upTo: program.loss)
    #expect(forward.loss == whole.loss)
    #expect(program.parameters.allSatisfy { forward[$0.gradient].isEmpty && !whole[$0.gradient].isEmpty })
  }

  @Test func anArgumentThatIsMissingOrTooShortIsNamed() throws {
    let program = try TrainingStep(Self.configuration).program
    let sizes = AxisSizes(Self.configuration)
    let interpreter = Interpreter<Float>(program, sizes)
    var arguments: [Value: [Float]] = SyntheticData().arguments(of: program, sizes)
    arguments[program.images]?.removeLast()
    let short = #expect(throws: InterpreterError.self) { try interpreter.run(arguments) }
    #expect(short?.description == "images has 863 elements instead of 864")
    arguments[program.images] = nil
    let missing = #expect(throws: InterpreterError.self) { try interpreter.run(arguments) }
    #expect(missing?.description == "the argument images was not given")
  }

  @Test func anOperandThatDoesNotFitItsPrimitiveIsRefused() {
    let type = TensorType([.batch, .width], .float32)
    let tensor = ReferenceTensor<Float>(type, [1, 2, 3])
    let sizes = AxisSizes(Self.configuration)
    #expect(throws: InterpreterError.self) { try Interpreter.apply(.gelu, to: tensor, sizes: sizes) }
    #expect(throws: InterpreterError.self) { try Interpreter.apply(.add, to: tensor, sizes: sizes) }
  }

  @Test func theLossOfVeryLargeLogitsIsNeitherInfiniteNorRounded() throws {
    var sizes = AxisSizes(Self.configuration)
    sizes[.batch] = 1
    sizes[.classes] = 4
    let type = TensorType([.batch, .classes], .float32)
    let logits = ReferenceTensor<Float>(type, [1000, -1000, 1000, -20])
    let labels = ReferenceTensor<Float>(type, [1, 0, 0, 0])
    // 0 + 0 + 1000 + log(1 + e^-20)
    let loss = try Interpreter.apply(.sigmoidCrossEntropy, to: logits, labels, sizes: sizes)
    #expect(loss[0].elements == [1000])
    let gradient = try Interpreter.apply(.sigmoidCrossEntropyGradient, to: logits, labels, sizes: sizes)
    #expect(gradient[0].elements == [0, 0, 1, 2.0611537e-9])
  }

  /// bfloat16 has eight bits: the loss is off by a few parts in a thousand, and every activation is a bfloat16 number.
  @Test(arguments: Head.allCases)
  func activationsInBFloat16AreRounded(_ head: Head) throws {
    var configuration = Self.configuration
    configuration.head = head
    let exact = try firstStep(configuration)
    configuration.precision = .bfloat16
    let rounded = try firstStep(configuration)
    #expect(abs(rounded.loss / exact.loss - 1) < 0.01)
    #expect(rounded.loss != exact.loss)
    for (index, info) in rounded.program.values.enumerated() where info.type.element == .bfloat16 {
      #expect(rounded[Value(index: index)].allSatisfy { $0 == $0.roundedToBFloat16 }, "\(info.name)")
    }
  }

  private func firstStep(_ configuration: Configuration) throws -> InterpretedValues<Float> {
    let program = try TrainingStep(configuration).program
    let sizes = AxisSizes(configuration)
    return try Interpreter<Float>(program, sizes).run(SyntheticData().arguments(of: program, sizes))
  }
}
