import Synchronization
import TrainingStep
import VisionTransformer

/// Everything about a step that does not depend on its sizes: the memory model, the counts of each class of work and
/// each forward product, and the tensors that the size of the program is counted from, as lines over depth.
///
/// Built once for every structure and regime, from the programs of the structure, and kept. No fitted constant is
/// part of it, so that all devices share it.
final class StepModel: Sendable {
  let structure: StepStructure
  let regime: XLARegime
  let memory: MemoryModel
  /// The memory model, flattened, with classes of work and forward products.
  let plan: StepPlan
  /// The tensors from which instructions of the optimized program are counted.
  let tensors: ProgramSize.Tensors

  /// Structure and regime in one word.
  private let key: UInt64

  private init(_ structure: StepStructure, _ regime: XLARegime, key: UInt64) throws(ShapeError) {
    self.key = key
    self.structure = structure
    self.regime = regime
    let programs = try Self.programs(of: structure)
    memory = MemoryModel.of(programs, regime)
    plan = StepPlan(memory, programs, regime)
    tensors = programs.tensors
  }

  // MARK: - Kept models

  /// The programs of the structures asked for last, the latest at the end: a structure's regimes are mostly asked for one
  /// after another, and a grid alternates between few structures.
  private static let latestPrograms = Mutex<[StepPrograms]>([])
  private static let mostPrograms = 8

  static func programs(of structure: StepStructure) throws(ShapeError) -> StepPrograms {
    let known = latestPrograms.withLock { latest in latest.last { $0.structure == structure } }
    let programs =
      if let known {
        known
      } else {
        StepPrograms(
          structure, try TrainingStep(structure, depth: StepPrograms.depth).program,
          try TrainingStep(structure, depth: StepPrograms.depth + 1).program)
      }
    latestPrograms.withLock { latest in
      latest.removeAll { $0.structure == structure }
      latest = latest.suffix(mostPrograms - 1) + [programs]
    }
    return programs
  }

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

  /// Whether the model of a structure in a regime is built.
  static func isKept(_ key: UInt64) -> Bool { recent.model(key) != nil || kept.withLock { $0[key] != nil } }

  /// The model of a structure in a regime.
  ///
  /// - Throws: `ShapeError`, which the tests rule out for every structure.
  static func of(_ structure: StepStructure, _ regime: XLARegime) throws(ShapeError) -> StepModel {
    let key = key(structure, regime)
    if let model = recent.model(key) { return model }
    let known = kept.withLock { $0[key] }
    let made = if let known { known } else { try StepModel(structure, regime, key: key) }
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
