import Evidence
import VisionTransformer

extension ScheduleReading {
  /// Reads a program.
  public init(_ module: HLOModule) {
    var sums = Sums(module: module)
    sums.add(module.entry, times: 1, depth: 0)
    self.init(
      instructions: sums.instructions, cycles: sums.cycles,
      entryCycles: module.computations[module.entry]?.instructions.reduce(0) { $0 &+ ($1.cycles ?? 0) } ?? 0,
      parts: sums.parts.map { Part(place: $0, instructions: $1.count, cycles: $1.cycles) }
        .sorted {
          ($1.cycles, $0.place.phase.rawValue, $0.place.primitive)
            < ($0.cycles, $1.place.phase.rawValue, $1.place.primitive)
        }, unknownLoops: sums.unknownLoops, collectives: sums.collectives, collectiveBytes: sums.collectiveBytes,
      rematerialized: sums.recomputations.map { Recomputation(primitive: $0.primitive, opcode: $0.opcode, count: $1) }
        .sorted { ($1.count, $0.primitive, $0.opcode) < ($0.count, $1.primitive, $1.opcode) },
      rematerializedCycles: sums.rematerializedCycles, peak: PeakReading(module))
  }
}

/// Sums over a schedule, including its loops and calls.
private struct Sums {
  struct Kind: Hashable {
    var primitive: String
    var opcode: String
  }

  let module: HLOModule
  var instructions = 0
  var cycles = 0
  var parts: [OperationPlace: (count: Int, cycles: Int)] = [:]
  var unknownLoops = 0
  var collectives = 0
  var collectiveBytes = Bytes.zero
  var recomputations: [Kind: Int] = [:]
  var rematerializedCycles = 0

  init(module: HLOModule) { self.module = module }

  /// Computations of a valid program do not call each other in cycles; input from outside may.
  private static let deepest = 64

  mutating func add(_ id: Int, times: Int, depth: Int) {
    guard depth < Self.deepest, let computation = module.computations[id] else { return }
    for instruction in computation.instructions {
      instructions += 1
      take(instruction, times: times)
      switch instruction.opcode {
      case "while":
        let count = module.tripCount(of: instruction, in: computation)
        if count == nil { unknownLoops += 1 }
        let (inner, overflow) = times.multipliedReportingOverflow(by: max(0, count ?? 1))
        for called in instruction.called { add(called, times: overflow ? times : inner, depth: depth + 1) }
      case "call", "conditional", "async-start":
        for called in instruction.called { add(called, times: times, depth: depth + 1) }
      // The cycles of a fusion, a reduction or a sort include those of its body.
      default: continue
      }
    }
  }

  private mutating func take(_ instruction: HLOInstruction, times: Int) {
    let place = OperationPlace(operationName: instruction.operationName, opcode: instruction.opcode)
    if HLOInstruction.collectives.contains(instruction.opcode) {
      collectives += 1
      let (bytes, overflow) = instruction.shape.unpadded.count.multipliedReportingOverflow(by: times)
      collectiveBytes += Bytes(overflow ? .max : bytes)
    }
    let (product, overflow) = (instruction.cycles ?? 0).multipliedReportingOverflow(by: times)
    let own = overflow ? 0 : product
    if instruction.isRematerialized {
      recomputations[Kind(primitive: place.primitive, opcode: instruction.opcode), default: 0] += 1
      rematerializedCycles &+= own
    }
    guard instruction.cycles != nil else { return }
    cycles &+= own
    let before = parts[place] ?? (0, 0)
    parts[place] = (before.count + 1, before.cycles &+ own)
  }
}

extension HLOInstruction {
  /// Kinds of instructions that receive data from other cores.
  static let collectives: Set<String> = [
    "all-reduce", "all-reduce-start", "all-gather", "all-gather-start", "reduce-scatter", "collective-permute",
    "collective-permute-start", "all-to-all",
  ]
}
