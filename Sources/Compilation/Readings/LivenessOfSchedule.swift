import VisionTransformer

/// The lifetimes of a schedule's buffers.
///
/// A buffer is one array in the device's memory that an instruction makes. Instructions that only name existing values
/// (`bitcast`, `tuple`, `get-tuple-element`, the ends of asynchronous pairs) make none, and loops work in place on
/// their operands. Arguments and results of the entry computation are not temporaries.
struct LivenessOfSchedule {
  /// An array that an instruction makes.
  struct Buffer {
    var maker: HLOInstruction
    var shape: HLOShape
    /// Positions in the schedule of the instruction that makes it and of its last use.
    var birth: Int
    var lastUse: Int
    /// Whether it needs its own bytes in the device's memory.
    var isTemporary: Bool
  }

  /// The instant of a computation with the most live bytes.
  struct Peak {
    var bytes = Bytes.zero
    var instruction: HLOInstruction?
    var alive: [Buffer] = []
  }

  /// The buffers of a value's arrays, in order; nil for an array that is not a buffer.
  private typealias Leaves = [Int?]

  let module: HLOModule
  private let deepest = 64

  init(module: HLOModule) { self.module = module }

  /// Walks the computation `id` and the computations that it calls.
  func peak(of id: Int, depth: Int = 0) -> Peak {
    guard depth < deepest, let computation = module.computations[id] else { return Peak() }
    let buffers = buffers(of: computation)
    var births: [Int: [Int]] = [:], ends: [Int: [Int]] = [:]
    for (index, buffer) in buffers.enumerated() where buffer.isTemporary {
      births[buffer.birth, default: []].append(index)
      ends[buffer.lastUse, default: []].append(index)
    }
    var bytes = Bytes.zero
    var worst: (time: Int, bytes: Bytes, inner: Peak)?
    for (time, instruction) in computation.instructions.enumerated() {
      for index in births[time] ?? [] { bytes += buffers[index].shape.padded }
      let inner = innerPeak(of: instruction, depth: depth)
      if bytes + inner.bytes > worst?.bytes ?? .zero { worst = (time, bytes + inner.bytes, inner) }
      for index in ends[time] ?? [] { bytes = bytes - buffers[index].shape.padded }
    }
    guard let worst else { return Peak() }
    let alive = buffers.filter { $0.isTemporary && $0.birth <= worst.time && worst.time <= $0.lastUse }
    return Peak(
      bytes: worst.bytes, instruction: worst.inner.instruction ?? computation.instructions[worst.time],
      alive: alive + worst.inner.alive)
  }

  private func innerPeak(of instruction: HLOInstruction, depth: Int) -> Peak {
    guard ["while", "call", "conditional", "async-start"].contains(instruction.opcode) else { return Peak() }
    return instruction.called.map { peak(of: $0, depth: depth + 1) }.max { $0.bytes < $1.bytes } ?? Peak()
  }

  private func buffers(of computation: HLOComputation) -> [Buffer] {
    var buffers: [Buffer] = []
    var leaves: [Int: Leaves] = [:]
    var shapes: [Int: HLOShape] = [:]
    for (time, instruction) in computation.instructions.enumerated() {
      for operand in instruction.operands {
        for case .some(let buffer) in leaves[operand] ?? [] { buffers[buffer].lastUse = time }
      }
      leaves[instruction.id] = made(by: instruction, at: time, leaves, shapes, &buffers)
      shapes[instruction.id] = instruction.shape
    }
    // The result is in memory of the caller, or of outputs and donated arguments.
    for case .some(let buffer) in leaves[computation.root] ?? [] { buffers[buffer].isTemporary = false }
    return buffers
  }

  private func made(
    by instruction: HLOInstruction, at time: Int, _ known: [Int: Leaves], _ shapes: [Int: HLOShape],
    _ buffers: inout [Buffer]
  ) -> Leaves {
    let own = instruction.shape.leaves
    func operand(_ index: Int) -> Leaves {
      instruction.operands.indices.contains(index) ? known[instruction.operands[index]] ?? [] : []
    }
    func fitted(_ leaves: Leaves) -> Leaves {
      Array((leaves + Leaves(repeating: nil, count: own.count)).prefix(own.count))
    }
    func fresh(_ shape: HLOShape) -> Int? {
      guard shape.elementType != .token, shape.elementType != .opaque else { return nil }
      buffers.append(
        Buffer(maker: instruction, shape: shape, birth: time, lastUse: time, isTemporary: shape.memorySpace == 0))
      return buffers.count - 1
    }
    switch instruction.opcode {
    case "parameter", "constant", "partition-id", "replica-id", "after-all":
      return Leaves(repeating: nil, count: own.count)
    case "tuple": return fitted(instruction.operands.flatMap { known[$0] ?? [] })
    case "bitcast", "while", "opt-barrier", "add-dependency", "dynamic-update-slice", "copy-done", "async-done",
      "all-reduce-done":
      return fitted(operand(0))
    case "get-tuple-element":
      let elements = instruction.operands.first.flatMap { shapes[$0]?.elements } ?? []
      // The arrays of the preceding elements come before those of the element that is taken.
      return fitted(Array(operand(0).dropFirst(elements.prefix(instruction.index).reduce(0) { $0 + $1.leaves.count })))
    case "copy-start":
      // The destination, the source, and a flag.
      return fitted(own.prefix(1).map(fresh) + operand(0))
    default: return own.map(fresh)
    }
  }
}

extension HLOShape {
  /// The arrays of a shape, in order.
  var leaves: [HLOShape] { elements.isEmpty ? [self] : elements.flatMap(\.leaves) }
}
