import TrainingStep

/// The interval in which a buffer is alive, in positions of the walk's order.
struct Lifetime: Sendable, Hashable {
  var buffer: Buffer
  var purpose: Purpose
  /// Position at which it is made.
  var start: Int
  /// Position of its last read.
  var end: Int
  /// For a buffer that can be recomputed: the positions after its last read in the forward pass and before its first in
  /// the backward pass.
  var gap: Range<Int>?
}

/// One walk over a program under a save policy: which buffers are alive at which position.
///
/// The closed form (`MemoryModel`) is derived from this and tested against it.
struct LivenessWalk {
  let program: Program
  /// Indices of the program's operations in the order the policy runs them.
  let order: [Int]
  /// Position of the first weight gradient that was deferred to the end; nil if none was.
  let deferralStart: Int?
  /// Lifetimes of buffers in the order of their starts.
  let lifetimes: [Lifetime]

  /// Walks `program` in the order and with the buffers of `policy`.
  init(_ program: Program, policy: some SavePolicy) {
    self.program = program
    let schedule = policy.schedule(program)
    order = schedule.order
    deferralStart = schedule.deferralStart
    let operations = program.operations
    var buffers: [Buffer?] = Array(repeating: nil, count: program.values.count)
    for operation in operations {
      for output in operation.outputs {
        buffers[output.index] = policy.buffer(of: output, madeBy: operation, in: program)
      }
    }
    // A fused value is recomputed wherever it is read, so that its operands stay alive until then. One reverse pass
    // propagates reads from consumers to producers.
    var reads = Array(repeating: Reads(), count: program.values.count)
    for position in order.indices.reversed() {
      let index = order[position]
      let own = Reads(position, isForward: operations[index].phase == .forward)
      var runs = Reads()
      for output in operations[index].outputs {
        runs.add(buffers[output.index] == nil ? reads[output.index] : own)
      }
      if runs.last < 0 { runs = own }
      for input in policy.operands(of: operations[index], in: program) { reads[input.index].add(runs) }
    }
    var lifetimes: [Lifetime] = []
    for (position, index) in order.enumerated() {
      let operation = operations[index]
      let isRecomputable = policy.recomputes(operation)
      for output in operation.outputs {
        guard let buffer = buffers[output.index] else { continue }
        lifetimes.append(
          Lifetime(
            buffer: buffer, purpose: Purpose(program[output], recomputable: isRecomputable), start: position,
            end: max(position, reads[output.index].last),
            gap: isRecomputable ? reads[output.index].gap(after: position) : nil))
      }
      for buffer in policy.statistics(of: operation, in: program) {
        let kept = operation.outputs + operation.inputs.filter { program[$0].role != .parameter }
        let end = kept.reduce(position) { max($0, reads[$1.index].last) }
        lifetimes.append(Lifetime(buffer: buffer, purpose: .activation, start: position, end: end))
      }
      for buffer in policy.scratch(of: operation, in: program) {
        lifetimes.append(Lifetime(buffer: buffer, purpose: .workspace, start: position, end: position))
      }
    }
    self.lifetimes = lifetimes
  }

  /// Live temporaries at every position of the order, in bytes with padding.
  func liveBytes(_ sizes: AxisSizes) -> [Int] {
    var change = Array(repeating: 0, count: order.count + 1)
    for lifetime in lifetimes {
      let bytes = lifetime.buffer.bytes(sizes)
      change[lifetime.start] += bytes
      change[lifetime.end + 1] -= bytes
    }
    var live = 0
    return change.dropLast().map { step in
      live += step
      return live
    }
  }
}

/// The positions at which a value is read.
private struct Reads {
  /// The last position; negative if there is none.
  var last = -1
  private var lastForward = -1
  private var firstAfterwards = Int.max

  init() {}

  init(_ position: Int, isForward: Bool) {
    last = position
    if isForward { lastForward = position } else { firstAfterwards = position }
  }

  mutating func add(_ other: Reads) {
    last = max(last, other.last)
    lastForward = max(lastForward, other.lastForward)
    firstAfterwards = min(firstAfterwards, other.firstAfterwards)
  }

  /// The positions between the forward pass's reads and all later ones, for a value made at `start`; nil if there are
  /// none.
  func gap(after start: Int) -> Range<Int>? {
    let begin = max(start, lastForward) + 1
    return firstAfterwards < .max && begin < firstAfterwards ? begin..<firstAfterwards : nil
  }
}

extension Purpose {
  init(_ info: ValueInfo, recomputable: Bool) {
    switch info.role {
    case .activation, .images, .labels: self = recomputable ? .recomputable : .activation
    case .parameterGradient: self = info.scope.part == .head ? .headGradient : .gradient
    case .activationGradient, .parameter, .optimizerState, .result: self = .workspace
    }
  }
}
