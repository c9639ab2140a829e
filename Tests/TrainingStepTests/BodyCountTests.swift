import Testing
import VisionTransformer

@testable import TrainingStep

@Suite struct BodyCountTests {
  @Test(arguments: [Head.gap, .map, .token], [1, 2, 7])
  func twoBlocksTellOfAll(head: Head, depth: Int) throws {
    let shape = Shape(width: 48, depth: depth, mlpWidth: 80, heads: 3, patch: 16)
    let configuration = Configuration(
      shape: shape, batch: 1, imageSize: 96, head: head, classes: 1, optimizer: .sgd)
    let program = try TrainingStep(configuration).program, sizes = AxisSizes(configuration)
    let body = program.parameters.map { program[$0.value].type }.filter { $0.axes.last != .classes }
    let count = try BodyCount(shape, imageSize: 96, head: head)
    #expect(count.parameters == body.reduce(0) { $0 + $1.elementCount(sizes) })
    let forward = program.operations.filter { operation in
      operation.phase == .forward && operation.scope.part != .loss
        && operation.outputs.allSatisfy { program[$0].type.axes.last != .classes }
    }
    let flops = forward.reduce(0.0) { $0 + program.work($1).flops(sizes) }
    #expect(abs(count.flopsPerImage.count - flops) <= 1e-12 * flops)
  }
}
