import TrainingStep

/// What decides a buffer's bytes at every size: buffers with equal keys are laid out only once.
struct LayoutKey: Hashable {
  /// The elements without padding, as a product over an `AxisTable`.
  let axes: Factors
  /// The product of each allowed layout, without duplicates.
  let layouts: [Factors]
  let element: ElementType

  init(_ buffer: Buffer) {
    let axes = Axes(buffer.axes.lazy.map(Factors.named)), element = buffer.element
    self.element = element
    self.axes = Factors(sizesOf: axes)
    if axes.count < 2 {
      layouts = [Factors(CollectionOfOne(AxisTable.vector(axes.first ?? .one, element)))]
      return
    }
    var pairs: [MinorPair] = []
    switch buffer.minor {
    case .among(let chosen): pairs = Array(chosen)
    case .any:
      // A single position never deserves a tile dimension: any other axis there pads less at every size. Beside only
      // one axis it is best on the sublanes.
      let real = axes.indices.filter { axes[$0] != .one }
      let minors = real.isEmpty ? Array(axes.indices) : real
      for minor in minors {
        for second in real.count > 1 ? real : Array(axes.indices) where second != minor {
          pairs.append(MinorPair(secondMinor: second, minor: minor))
        }
      }
    }
    let layouts = pairs.map { pair in
      Factors(
        axes.indices.lazy.map { index in
          index == pair.minor
            ? AxisTable.lanes(axes[index])
            : index == pair.secondMinor
              ? AxisTable.sublanes(axes[index], element) : AxisTable.size(axes[index])
        })
    }
    var distinct: [Factors] = []
    for layout in layouts.sorted() where layout != distinct.last { distinct.append(layout) }
    self.layouts = distinct
  }
}

/// The factors of a product as indices in an `AxisTable`, in ascending order and without ones: a byte each.
struct Factors: Hashable, Comparable, Sequence {
  // From the highest byte down, one more than the index.
  private var packed: UInt64 = 0

  /// A product of some entries. Unpadded sizes come first, because most products share them. Factors of one are dropped.
  init(_ places: some Sequence<Int>) {
    let one = AxisTable.size(.one)
    for place in places where place != one { insert(place) }
    if packed == 0 { insert(one) }
  }

  /// The product of the sizes of some axes.
  init(sizesOf axes: some Sequence<Axis>) { self.init(axes.lazy.map { AxisTable.size(Self.named($0)) }) }

  private mutating func insert(_ place: Int) {
    precondition(packed & 255 == 0, "a tensor has at most eight axes")
    let byte = UInt64(place + 1)
    var shift: UInt64 = 56
    while packed >> shift & 255 != 0, packed >> shift & 255 <= byte { shift -= 8 }
    let below = packed & ((1 << (shift + 8)) &- 1)
    packed = packed ^ below | byte << shift | below >> 8
  }

  /// Gives axes of equal size by definition the same name.
  static func named(_ axis: Axis) -> Axis {
    switch axis {
    case .keyTokens: .tokens
    case .imageColumns: .imageRows
    case .patchColumns: .patchRows
    case .batch, .tokens, .patches, .width, .mlpWidth, .heads, .headWidth, .classes, .imageRows, .channels, .patchRows,
      .one:
      axis
    }
  }

  static func < (a: Factors, b: Factors) -> Bool { a.packed < b.packed }

  struct Iterator: IteratorProtocol {
    fileprivate var packed: UInt64

    mutating func next() -> Int? {
      guard packed != 0 else { return nil }
      defer { packed <<= 8 }
      return Int(packed >> 56) - 1
    }
  }

  func makeIterator() -> Iterator { Iterator(packed: packed) }
}

/// A candidate instant as counts of buffers, to compare it with others for all sizes at once.
struct CandidateCounts {
  let instant: Instant
  /// Range of the plan's terms.
  let terms: Range<Int>
  // By buffer.
  private var live: [LinearCount]
  private var recomputable: [LinearCount]
  private var headGradients: [Int]
  private var hiddenGradients: [Int]

  /// - Parameters:
  ///   - number: For each of the model's buffers, its number in the plan.
  ///   - count: Number of buffers in the plan.
  ///   - hiddenGradient: The model's buffer for the gradient of the MLP's hidden layer.
  init(_ candidate: MemoryModel.Candidate, _ number: [Int], count: Int, hiddenGradient: Int?, terms: Range<Int>) {
    instant = candidate.instant
    self.terms = terms
    live = Array(repeating: .zero, count: count)
    recomputable = live
    headGradients = Array(repeating: 0, count: count)
    hiddenGradients = headGradients
    for term in candidate.terms {
      let buffer = number[term.buffer]
      live[buffer] += term.count
      switch term.purpose {
      case .recomputable: recomputable[buffer] += term.count
      case .headGradient: headGradients[buffer] += term.count.constant
      case .workspace where term.buffer == hiddenGradient: hiddenGradients[buffer] += term.count.constant
      case .inPlace: hiddenGradients[buffer] += term.count.constant
      case .activation, .gradient, .workspace: break
      }
    }
  }

  // MARK: - Dominance

  /// The quantities that decide the peak: bytes alive, and bytes without the hidden layer's gradient or the applied
  /// head gradients.
  func measures(appliesHeadGradients: Bool) -> [LinearCount] {
    func less(_ constants: [Int]) -> [LinearCount] {
      zip(live, constants).map { LinearCount(constant: $0.constant - $1, perBlock: $0.perBlock) }
    }
    let isApplied = appliesHeadGradients && instant == .lastAttentionBackward
    return live + less(hiddenGradients) + (isApplied ? less(headGradients) : live)
  }

  /// The quantities that decide the floor: bytes that stay, and bytes that only the last block keeps.
  var floorMeasures: [LinearCount] { zip(live, recomputable).map { $0 - $1 } + recomputable }

  /// Which of some candidates can be the largest, or the first of several largest, at some depth and sizes.
  static func undominated(_ all: [[LinearCount]]) -> [Bool] {
    all.indices.map { index in
      !all.indices.contains { other in
        other != index && LinearCount.isBelow(all[index], all[other])
          && (other < index || !LinearCount.isBelow(all[other], all[index]))
      }
    }
  }

  // MARK: - Sums

  /// Calls `body` with every buffer that a role's sum counts, and how often.
  func forEach(_ role: StepPlan.Role, _ body: (_ buffer: Int, _ count: Int) -> Void) {
    for buffer in live.indices {
      let count =
        switch role {
        case .constant: live[buffer].constant
        case .perBlock: live[buffer].perBlock
        case .recomputable: recomputable[buffer].perBlock
        case .headGradient: headGradients[buffer]
        case .hiddenGradient: hiddenGradients[buffer]
        }
      if count != 0 { body(buffer, count) }
    }
  }
}
