import TrainingStep

/// A memory model flattened into plain numbers, so that putting the sizes in allocates nothing and follows no pointers.
struct StepPlan: Sendable {
  /// A buffer's axes, and the layouts it may have. Buffers of equal bytes at every size are one.
  struct BufferPlan: Sendable {
    var axes: SIMD4<UInt8>
    var rank: UInt8
    var element: ElementType
    /// Range in `layouts`.
    var firstLayout: Int32
    var endLayout: Int32
  }

  /// A number of equal buffers, as a line over depth.
  struct Term: Sendable {
    var buffer: Int
    var constant: Int
    var perBlock: Int
    var purpose: Purpose
  }

  /// A candidate instant: a range of `terms`, all of what is alive, and what sets it apart from its parent, an earlier
  /// candidate that has most in common with it (the first has none).
  struct CandidatePlan: Sendable {
    var instant: Instant
    var terms: Range<Int>
    var parent: Int?
    /// Range in `changes`.
    var changes: Range<Int>
    /// Range in `marks`.
    var marks: Range<Int>
    /// Of the terms, the first that is no activation, and the first that is no gradient either.
    var firstGradient: Int
    var firstWorkspace: Int
    /// Whether it can be the peak, and whether it can be the floor of rematerialization.
    var isPeak: Bool
    var isFloor: Bool
  }

  /// Bytes that are more alive than at the parent.
  struct Change: Sendable, Hashable {
    var buffer: Int
    var constant: Int
    var perBlock: Int
  }

  /// Of the bytes that are alive, those with a role in what comes after the peak.
  enum Role: UInt8, Sendable {
    /// What every block can compute again: counted a block.
    case recomputable
    /// The head's gradients: counted once a step.
    case headGradient
    /// The gradient of the MLP's hidden layer: counted once a step.
    case hiddenGradient
  }

  /// Bytes of a role that are more alive than at the parent.
  struct Mark: Sendable, Hashable {
    var buffer: Int
    var role: Role
    var count: Int
  }

  struct ArgumentPlan: Sendable {
    var kind: MemoryModel.Argument
    var buffer: Int
    var constant: Int
    var perBlock: Int
  }

  struct GradientPlan: Sendable {
    var kind: ParameterKind
    var part: Part
    var buffer: Int
    var constant: Int
    var perBlock: Int
  }

  struct CostPlan: Sendable {
    var cost: CostClass
    var constant: Double
    var perBlock: Double
  }

  /// Forward work: up to eight axes.
  struct WorkPlan: Sendable {
    /// Places of axes.
    static let places = 8
    var axes: SIMD8<UInt8>
    var flops: Double
    var constant: Double
    var perBlock: Double
  }

  private(set) var buffers: [BufferPlan] = []
  /// Places in an `AxisTable`, the product of which are the elements of a layout.
  private(set) var layouts: [SIMD4<UInt8>] = []
  private(set) var terms: [Term] = []
  private(set) var changes: [Change] = []
  private(set) var marks: [Mark] = []
  private(set) var candidates: [CandidatePlan] = []
  private(set) var arguments: [ArgumentPlan] = []
  private(set) var gradients: [GradientPlan] = []
  private(set) var costs: [CostPlan] = []
  private(set) var works: [WorkPlan] = []
  /// What waits, a block, for deferred weight gradients.
  private(set) var waiting: [Term] = []
  /// What is alive while a block is recomputed.
  private(set) var recomputedBlock: [Term] = []
  private(set) var images: Int?
  /// The saved tensors that rematerialization computes again: MLP hidden layer, logits, query.
  private(set) var hidden: Int?
  private(set) var logits: Int?
  private(set) var query: Int?
  /// The images laid out with least padding.
  private(set) var denseImages: Int?
  /// The query laid out with least padding.
  private(set) var denseQuery: Int?

  init(
    _ memory: MemoryModel, appliesHeadGradients: Bool, costs: [(key: CostClass, count: LinearCount)],
    works: [(key: Work, count: LinearCount)]
  ) {
    let kept = memory.candidates.flatMap(\.terms).filter { $0.purpose == .recomputable && $0.count.perBlock > 0 }
    func saved(_ axis: Axis) -> Int? { kept.first { memory.buffers[$0.buffer].axes.last == axis }?.buffer }
    let logits = kept.first { memory.buffers[$0.buffer].axes.suffix(2) == [.tokens, .keyTokens] }?.buffer
    let query = saved(.headWidth) ?? memory.buffers.firstIndex { $0.axes == [.batch, .tokens, .heads, .headWidth] }
    func dense(_ buffer: Int) -> LayoutKey { LayoutKey(Buffer(TensorType(memory.buffers[buffer].axes, .bfloat16))) }
    let keys = memory.buffers.map { LayoutKey($0) }
    let dense = [query, memory.images].map { $0.map(dense) }
    let numbers = addBuffers(keys + dense.compactMap { $0 })
    let number = keys.map { numbers[$0] ?? 0 }
    images = memory.images.map { number[$0] }
    hidden = saved(.mlpWidth).map { number[$0] }
    self.logits = logits.map { number[$0] }
    self.query = query.map { number[$0] }
    denseQuery = dense[0].flatMap { numbers[$0] }
    denseImages = dense[1].flatMap { numbers[$0] }
    func term(_ term: MemoryModel.Term) -> Term {
      Term(
        buffer: number[term.buffer], constant: term.count.constant, perBlock: term.count.perBlock,
        purpose: term.purpose)
    }
    let hiddenGradient =
      memory.candidates.flatMap(\.terms)
      .first { $0.purpose == .workspace && memory.buffers[$0.buffer].axes.last == .mlpWidth }?.buffer
    addCandidates(
      memory.candidates.map { candidate in
        let first = terms.count
        terms += Self.merged(candidate.terms.map(term))
        return CandidateCounts(candidate, number, hiddenGradient: hiddenGradient, terms: first..<terms.count)
      }, appliesHeadGradients: appliesHeadGradients)
    for argument in memory.arguments {
      let buffer = number[argument.buffer]
      let constant = argument.count.constant, perBlock = argument.count.perBlock
      if let known = arguments.firstIndex(where: { $0.kind == argument.kind && $0.buffer == buffer }) {
        arguments[known].constant += constant
        arguments[known].perBlock += perBlock
      } else {
        arguments.append(ArgumentPlan(kind: argument.kind, buffer: buffer, constant: constant, perBlock: perBlock))
      }
    }
    gradients = memory.gradients.map {
      GradientPlan(
        kind: ParameterKind($0.axes), part: $0.part, buffer: number[$0.buffer],
        constant: $0.count.constant,
        perBlock: $0.count.perBlock)
    }
    self.costs = costs.map {
      CostPlan(cost: $0.key, constant: Double($0.count.constant), perBlock: Double($0.count.perBlock))
    }
    self.works = works.map { work, count in
      var axes = SIMD8<UInt8>(repeating: Axis.one.rawValue)
      for (index, axis) in work.axes.enumerated() { axes[index] = axis.rawValue }
      return WorkPlan(
        axes: axes, flops: work.flopsPerElement, constant: Double(count.constant),
        perBlock: Double(count.perBlock))
    }
    waiting = memory.waiting.map(term)
    recomputedBlock = memory.recomputedBlock.map(term)
  }

  // Buffers of one rank and number of layouts one after the other: loops over them then end where the one before did.
  private mutating func addBuffers(_ keys: [LayoutKey]) -> [LayoutKey: Int] {
    var numbers: [LayoutKey: Int] = [:]
    let unique = keys.enumerated().sorted { a, b in
      (a.element.rank, a.element.layouts.count, a.offset) < (b.element.rank, b.element.layouts.count, b.offset)
    }
    for (_, key) in unique where numbers[key] == nil {
      numbers[key] = buffers.count
      let first = layouts.count
      layouts += key.layouts
      buffers.append(
        BufferPlan(
          axes: key.axes, rank: UInt8(key.rank), element: key.element, firstLayout: Int32(first),
          endLayout: Int32(layouts.count)))
    }
    return numbers
  }

  // Terms of one buffer and one part of the breakdown as one: activations, then gradients, then the rest.
  private static func merged(_ terms: [Term]) -> [Term] {
    func part(_ term: Term) -> Int {
      switch term.purpose {
      case .activation, .recomputable: 0
      case .gradient, .headGradient: 1
      case .workspace: 2
      }
    }
    var result: [Term] = []
    for term in terms.sorted(by: { (part($0), $0.buffer) < (part($1), $1.buffer) }) {
      if let last = result.last, part(last) == part(term), last.buffer == term.buffer {
        result[result.count - 1].constant += term.constant
        result[result.count - 1].perBlock += term.perBlock
      } else {
        result.append(term)
      }
    }
    return result
  }

  // Keeps the candidates that can be the peak or the floor, each as what sets it apart from the nearest before it.
  private mutating func addCandidates(_ all: [CandidateCounts], appliesHeadGradients: Bool) {
    let isPeak = CandidateCounts.undominated(all.map { $0.measures(appliesHeadGradients: appliesHeadGradients) })
    let isFloor = CandidateCounts.undominated(all.map(\.floorMeasures))
    var kept: [CandidateCounts] = []
    for (index, counts) in all.enumerated() where isPeak[index] || isFloor[index] {
      let differences = kept.map { (changes: counts.changes(from: $0), marks: counts.marks(from: $0)) }
      let parent = differences.indices.min {
        differences[$0].changes.count + differences[$0].marks.count
          < differences[$1].changes.count + differences[$1].marks.count
      }
      let more =
        parent.map { differences[$0] } ?? (changes: counts.changes(from: nil), marks: counts.marks(from: nil))
      let firstChange = changes.count, firstMark = marks.count
      changes += more.changes
      marks += more.marks
      let first = terms[counts.terms].firstIndex { $0.purpose.rawValue > Purpose.recomputable.rawValue }
      let rest = terms[counts.terms].firstIndex { $0.purpose == .workspace }
      candidates.append(
        CandidatePlan(
          instant: counts.instant, terms: counts.terms, parent: parent, changes: firstChange..<changes.count,
          marks: firstMark..<marks.count,
          firstGradient: first ?? counts.terms.upperBound, firstWorkspace: rest ?? counts.terms.upperBound,
          isPeak: isPeak[index], isFloor: isFloor[index]))
      kept.append(counts)
    }
  }
}
