import VisionTransformer

/// A step's trainable parameters by part: the body, which is the model that people mean by its name, and what its
/// pooling and its classes add.
public struct ParameterParts: Sendable, Hashable {
  /// Embedding, encoder and last norm, with the class token if there is one.
  public var body: Int
  /// The MAP head; zero for the other heads.
  public var head: Int
  /// The classifier.
  public var classifier: Int

  /// The parts of a configuration's `total` parameters; nil if they do not add up.
  ///
  /// Head and classifier are counted in a step of one block, because they do not depend on the depth.
  public init?(_ configuration: Configuration, total: Int) {
    var one = configuration
    one.shape.depth = 1
    one.optimizer = .sgd
    guard let program = try? TrainingStep(one).program,
      let body = try? BodyCount(one.shape, imageSize: one.imageSize, head: .gap)
    else { return nil }
    let sizes = AxisSizes(one)
    let all = program.parameterCount(sizes)
    classifier = program.parameters.reduce(0) { sum, parameter in
      let type = program[parameter.value].type
      return type.axes.last == .classes ? sum + type.elementCount(sizes) : sum
    }
    head = one.head == .map ? all - classifier - body.parameters : 0
    self.body = total - head - classifier
    guard self.body > 0 else { return nil }
  }
}
