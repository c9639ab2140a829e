import TrainingStep

/// What decides a buffer's bytes at every size: buffers with equal keys are laid out only once.
struct LayoutKey: Hashable {
  /// The indices in an `AxisTable` whose product is its elements, in a fixed order.
  let axes: [Int]
  /// The indices that each allowed layout multiplies, without duplicates.
  let layouts: [[Int]]
  let element: ElementType

  init(_ buffer: Buffer) {
    let axes = buffer.axes.map(Self.named), element = buffer.element
    self.element = element
    self.axes = Self.places(ofSizes: axes)
    if axes.count < 2 {
      layouts = [[AxisTable.vector(axes.first ?? .one, element)]]
      return
    }
    var pairs: [MinorPair] = []
    switch buffer.minor {
    case .among(let chosen): pairs = chosen
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
      Self.places(
        axes.indices.map { index in
          index == pair.minor
            ? AxisTable.lanes(axes[index])
            : index == pair.secondMinor
              ? AxisTable.sublanes(axes[index], element) : AxisTable.size(axes[index])
        })
    }
    self.layouts = Set(layouts).sorted { $0.lexicographicallyPrecedes($1) }
  }

  // Gives axes of equal size by definition the same name.
  private static func named(_ axis: Axis) -> Axis {
    switch axis {
    case .keyTokens: .tokens
    case .imageColumns: .imageRows
    case .patchColumns: .patchRows
    case .batch, .tokens, .patches, .width, .mlpWidth, .heads, .headWidth, .classes, .imageRows, .channels, .patchRows,
      .one:
      axis
    }
  }

  /// The indices of axes without padding, in a fixed order.
  static func places(ofSizes axes: [Axis]) -> [Int] { places(axes.map { AxisTable.size(named($0)) }) }

  // Unpadded sizes come first, because most products share them. Factors of one are dropped.
  private static func places(_ places: [Int]) -> [Int] {
    let one = AxisTable.size(.one)
    let factors = places.filter { $0 != one }.sorted()
    return factors.isEmpty ? [one] : factors
  }
}

/// A candidate instant as counts of buffers, to compare it with others for all sizes at once.
struct CandidateCounts {
  /// Counts by buffer, as lines over depth.
  typealias Counts = [Int: LinearCount]

  let instant: Instant
  /// Range of the plan's terms.
  let terms: Range<Int>
  private var live: Counts = [:]
  private var recomputable: Counts = [:]
  private var headGradients: [Int: Int] = [:]
  private var hiddenGradients: [Int: Int] = [:]

  /// - Parameters:
  ///   - number: For each of the model's buffers, its number in the plan.
  ///   - hiddenGradient: The model's buffer for the gradient of the MLP's hidden layer.
  init(_ candidate: MemoryModel.Candidate, _ number: [Int], hiddenGradient: Int?, terms: Range<Int>) {
    instant = candidate.instant
    self.terms = terms
    for term in candidate.terms {
      let buffer = number[term.buffer]
      live[buffer, default: .zero] += term.count
      switch term.purpose {
      case .recomputable: recomputable[buffer, default: .zero] += term.count
      case .headGradient: headGradients[buffer, default: 0] += term.count.constant
      case .workspace where term.buffer == hiddenGradient:
        hiddenGradients[buffer, default: 0] += term.count.constant
      case .activation, .gradient, .workspace: break
      }
    }
  }

  // MARK: - Dominance

  /// The quantities that decide the peak: bytes alive, and bytes without the hidden layer's gradient or the applied
  /// head gradients.
  func measures(appliesHeadGradients: Bool) -> [Counts] {
    func less(_ constants: [Int: Int]) -> Counts {
      constants.reduce(into: live) { $0[$1.key, default: .zero].constant -= $1.value }
    }
    let isApplied = appliesHeadGradients && instant == .lastAttentionBackward
    return [live, less(hiddenGradients), isApplied ? less(headGradients) : live]
  }

  /// The quantities that decide the floor: bytes that stay, and bytes that only the last block keeps.
  var floorMeasures: [Counts] {
    [recomputable.reduce(into: live) { $0[$1.key, default: .zero] -= $1.value }, recomputable]
  }

  /// Which of some candidates can be the largest, or the first of several largest, at some depth and sizes.
  static func undominated(_ all: [[Counts]]) -> [Bool] {
    all.indices.map { index in
      !all.indices.contains { other in
        other != index && isBelow(all[index], all[other]) && (other < index || !isBelow(all[other], all[index]))
      }
    }
  }

  // Whether `b` has at least as many of every buffer as `a`, at every depth from 1 and thus at all sizes.
  private static func isBelow(_ a: [Counts], _ b: [Counts]) -> Bool {
    func isBelow(_ a: LinearCount, _ b: LinearCount) -> Bool { a(1) <= b(1) && a.perBlock <= b.perBlock }
    return zip(a, b).allSatisfy { a, b in
      a.allSatisfy { isBelow($1, b[$0] ?? .zero) } && b.allSatisfy { a[$0] != nil || isBelow(.zero, $1) }
    }
  }

  // MARK: - Sums

  /// The counts that a role's sum adds up, by buffer.
  func counts(_ role: StepPlan.Role) -> [Int: Int] {
    switch role {
    case .constant: live.mapValues(\.constant)
    case .perBlock: live.mapValues(\.perBlock)
    case .recomputable: recomputable.mapValues(\.perBlock)
    case .headGradient: headGradients
    case .hiddenGradient: hiddenGradients
    }
  }
}
