import TrainingStep

/// A memory model flattened into plain numbers, so that putting the sizes in allocates nothing and follows no pointers.
struct StepPlan: Sendable {
  /// A buffer's elements with and without padding, as places in `elements`. Buffers of equal bytes at every size are one.
  struct BufferPlan: Sendable {
    var padded: UInt16
    var unpadded: UInt16
    /// Bytes of an element.
    var elementSize: UInt16
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
    /// Of the terms, the first that is no activation, and the first that is no gradient either.
    var firstGradient: Int
    var firstWorkspace: Int
    /// Whether the head's gradients are applied by then, where they are applied early.
    var appliesHeadGradients: Bool
    /// Whether it can be the peak, and whether it can be the floor of rematerialization.
    var isPeak: Bool
    var isFloor: Bool
  }

  /// What a sum of a candidate is over.
  enum Role: Int, Sendable, CaseIterable {
    /// All that is alive, without and with each block.
    case constant, perBlock
    /// Of that, what every block can compute again: counted a block.
    case recomputable
    /// The head's gradients: counted once a step.
    case headGradient
    /// The gradient of the MLP's hidden layer: counted once a step.
    case hiddenGradient
  }

  /// Buffers that a sum of a candidate has more than that of its parent.
  struct Change: Sendable, Hashable {
    /// Place of the sum: those of one candidate after those of the one before, by role.
    var sum: UInt16
    /// A buffer; behind all buffers a place in `recomputable`, where only what is large counts.
    var buffer: UInt16
    var count: Int32
  }

  struct ArgumentPlan: Sendable {
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

  /// Work of one kind.
  struct WorkPlan: Sendable {
    /// Place of what one of it takes.
    var place: Int
    /// How many there are without blocks, and a block.
    var count: SIMD2<Double>

    init(place: Int, _ count: LinearCount) {
      self.place = place
      self.count = SIMD2(Double(count.constant), Double(count.perBlock))
    }
  }

  let buffers: Table<BufferPlan>
  /// Buffers that may be computed again.
  let recomputable: Table<UInt16>
  /// Elements of buffers: products over an `AxisTable`, and of those over all layouts of a buffer the least.
  let elements: ProductList
  let terms: Table<Term>
  let changes: Table<Change>
  let candidates: Table<CandidatePlan>
  let parameters: Table<ArgumentPlan>
  let optimizerState: Table<ArgumentPlan>
  let inputs: Table<ArgumentPlan>
  let gradients: Table<GradientPlan>
  /// Priced work, by places in `CostClass.all`.
  let costs: Table<WorkPlan>
  /// Forward work, by places in `flops`.
  let works: Table<WorkPlan>
  /// FLOPs of forward work: products over the sizes of the axes and, behind them, FLOPs an element.
  let flops: ProductList
  let flopsPerElement: Table<Double>
  /// What waits, a block, for deferred weight gradients.
  let waiting: Table<Term>
  /// What is alive when the last block's backward is over.
  let afterLastBlock: Table<Term>
  /// What is alive when the backward pass begins.
  let atBackward: Table<Term>
  /// Of what is alive when the last block's backward is over, gradients of parameters.
  let gradientsAfterLastBlock: Table<Term>
  /// What is alive while a block is recomputed.
  let recomputedBlock: Table<Term>
  let images: Int?
  /// The saved tensors that rematerialization computes again: MLP hidden layer, logits, query.
  let hidden: Int?
  let logits: Int?
  let query: Int?
  /// The images laid out with least padding.
  let denseImages: Int?
  /// The query laid out with least padding.
  let denseQuery: Int?

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
    let laidOut = LaidOut(keys + dense.compactMap { $0 })
    buffers = Table(laidOut.buffers)
    elements = laidOut.elements
    let number = keys.map { laidOut.numbers[$0] ?? 0 }
    images = memory.images.map { number[$0] }
    hidden = saved(.mlpWidth).map { number[$0] }
    self.logits = logits.map { number[$0] }
    self.query = query.map { number[$0] }
    denseQuery = dense[0].flatMap { laidOut.numbers[$0] }
    denseImages = dense[1].flatMap { laidOut.numbers[$0] }

    func term(_ term: MemoryModel.Term) -> Term {
      Term(
        buffer: number[term.buffer], constant: term.count.constant, perBlock: term.count.perBlock,
        purpose: term.purpose)
    }
    let hiddenGradient =
      memory.candidates.flatMap(\.terms)
      .first { $0.purpose == .workspace && memory.buffers[$0.buffer].axes.last == .mlpWidth }?.buffer
    var terms: [Term] = []
    let counts = memory.candidates.map { candidate in
      let first = terms.count
      terms += Self.merged(candidate.terms.map(term))
      return CandidateCounts(candidate, number, hiddenGradient: hiddenGradient, terms: first..<terms.count)
    }
    let differences = Differences(
      counts, terms, bufferCount: laidOut.buffers.count, appliesHeadGradients: appliesHeadGradients)
    self.terms = Table(terms)
    changes = Table(differences.changes)
    recomputable = Table(differences.recomputable)
    candidates = Table(differences.candidates)

    func arguments(_ kind: MemoryModel.Argument) -> Table<ArgumentPlan> {
      var arguments: [ArgumentPlan] = []
      for argument in memory.arguments where argument.kind == kind {
        let buffer = number[argument.buffer]
        let constant = argument.count.constant, perBlock = argument.count.perBlock
        if let known = arguments.firstIndex(where: { $0.buffer == buffer }) {
          arguments[known].constant += constant
          arguments[known].perBlock += perBlock
        } else {
          arguments.append(ArgumentPlan(buffer: buffer, constant: constant, perBlock: perBlock))
        }
      }
      return Table(arguments)
    }
    parameters = arguments(.parameter)
    optimizerState = arguments(.optimizerState)
    inputs = arguments(.input)
    gradients = Table(
      memory.gradients.map {
        GradientPlan(
          kind: ParameterKind($0.axes), part: $0.part, buffer: number[$0.buffer], constant: $0.count.constant,
          perBlock: $0.count.perBlock)
      })
    waiting = Table(memory.waiting.map(term))
    // For their sum alone, whatever they are there for.
    let alive = memory.afterLastBlock.map(term)
    afterLastBlock = Table(
      Self.merged(
        alive.map { Term(buffer: $0.buffer, constant: $0.constant, perBlock: $0.perBlock, purpose: .activation) })
    )
    atBackward = Table(
      Self.merged(
        memory.atBackward.map(term).map {
          Term(buffer: $0.buffer, constant: $0.constant, perBlock: $0.perBlock, purpose: .activation)
        }))
    gradientsAfterLastBlock = Table(Self.merged(alive.filter { [.gradient, .headGradient].contains($0.purpose) }))
    recomputedBlock = Table(memory.recomputedBlock.map(term))

    self.costs = Table(
      costs.compactMap { cost, count in
        CostClass.all.firstIndex(of: cost).map { WorkPlan(place: $0, count) }
      })
    let each = Set(works.map(\.key.flopsPerElement)).sorted()
    var flops = ProductList.Builder(factors: Axis.allCases.count + each.count)
    self.works = Table(
      works.map { work, count in
        let first = Axis.allCases.count + (each.firstIndex(of: work.flopsPerElement) ?? 0)
        return WorkPlan(place: flops.add(product: [first] + work.axes.map { Int($0.rawValue) }), count)
      })
    self.flops = ProductList(flops)
    flopsPerElement = Table(each)
  }

  /// Distinct buffers with their layouts.
  private struct LaidOut {
    var numbers: [LayoutKey: Int] = [:]
    var buffers: [BufferPlan] = []
    let elements: ProductList

    init(_ keys: [LayoutKey]) {
      var elements = ProductList.Builder(factors: AxisTable.count)
      var layouts: [[Int]] = []
      for key in keys where numbers[key] == nil {
        numbers[key] = buffers.count
        layouts.append(key.layouts.map { elements.add(product: $0) })
        buffers.append(
          BufferPlan(
            padded: 0, unpadded: UInt16(elements.add(product: key.axes)),
            elementSize: UInt16(key.element.size)))
      }
      for index in buffers.indices { buffers[index].padded = UInt16(elements.add(leastOf: layouts[index])) }
      self.elements = ProductList(elements)
    }
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

  /// The candidates that can be the peak or the floor, each as what sets it apart from the nearest before it.
  private struct Differences {
    var candidates: [CandidatePlan] = []
    var changes: [Change] = []
    var recomputable: [UInt16] = []

    init(_ all: [CandidateCounts], _ terms: [Term], bufferCount: Int, appliesHeadGradients: Bool) {
      let isPeak = CandidateCounts.undominated(all.map { $0.measures(appliesHeadGradients: appliesHeadGradients) })
      let isFloor = CandidateCounts.undominated(all.map(\.floorMeasures))
      var kept: [CandidateCounts] = []
      for (index, counts) in all.enumerated() where isPeak[index] || isFloor[index] {
        let differences = kept.map { counts.changes(from: $0) }
        let parent = differences.indices.min { differences[$0].joined().count < differences[$1].joined().count }
        for (role, more) in (parent.map { differences[$0] } ?? counts.changes(from: nil)).enumerated() {
          let sum = kept.count * Role.allCases.count + role
          for (buffer, count) in more {
            let place = role == Role.recomputable.rawValue ? bufferCount + number(recomputable: buffer) : buffer
            changes.append(Change(sum: UInt16(sum), buffer: UInt16(place), count: Int32(count)))
          }
        }
        let first = terms[counts.terms].firstIndex { $0.purpose.rawValue > Purpose.recomputable.rawValue }
        let rest = terms[counts.terms].firstIndex { $0.purpose == .workspace }
        candidates.append(
          CandidatePlan(
            instant: counts.instant, terms: counts.terms, parent: parent,
            firstGradient: first ?? counts.terms.upperBound, firstWorkspace: rest ?? counts.terms.upperBound,
            appliesHeadGradients: appliesHeadGradients && counts.instant == .lastAttentionBackward,
            isPeak: isPeak[index], isFloor: isFloor[index]))
        kept.append(counts)
      }
      // By buffers: no sum waits for itself then.
      changes.sort { ($0.buffer, $0.sum) < ($1.buffer, $1.sum) }
    }

    private mutating func number(recomputable buffer: Int) -> Int {
      if let known = recomputable.firstIndex(of: UInt16(buffer)) { return known }
      recomputable.append(UInt16(buffer))
      return recomputable.count - 1
    }
  }
}
