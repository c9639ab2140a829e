import VisionTransformer

/// Parameters and FLOPs as the papers' tables count them: the encoder with its embedding and last norm, without
/// classifier and loss, and with a pooling head only on request.
///
/// Averaging the tokens (no class token) and counting the element-wise work of layer norms, softmax, GELU, biases and
/// residuals beside the matrix products matches all 22 GFLOPs of Table 2 within 1 % or half a last digit; from B/16 up,
/// within 0.06 %. Matrix products alone are up to 0.7 % too low, and a class token makes it up to 1.7 % too high.
///
/// Source: arXiv 2106.04560, Table 2.
public struct BodyCount: Sendable, Hashable {
  /// Trainable parameters.
  public var parameters: Int
  /// Forward FLOPs of one image, a multiply-add counting 2, element-wise work included.
  public var flopsPerImage: FLOPs

  /// Counts a shape on images of one size, from training steps of one and two blocks: all blocks are alike.
  ///
  /// - Parameter head: The pooling head to include; GAP has no parameters, so that it counts the body alone.
  /// - Throws: `ShapeError`, which the tests rule out for every structure.
  public init(
    _ shape: Shape, imageSize: Int = Configuration.Defaults.imageSize, head: Head = .gap
  ) throws(ShapeError) {
    let first = try Self.walk(shape, depth: 1, imageSize, head)
    let second = try Self.walk(shape, depth: 2, imageSize, head)
    let further = shape.depth - 1
    parameters = first.parameters + further * (second.parameters - first.parameters)
    flopsPerImage = FLOPs(first.flops + Double(further) * (second.flops - first.flops))
  }

  private static func walk(
    _ shape: Shape, depth: Int, _ imageSize: Int, _ head: Head
  ) throws(ShapeError) -> (parameters: Int, flops: Double) {
    var shape = shape
    shape.depth = depth
    let configuration = Configuration(
      shape: shape, batch: 1, imageSize: imageSize, head: head, classes: 1, optimizer: .sgd)
    let program = try TrainingStep(configuration).program
    let sizes = AxisSizes(configuration)
    func isCounted(_ value: Value) -> Bool { program[value].type.axes.last != .classes }
    let parameters = program.parameters.reduce(0) { sum, parameter in
      isCounted(parameter.value) ? sum + program[parameter.value].type.elementCount(sizes) : sum
    }
    let flops = program.operations.reduce(0.0) { sum, operation in
      guard operation.phase == .forward, operation.scope.part != .loss, operation.outputs.allSatisfy(isCounted)
      else { return sum }
      return sum + program.work(operation).flops(sizes)
    }
    return (parameters, flops)
  }
}
