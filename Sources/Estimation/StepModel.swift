import Synchronization
import TrainingStep
import VisionTransformer

/// Everything about a step that does not depend on its sizes: the memory model, the counts of each class of work and
/// each forward product, and the size of the program, as lines over depth.
///
/// Built once for every structure and regime, from programs at two neighbouring depths, and kept.
final class StepModel: Sendable {
  let structure: StepStructure
  let regime: XLARegime
  let memory: MemoryModel
  /// The memory model, flattened, with classes of work and forward products.
  let plan: StepPlan
  /// The number of instructions in the optimized program.
  let code: ProgramSize

  /// Structure, regime and constants in one word.
  private let key: UInt64

  private init(
    _ structure: StepStructure, _ regime: XLARegime, _ constants: FittedConstants, key: UInt64
  ) throws(ShapeError) {
    self.key = key
    self.structure = structure
    self.regime = regime
    let depth = 3
    let first = try TrainingStep(structure, depth: depth).program
    let second = try TrainingStep(structure, depth: depth + 1).program
    memory = MemoryModel(structure, regime, first, second, depth: depth)
    plan = StepPlan(
      memory, structure: structure, regime: regime,
      costs: Self.lines(first, second, depth) { program in
        program.operations.map { CostClass($0, in: program) }.filter { $0 != .fused }
      },
      works: Self.lines(first, second, depth) { program in
        program.operations.filter { $0.phase == .forward }.map { program.work($0) }.filter { $0.flopsPerElement > 0 }
      })
    let parameters = Self.lines(first, second, depth) { program in
      program.parameters.map {
        ParameterKey(
          axes: program[$0.value].type.axes, isFactored: structure.factoring.axes(of: program[$0.value].type) != nil)
      }
    }
    code = ProgramSize(
      structure, parameters.map { ($0.key.isFactored, $0.count) }, constants.instructions.pointee)
  }

  private struct ParameterKey: Hashable, Sendable {
    var axes: [Axis]
    var isFactored: Bool
  }

  // In the order of first occurrence, so that floating-point sums are the same in every run.
  private static func lines<Key: Hashable & Sendable>(
    _ first: Program, _ second: Program, _ depth: Int, _ keys: (Program) -> [Key]
  ) -> [(key: Key, count: LinearCount)] {
    Tally.lines(Tally(keys(first)), Tally(keys(second)), depth: depth)
  }

  // MARK: - Kept models

  private static let kept = Mutex<[UInt64: StepModel]>([:])

  /// The most recently used models, each at the index of its key: found without hashing or locking. `kept` keeps them
  /// alive.
  private static let recent = Recent()

  private struct Recent: @unchecked Sendable {
    static let bits = 10
    // Never freed; changed atomically.
    private let places: UnsafeMutablePointer<Atomic<Unmanaged<StepModel>?>>

    init() {
      places = .allocate(capacity: 1 << Self.bits)
      for place in 0..<1 << Self.bits { (places + place).initialize(to: Atomic(nil)) }
    }

    /// The index of a key, spread by multiplication with the golden ratio.
    @inline(__always)
    private func place(_ key: UInt64) -> UnsafeMutablePointer<Atomic<Unmanaged<StepModel>?>> {
      places + Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> (64 - Self.bits))
    }

    @inline(__always)
    func model(_ key: UInt64) -> StepModel? {
      guard let model = place(key).pointee.load(ordering: .acquiring)?.takeUnretainedValue() else { return nil }
      return model.key == key ? model : nil
    }

    func set(_ model: StepModel) { place(model.key).pointee.store(.passUnretained(model), ordering: .releasing) }
  }

  /// The model of a structure in a regime, with the constants of a device.
  ///
  /// - Throws: `ShapeError`, which the tests rule out for every structure.
  static func of(
    _ structure: StepStructure, _ regime: XLARegime, _ constants: FittedConstants
  ) throws(ShapeError) -> StepModel {
    let key = key(structure, regime, constants)
    if let model = recent.model(key) { return model }
    guard constants.number <= mostConstants else { return try StepModel(structure, regime, constants, key: key) }
    let known = kept.withLock { $0[key] }
    let made = if let known { known } else { try StepModel(structure, regime, constants, key: key) }
    // If two were made at once, the first is kept.
    let model = kept.withLock { models in
      let model = models[key] ?? made
      models[key] = model
      return model
    }
    recent.set(model)
    return model
  }
}
