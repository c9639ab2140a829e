import HostPlan
import Synchronization
import TrainingStep
import VisionTransformer

/// A structure's steps of two neighbouring depths: everything else lies on the lines through them.
final class HostModel: Sendable {
  /// Depth of the first step; the second has one block more.
  static let depth = 3

  let first: HostProgram
  let second: HostProgram
  /// Places at which the most bytes can be alive, as indices of operations of the first and the second step.
  let candidates: [(first: Int, second: Int)]
  let lifetimes: (first: [ClosedRange<Int>?], second: [ClosedRange<Int>?])

  private init(_ structure: StepStructure) throws {
    first = try HostProgram(TrainingStep(structure, depth: Self.depth).program)
    second = try HostProgram(TrainingStep(structure, depth: Self.depth + 1).program)
    lifetimes = (first.lifetimes(), second.lifetimes())
    let places = Self.places(second)
    candidates = Self.places(first).compactMap { place, index in places[place].map { (index, $0) } }
      .sorted { $0.first < $1.first }
  }

  // Operations outside the encoder, of the first and of the last block: blocks between lie on the line between those.
  private static func places(_ step: HostProgram) -> [EventPlace: Int] {
    let last = step.operations.compactMap(\.scope.block).max()
    var numbers: [EventPlace.Block: Int] = [:]
    var places: [EventPlace: Int] = [:]
    for (index, operation) in step.operations.enumerated() {
      let block: EventPlace.Block
      switch operation.scope.block {
      case nil: block = .none
      case last: block = .last
      case 0: block = .first
      default: continue
      }
      places[EventPlace(block: block, number: numbers[block, default: 0])] = index
      numbers[block, default: 0] += 1
    }
    return places
  }

  private static let kept = Mutex<[StepStructure: HostModel]>([:])

  /// The model of a structure, made once.
  ///
  /// - Throws: `HostPlanError` or `ShapeError`.
  static func of(_ structure: StepStructure) throws -> HostModel {
    if let known = kept.withLock({ $0[structure] }) { return known }
    let made = try HostModel(structure)
    kept.withLock { $0[structure] = made }
    return made
  }
}
