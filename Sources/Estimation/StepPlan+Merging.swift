import TrainingStep

/// What decides a buffer's bytes at every size: buffers that have it in common need laying out only once.
struct LayoutKey: Hashable {
  /// The axes in a fixed order, the last of the places filled with the axis of size one.
  let axes: SIMD4<UInt8>
  /// The places in an `AxisTable` that each allowed layout multiplies, without repetitions.
  let layouts: [SIMD4<UInt8>]
  let rank: Int
  let element: ElementType

  init(_ buffer: Buffer) {
    let axes = buffer.axes.map { Self.named($0).rawValue }
    rank = axes.count
    element = buffer.element
    self.axes = Self.places(axes)
    var pairs: [MinorPair] = []
    if rank > 1 {
      switch buffer.minor {
      case .among(let chosen): pairs = chosen
      case .any:
        // A single position is never worth a tile's side: what stands there instead pads less at every size. Beside one
        // axis alone it is best on the sublanes.
        let real = axes.indices.filter { axes[$0] != Axis.one.rawValue }
        let minors = real.isEmpty ? Array(axes.indices) : real
        for minor in minors {
          for second in real.count > 1 ? real : Array(axes.indices) where second != minor {
            pairs.append(MinorPair(secondMinor: second, minor: minor))
          }
        }
      }
    }
    let layouts = pairs.map { pair in
      Self.places(
        axes.indices.map { index in
          let row =
            index == pair.minor
            ? AxisTable.Row.lanes
            : index == pair.secondMinor ? AxisTable.Row.sublanes(buffer.element) : AxisTable.Row.size
          return axes[index] + row
        })
    }
    self.layouts = Set(layouts).sorted { a, b in
      (0..<4).first { a[$0] != b[$0] }.map { a[$0] < b[$0] } ?? false
    }
  }

  // Axes that have the same size by definition, by one name.
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

  private static func places(_ places: [UInt8]) -> SIMD4<UInt8> {
    var result = SIMD4<UInt8>(repeating: Axis.one.rawValue)
    for (index, place) in places.sorted().enumerated() { result[index] = place }
    return result
  }
}

/// A candidate instant as counts of buffers, to be compared with others for all sizes at once.
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
  ///   - number: For each of the model's buffers that of the plan.
  ///   - hiddenGradient: The model's buffer of the gradient of the MLP's hidden layer.
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

  /// What decides the peak: bytes alive, and those with the hidden layer's gradient or the applied head gradients taken off.
  func measures(appliesHeadGradients: Bool) -> [Counts] {
    func less(_ constants: [Int: Int]) -> Counts {
      constants.reduce(into: live) { $0[$1.key, default: .zero].constant -= $1.value }
    }
    let isApplied = appliesHeadGradients && instant == .lastAttentionBackward
    return [live, less(hiddenGradients), isApplied ? less(headGradients) : live]
  }

  /// What decides the floor: bytes that stay, and those that only the last block keeps.
  var floorMeasures: [Counts] {
    [recomputable.reduce(into: live) { $0[$1.key, default: .zero] -= $1.value }, recomputable]
  }

  /// Which of some candidates can be the largest, or the first of equally large ones, at some depth and sizes.
  static func undominated(_ all: [[Counts]]) -> [Bool] {
    all.indices.map { index in
      !all.indices.contains { other in
        other != index && isBelow(all[index], all[other]) && (other < index || !isBelow(all[other], all[index]))
      }
    }
  }

  // At every depth from 1 and all sizes: no buffer is there more often.
  private static func isBelow(_ a: [Counts], _ b: [Counts]) -> Bool {
    zip(a, b).allSatisfy { a, b in
      Set(a.keys).union(b.keys).allSatisfy { buffer in
        let a = a[buffer] ?? .zero, b = b[buffer] ?? .zero
        return a(1) <= b(1) && a.perBlock <= b.perBlock
      }
    }
  }

  // MARK: - Differences

  /// The bytes that are more alive than in `other`.
  func changes(from other: CandidateCounts?) -> [StepPlan.Change] {
    Set(live.keys).union(other.map { Set($0.live.keys) } ?? []).sorted().compactMap { buffer in
      var count = live[buffer] ?? .zero
      count -= other?.live[buffer] ?? .zero
      guard count != .zero else { return nil }
      return StepPlan.Change(buffer: buffer, constant: count.constant, perBlock: count.perBlock)
    }
  }

  /// The same of every role.
  func marks(from other: CandidateCounts?) -> [StepPlan.Mark] {
    func marks(_ role: StepPlan.Role, _ mine: [Int: Int], _ theirs: [Int: Int]?) -> [StepPlan.Mark] {
      Set(mine.keys).union(theirs.map { Set($0.keys) } ?? []).sorted().compactMap { buffer in
        let count = (mine[buffer] ?? 0) - (theirs?[buffer] ?? 0)
        return count == 0 ? nil : StepPlan.Mark(buffer: buffer, role: role, count: count)
      }
    }
    return marks(.recomputable, recomputable.mapValues(\.perBlock), other?.recomputable.mapValues(\.perBlock))
      + marks(.headGradient, headGradients, other?.headGradients)
      + marks(.hiddenGradient, hiddenGradients, other?.hiddenGradients)
  }
}
