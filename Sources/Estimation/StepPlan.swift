import TrainingStep

/// A memory model flattened into plain numbers, so that putting the sizes in allocates nothing and follows no pointers.
struct StepPlan: Sendable {
  /// A buffer's layout: indices of its axes, and which pairs of positions may be minor.
  struct BufferPlan: Sendable {
    var axes: SIMD4<UInt8>
    var rank: UInt8
    var element: ElementType
    /// Range in `pairs`.
    var firstPair: Int32
    var endPair: Int32
  }

  /// A number of equal buffers, as a line over depth.
  struct Term: Sendable {
    var buffer: Int32
    var constant: Int32
    var perBlock: Int32
    var purpose: Purpose
  }

  /// A candidate instant: a range of `terms`, all of what is alive, and a range of `changes`, what sets it apart from the first
  /// candidate.
  struct CandidatePlan: Sendable {
    var instant: Instant
    var first: Int
    var end: Int
    var firstChange: Int
    var endChange: Int
  }

  struct ArgumentPlan: Sendable {
    var kind: MemoryModel.Argument
    var buffer: Int32
    var constant: Int32
    var perBlock: Int32
  }

  struct GradientPlan: Sendable {
    var kind: ParameterKind
    var part: Part
    var buffer: Int32
    var constant: Int32
    var perBlock: Int32
  }

  struct CostPlan: Sendable {
    var cost: CostClass
    var constant: Double
    var perBlock: Double
  }

  /// Forward work: up to eight axes.
  struct WorkPlan: Sendable {
    var axes: SIMD8<UInt8>
    var flops: Double
    var constant: Double
    var perBlock: Double
  }

  private(set) var buffers: [BufferPlan] = []
  private(set) var pairs: [SIMD2<UInt8>] = []
  private(set) var terms: [Term] = []
  private(set) var changes: [Term] = []
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
  /// The gradient of the MLP's hidden layer.
  private(set) var hiddenGradient: Int?
  /// The images laid out with least padding.
  private(set) var denseImages: Int?
  /// The query laid out with least padding.
  private(set) var denseQuery: Int?

  init(
    _ memory: MemoryModel, costs: [(key: CostClass, count: LinearCount)], works: [(key: Work, count: LinearCount)]
  ) {
    for buffer in memory.buffers { add(buffer) }
    func term(_ term: MemoryModel.Term) -> Term {
      Term(
        buffer: Int32(term.buffer), constant: Int32(term.count.constant), perBlock: Int32(term.count.perBlock),
        purpose: term.purpose)
    }
    let base = memory.candidates.first?.terms ?? []
    for candidate in memory.candidates {
      let first = terms.count, firstChange = changes.count
      terms += candidate.terms.map(term)
      changes += Self.difference(candidate.terms, base).map(term)
      candidates.append(
        CandidatePlan(
          instant: candidate.instant, first: first, end: terms.count, firstChange: firstChange, endChange: changes.count
        ))
    }
    arguments = memory.arguments.map {
      ArgumentPlan(
        kind: $0.kind, buffer: Int32($0.buffer), constant: Int32($0.count.constant), perBlock: Int32($0.count.perBlock))
    }
    gradients = memory.gradients.map {
      GradientPlan(
        kind: ParameterKind($0.axes), part: $0.part, buffer: Int32($0.buffer), constant: Int32($0.count.constant),
        perBlock: Int32($0.count.perBlock))
    }
    self.costs = costs.map {
      CostPlan(cost: $0.key, constant: Double($0.count.constant), perBlock: Double($0.count.perBlock))
    }
    self.works = works.map { work, count in
      var axes = SIMD8<UInt8>(repeating: Axis.one.rawValue)
      for (index, axis) in work.axes.enumerated() { axes[index] = axis.rawValue }
      return WorkPlan(
        axes: axes, flops: work.flopsPerElement, constant: Double(count.constant), perBlock: Double(count.perBlock))
    }
    waiting = memory.waiting.map(term)
    recomputedBlock = memory.recomputedBlock.map(term)
    images = memory.images
    let kept = memory.candidates.flatMap(\.terms).filter { $0.purpose == .recomputable && $0.count.perBlock > 0 }
    func saved(_ axis: Axis) -> Int? { kept.first { memory.buffers[$0.buffer].axes.last == axis }?.buffer }
    hidden = saved(.mlpWidth)
    logits = kept.first { memory.buffers[$0.buffer].axes.suffix(2) == [.tokens, .keyTokens] }?.buffer
    query = saved(.headWidth) ?? memory.buffers.firstIndex { $0.axes == [.batch, .tokens, .heads, .headWidth] }
    hiddenGradient =
      memory.candidates.flatMap(\.terms)
      .first { $0.purpose == .workspace && memory.buffers[$0.buffer].axes.last == .mlpWidth }?.buffer
    if let query {
      denseQuery = buffers.count
      add(Buffer(TensorType(memory.buffers[query].axes, .bfloat16)))
    }
    if let images {
      denseImages = buffers.count
      add(Buffer(TensorType(memory.buffers[images].axes, .bfloat16)))
    }
  }

  // The terms that `a` has more than `b` (or, with negative counts, fewer).
  private static func difference(_ a: [MemoryModel.Term], _ b: [MemoryModel.Term]) -> [MemoryModel.Term] {
    var result = a
    for term in b {
      if let index = result.firstIndex(where: { $0.buffer == term.buffer && $0.purpose == term.purpose }) {
        result[index].count.constant -= term.count.constant
        result[index].count.perBlock -= term.count.perBlock
      } else {
        var negative = term
        negative.count.constant *= -1
        negative.count.perBlock *= -1
        result.append(negative)
      }
    }
    return result.filter { $0.count.constant != 0 || $0.count.perBlock != 0 }
  }

  private mutating func add(_ buffer: Buffer) {
    var axes = SIMD4<UInt8>(repeating: Axis.one.rawValue)
    for (index, axis) in buffer.axes.enumerated() { axes[index] = axis.rawValue }
    let first = pairs.count
    switch buffer.minor {
    case .among(let chosen): pairs += chosen.map { SIMD2(UInt8($0.secondMinor), UInt8($0.minor)) }
    case .any:
      for minor in buffer.axes.indices {
        for second in buffer.axes.indices where second != minor { pairs.append(SIMD2(UInt8(second), UInt8(minor))) }
      }
    }
    buffers.append(
      BufferPlan(
        axes: axes, rank: UInt8(buffer.axes.count), element: buffer.element, firstPair: Int32(first),
        endPair: Int32(pairs.count)))
  }
}

/// The sizes of all axes with their paddings, for laying out many buffers.
struct AxisTable {
  /// Four rows of sixteen: sizes, padded to lanes, padded to float32 sublanes, padded to bfloat16 sublanes.
  private let rows: UnsafeMutableBufferPointer<Int>

  /// Calls `body` with the table for `sizes`.
  static func with<Result>(_ sizes: AxisSizes, _ body: (AxisTable) -> Result) -> Result {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 64) { rows in
      for axis in 0..<16 {
        let size = Int(sizes.sizes[axis])
        rows[axis] = size
        rows[16 &+ axis] = TileLayout.lanes(size)
        rows[32 &+ axis] = TileLayout.sublanes(size, .float32)
        rows[48 &+ axis] = TileLayout.sublanes(size, .bfloat16)
      }
      return body(AxisTable(rows: rows))
    }
  }

  /// Bytes of a buffer with and without padding.
  @inline(__always)
  func bytes(
    _ buffer: StepPlan.BufferPlan, _ pairs: UnsafeBufferPointer<SIMD2<UInt8>>
  ) -> (padded: Int, unpadded: Int) {
    let element = buffer.element.size
    let a0 = Int(buffer.axes[0]), a1 = Int(buffer.axes[1]), a2 = Int(buffer.axes[2]), a3 = Int(buffer.axes[3])
    let s0 = rows[a0], s1 = rows[a1], s2 = rows[a2], s3 = rows[a3]
    let unpadded = s0 &* s1 &* s2 &* s3 &* element
    if buffer.rank < 2 {
      return (buffer.rank == 0 ? TileLayout.scalarBytes : TileLayout.vector(s0, buffer.element) &* element, unpadded)
    }
    let row = buffer.element == .bfloat16 ? 48 : 32
    var least = Int.max
    for index in Int(buffer.firstPair)..<Int(buffer.endPair) {
      let second = pairs[index][0], minor = pairs[index][1]
      let p0 = minor == 0 ? rows[16 &+ a0] : second == 0 ? rows[row &+ a0] : s0
      let p1 = minor == 1 ? rows[16 &+ a1] : second == 1 ? rows[row &+ a1] : s1
      let p2 = minor == 2 ? rows[16 &+ a2] : second == 2 ? rows[row &+ a2] : s2
      let p3 = minor == 3 ? rows[16 &+ a3] : second == 3 ? rows[row &+ a3] : s3
      least = min(least, p0 &* p1 &* p2 &* p3)
    }
    return (least &* element, unpadded)
  }
}
