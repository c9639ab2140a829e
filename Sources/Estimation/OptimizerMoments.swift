import Synchronization
import TrainingStep
import VisionTransformer

/// Optimizer state by moment as the device lays it out: in tiles on a TPU, without padding on a host. All bytes are of
/// one core.
public struct OptimizerMoments: Sendable, Hashable {
  /// First moment.
  public var first = 0
  /// Second moment, factored or not.
  public var second = 0
}

extension Estimator {
  /// Optimizer state by moment, without the step counter, which is one scalar.
  ///
  /// - Throws: `ShapeError`, which the tests rule out for every structure.
  package func optimizerMoments(_ configuration: Configuration) throws(ShapeError) -> OptimizerMoments {
    let structure = StepStructure(configuration), sizes = AxisSizes(configuration)
    // Every block has the same parameters.
    let programs = try OptimizerMoments.programs(structure)
    let isTiled = !device.isHost
    let one = OptimizerMoments(programs.one, sizes, isTiled: isTiled)
    let two = OptimizerMoments(programs.two, sizes, isTiled: isTiled)
    let more = configuration.shape.depth - 1
    func line(_ path: KeyPath<OptimizerMoments, Int>) -> Int {
      one[keyPath: path] &+ more &* (two[keyPath: path] &- one[keyPath: path])
    }
    return OptimizerMoments(first: line(\.first), second: line(\.second))
  }
}

extension OptimizerMoments {
  private static let kept = Mutex<[StepStructure: (one: Program, two: Program)]>([:])

  /// Programs of one block and of two, built once for each structure.
  fileprivate static func programs(_ structure: StepStructure) throws(ShapeError) -> (one: Program, two: Program) {
    if let known = kept.withLock({ $0[structure] }) { return known }
    let made = (try TrainingStep(structure, depth: 1).program, try TrainingStep(structure, depth: 2).program)
    kept.withLock { $0[structure] = made }
    return made
  }

  init(_ program: Program, _ sizes: AxisSizes, isTiled: Bool) {
    for parameter in program.parameters {
      // In the order of the update primitives: the first moment, then the second in one or two tensors.
      for (index, value) in parameter.state.enumerated() {
        let buffer = Buffer(program[value].type)
        let bytes = isTiled ? buffer.bytes(sizes) : buffer.unpaddedBytes(sizes)
        if index == 0 { first &+= bytes } else { second &+= bytes }
      }
    }
  }
}
