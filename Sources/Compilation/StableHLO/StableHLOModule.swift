import TrainingStep
import VisionTransformer

/// A training step as the text of a StableHLO module, as a compiler takes it.
///
/// Arguments are the parameters, the step counter and the optimizer's state, which are donated to the results of the same place,
/// then images and labels; the last result is the loss. Over several cores each holds all parameters and its own part of the
/// batch, and the compiler's partitioner adds the all-reduces of the gradients.
///
/// ```swift
/// let module = try StableHLOModule(configuration)
/// let outcome = await compiler.compile(CompileProgram(module.text, partitions: module.partitions), topology: topology)
/// ```
public struct StableHLOModule: Sendable {
  /// The module.
  public let text: String
  /// Cores that it is sharded over; 1: none.
  public let partitions: Int
  /// Arguments of the step in order, as values of the program.
  public let arguments: [Value]
  /// Results of the step in order; those before the last take the place of the arguments.
  public let results: [Value]

  /// The step of `program` with `sizes` a core, over `partitions` cores.
  public init(_ program: Program, _ sizes: AxisSizes, partitions: Int = 1) {
    let partitions = max(1, partitions)
    self.partitions = partitions
    let donated = Self.donated(program)
    arguments = donated.map(\.before) + [program.images, program.labels]
    results = donated.map(\.after) + [program.loss]

    var whole = sizes
    whole[.batch] = sizes[.batch] * partitions
    var printer = StableHLOPrinter(program, whole)
    for (index, argument) in arguments.enumerated() {
      printer.tensors[argument.index] = StableHLOTensor(name: "%arg\(index)", type: printer.type(argument))
    }
    printer.print(program.operations.indices)
    let tensors = results.map { printer.tensor($0) }
    text = Self.assemble(printer, arguments, tensors, donated: donated.count, partitions)
  }

  /// The step of a configuration, over its data-parallel cores if nothing else is said.
  ///
  /// - Throws: `ShapeError`, which the tests rule out for every structure.
  public init(_ configuration: Configuration, partitions: Int? = nil) throws(ShapeError) {
    self.init(
      try TrainingStep(configuration).program, AxisSizes(configuration),
      partitions: partitions ?? configuration.dataParallel)
  }

  // What a step starts from with what it leaves in its place: all parameters, the counter, then moment by moment.
  private static func donated(_ program: Program) -> [(before: Value, after: Value)] {
    var pairs = program.parameters.map { (before: $0.value, after: $0.updated) }
    if let counter = program.counter { pairs.append((counter.before, counter.after)) }
    let most = program.parameters.map(\.state.count).max() ?? 0
    for slot in 0..<most {
      for parameter in program.parameters where slot < parameter.state.count {
        pairs.append((parameter.state[slot], parameter.updatedState[slot]))
      }
    }
    return pairs
  }

  private static func assemble(
    _ printer: StableHLOPrinter, _ arguments: [Value], _ results: [StableHLOTensor], donated: Int, _ partitions: Int
  ) -> String {
    let body = printer.writer.text
    var text = ""
    text.reserveCapacity(body.utf8.count + 200 * arguments.count + 4096)
    text += "module @step attributes {mhlo.num_partitions = \(partitions) : i32, mhlo.num_replicas = 1 : i32} {\n"
    text += "  func.func public @main("
    let isSharded = partitions > 1
    for (index, argument) in arguments.enumerated() {
      let type = printer.type(argument)
      if index > 0 { text += ", " }
      text += "%arg\(index): \(type.text)"
      var attributes: [String] = []
      if isSharded { attributes.append("mhlo.sharding = \"\(sharding(type, index < donated, partitions))\"") }
      if index < donated { attributes.append("tf.aliasing_output = \(index) : i32") }
      if !attributes.isEmpty { text += " {" + attributes.joined(separator: ", ") + "}" }
      text += " loc(\"\(printer.program[argument].name)\")"
    }
    text += ") -> ("
    for (index, result) in results.enumerated() {
      if index > 0 { text += ", " }
      text += result.type.text
      if isSharded { text += " {mhlo.sharding = \"{replicated}\"}" }
    }
    text += ") {\n"
    text += body
    text += "    \"func.return\"(" + results.map(\.name).joined(separator: ", ") + ") : ("
    text += results.map(\.type.text).joined(separator: ", ") + ") -> ()\n  }\n}\n"
    return text
  }

  // Parameters stand whole on every core, data are divided along the batch.
  private static func sharding(_ type: StableHLOType, _ isReplicated: Bool, _ partitions: Int) -> String {
    if isReplicated { return "{replicated}" }
    let tiles = [partitions] + type.shape.dropFirst().map { _ in 1 }
    return "{devices=[\(tiles.map { "\($0)" }.joined(separator: ","))]<=[\(partitions)]}"
  }
}
