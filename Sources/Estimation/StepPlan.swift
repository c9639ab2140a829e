import TrainingStep

/// A memory model flattened into plain numbers, so that substituting the sizes allocates nothing and follows no
/// pointers.
struct StepPlan: Sendable {
  /// A buffer's elements with and without padding, as indices into `elements`. Buffers with equal bytes at every size
  /// are merged.
  struct BufferPlan: Sendable {
    var padded: UInt16
    var unpadded: UInt16
    /// Bytes of an element.
    var elementSize: UInt16
  }

  /// A number of equal buffers, linear in depth.
  struct Term: Sendable {
    var buffer: Int
    var constant: Int
    var perBlock: Int
    var purpose: Purpose
  }

  /// A candidate instant: a range of `terms`, which are everything alive.
  struct CandidatePlan: Sendable {
    var instant: Instant
    var terms: Range<Int>
    /// Index of the first term that is not an activation, and of the first that is not a gradient either.
    var firstGradient: Int
    var firstWorkspace: Int
    /// Whether the head's gradients have been applied by then, if they are applied early.
    var appliesHeadGradients: Bool
    /// Whether it can be the peak, and whether it can be the floor of rematerialization.
    var isPeak: Bool
    var isFloor: Bool
  }

  /// The parts of a candidate that are summed.
  enum Role: Int, Sendable, CaseIterable {
    /// Everything alive: the part without blocks, and the part of each block.
    case constant, perBlock
    /// The part that every block can recompute, a block.
    case recomputable
    /// The head's gradients, once a step.
    case headGradient
    /// The gradient of the MLP's hidden layer, once a step.
    case hiddenGradient
  }

  /// Work of one kind.
  struct WorkPlan: Sendable {
    /// Index of the price of one unit.
    var place: Int
    /// Number of units without blocks, and a block.
    var count: SIMD2<Double>
  }

  let buffers: Table<BufferPlan>
  /// Buffers that may be recomputed.
  let recomputable: Table<UInt16>
  /// Elements of buffers: products over an `AxisTable`, and for each buffer the minimum over its layouts.
  let elements: ProductList
  let terms: Table<Term>
  /// The candidates' sums, candidate by candidate and then by role, followed by two sums for every `StepTotal`: without
  /// blocks, and a block. Their operands are `elements`, followed by the bytes of the buffers in `recomputable`.
  let sums: SumList
  let candidates: Table<CandidatePlan>
  /// Gradients of kernels; no buffer for a kind that the model lacks.
  let kernels: KernelGradients
  /// Priced work, by index in `CostClass.all`.
  let costs: Table<WorkPlan>
  /// FLOPs of forward work, by index in `elementsOfWork`.
  let flops: Table<WorkPlan>
  /// Elements of forward work: products over the sizes of the axes.
  let elementsOfWork: ProductList
  let images: Int?
  /// The saved tensors that rematerialization recomputes: MLP hidden layer, logits, query.
  let hidden: Int?
  let logits: Int?
  let query: Int?
  /// The images in the layout with the least padding.
  let denseImages: Int?
  /// The query in the layout with the least padding.
  let denseQuery: Int?

  init(_ memory: MemoryModel, _ programs: StepPrograms, _ regime: XLARegime) {
    let kept = memory.candidates.flatMap(\.terms).filter { $0.purpose == .recomputable && $0.count.perBlock > 0 }
    func saved(_ axis: Axis) -> Int? { kept.first { memory.buffers[$0.buffer].axes.last == axis }?.buffer }
    let logits = kept.first { memory.buffers[$0.buffer].axes.suffix(2) == [.tokens, .keyTokens] }?.buffer
    let isScanned = programs.structure.layers == .scanned
    let query =
      isScanned
      ? nil : saved(.headWidth) ?? memory.buffers.firstIndex { $0.axes == [.batch, .tokens, .heads, .headWidth] }
    func dense(_ buffer: Int) -> LayoutKey { LayoutKey(Buffer(TensorType(memory.buffers[buffer].axes, .bfloat16))) }
    let arguments = programs.buffers.buffers.map { LayoutKey($0) }, keys = memory.buffers.map { LayoutKey($0) }
    let dense = [query, memory.images].map { $0.map(dense) }
    let laidOut = LaidOut(arguments + keys + dense.compactMap { $0 })
    buffers = Table(laidOut.buffers)
    elements = laidOut.elements
    let number = keys.map { laidOut.numbers[$0] ?? 0 }, ofArguments = arguments.map { laidOut.numbers[$0] ?? 0 }
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
      isScanned
      ? nil
      : memory.candidates.flatMap(\.terms)
        .first { $0.purpose == .workspace && memory.buffers[$0.buffer].axes.last == .mlpWidth }?.buffer
    var terms: [Term] = []
    let counts = memory.candidates.map { candidate in
      let first = terms.count
      terms += Self.merged(candidate.terms.map(term))
      return CandidateCounts(
        candidate, number, count: laidOut.buffers.count, hiddenGradient: hiddenGradient, terms: first..<terms.count)
    }
    let instants = KeptCandidates(
      counts, terms, buffers: laidOut.buffers, elementCount: laidOut.elements.count,
      appliesHeadGradients: regime.appliesHeadGradients)
    self.terms = Table(terms)
    recomputable = Table(instants.recomputable)
    candidates = Table(instants.candidates)
    kernels = KernelGradients(programs, ofArguments)
    sums = SumList(
      instants.sums
        + StepTotals(
          memory, programs, regime, number: number, ofArguments: ofArguments, count: laidOut.buffers.count
        )
        .sums(laidOut.buffers))

    costs = Table(
      programs.costs.compactMap { cost, count in
        CostClass.all.firstIndex(of: cost).map { WorkPlan(place: $0, count: count.vector) }
      })
    var elementsOfWork = ProductList.Builder(factors: Axis.allCases.count)
    var flops: [WorkPlan] = []
    for (work, count) in programs.works {
      let place = elementsOfWork.add(product: Factors(sizesOf: work.axes))
      let more = count.vector * work.flopsPerElement
      if let known = flops.firstIndex(where: { $0.place == place }) {
        flops[known].count += more
      } else {
        flops.append(WorkPlan(place: place, count: more))
      }
    }
    self.flops = Table(flops)
    self.elementsOfWork = ProductList(elementsOfWork)
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

  // Merges terms with the same buffer and the same part of the breakdown: activations, then gradients, then the rest.
  private static func merged(_ terms: [Term]) -> [Term] {
    func part(_ term: Term) -> Int {
      switch term.purpose {
      case .activation, .recomputable: 0
      case .gradient, .headGradient: 1
      case .workspace, .inPlace: 2
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

  /// The candidates that can be the peak or the floor.
  private struct KeptCandidates {
    var candidates: [CandidatePlan] = []
    var sums: [[SumList.Term]] = []
    var recomputable: [UInt16] = []

    init(
      _ all: [CandidateCounts], _ terms: [Term], buffers: [BufferPlan], elementCount: Int, appliesHeadGradients: Bool
    ) {
      let isPeak = CandidateCounts.undominated(all.map { $0.measures(appliesHeadGradients: appliesHeadGradients) })
      let isFloor = CandidateCounts.undominated(all.map(\.floorMeasures))
      for (index, counts) in all.enumerated() where isPeak[index] || isFloor[index] {
        for role in Role.allCases {
          var sum: [SumList.Term] = []
          counts.forEach(role) { buffer, count in
            sum.append(
              role == .recomputable
                ? SumList.Term(place: elementCount + number(recomputable: buffer), count: count)
                : SumList.Term(
                  place: Int(buffers[buffer].padded), count: count * Int(buffers[buffer].elementSize)))
          }
          sums.append(sum)
        }
        let first = terms[counts.terms].firstIndex { $0.purpose.rawValue > Purpose.recomputable.rawValue }
        let rest = terms[counts.terms].firstIndex { $0.purpose == .workspace || $0.purpose == .inPlace }
        candidates.append(
          CandidatePlan(
            instant: counts.instant, terms: counts.terms,
            firstGradient: first ?? counts.terms.upperBound, firstWorkspace: rest ?? counts.terms.upperBound,
            appliesHeadGradients: appliesHeadGradients && counts.instant == .lastAttentionBackward,
            isPeak: isPeak[index], isFloor: isFloor[index]))
      }
    }

    private mutating func number(recomputable buffer: Int) -> Int {
      if let known = recomputable.firstIndex(of: UInt16(buffer)) { return known }
      recomputable.append(UInt16(buffer))
      return recomputable.count - 1
    }
  }
}
