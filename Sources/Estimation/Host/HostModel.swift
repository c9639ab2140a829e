import HostPlan
import Synchronization
import TrainingStep
import VisionTransformer

/// A structure's steps at two neighbouring depths; every other depth follows from the lines through them.
final class HostModel: Sendable {
  /// Depth of the first step; the second has one block more.
  static let depth = 3

  /// A place where the most bytes can be alive.
  struct Candidate {
    /// Index of its operation in the first step and in the second.
    var first, second: Int
    /// Whether another block follows the block it is in.
    var isBeforeLast: Bool
  }

  let first: HostProgram
  let second: HostProgram
  /// Places where the most bytes can be alive.
  let candidates: [Candidate]
  let lifetimes: (first: [ClosedRange<Int>?], second: [ClosedRange<Int>?])

  private init(_ structure: StepStructure) throws {
    first = try HostProgram(TrainingStep(structure, depth: Self.depth).program)
    second = try HostProgram(TrainingStep(structure, depth: Self.depth + 1).program)
    lifetimes = (first.lifetimes(), second.lifetimes())
    let places = Self.places(second)
    candidates = Self.places(first).compactMap { place, index in
      places[place].map { Candidate(first: index, second: $0, isBeforeLast: place.isBeforeLast) }
    }.sorted { $0.first < $1.first }
  }

  // Operations outside the encoder, of the first block and of the last two: the last block keeps less than others, and
  // blocks in between are on the line from the first to the last but one.
  private static func places(_ step: HostProgram) -> [EventPlace: Int] {
    let last = step.operations.compactMap(\.scope.block).max() ?? 0
    var numbers: [EventPlace.Block: Int] = [:]
    var places: [EventPlace: Int] = [:]
    for (index, operation) in step.operations.enumerated() {
      let block: EventPlace.Block
      switch operation.scope.block {
      case nil: block = .none
      case last: block = .last
      case last - 1: block = .beforeLast
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
