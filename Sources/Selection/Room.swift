import VisionTransformer

/// How many of something (images a core, encoder blocks) fit, all else as it is.
///
/// More of it needs more memory on the whole, but not at every step: 392 images of ViT-S take less than 391, because the compiler then
/// lays tensors out another way. So the numbers that fit are not all numbers up to the largest.
public struct Room: Sendable, Hashable {
  /// The largest number that fits; 0 where not even one does, nil where the model cannot tell.
  public var largest: Int?
  /// Numbers below `largest` that do not surely fit.
  public var gaps: [ClosedRange<Int>] = []
  /// The first numbers above `largest` (above 0 where none fits) that may fit: the model is uncertain of them.
  public var mayFit: ClosedRange<Int>?
  /// Whether others above `mayFit` may fit, too, as far as was looked.
  public var othersMayFit = false
  /// The number above which only multiples of the lanes were looked at, and nothing was looked at for gaps; nil where every number was.
  public var sampledAbove: Int?

  /// Room for `largest`.
  public init(largest: Int?) { self.largest = largest }

  /// Most numbers that are looked at one by one; beyond it, multiples of the lanes.
  static let mostTried = 8192
  /// Sizes that tensors are padded to.
  private static let tile = 8
  /// The step of what is sampled: tensors are padded to it.
  public static let lanes = 128

  /// Looks for the largest number up to `limit`, and for gaps.
  ///
  /// An edge is found by doubling and halving; what lies above it is searched as far as padding can reach.
  init(upTo limit: Int, _ verdict: (Int) -> Verdict) {
    func fits(_ number: Int) -> Bool { verdict(number) == .fits }
    guard let first = (1...Self.tile).first(where: { $0 <= limit && fits($0) }) else {
      largest = verdict(1) == .doesNotFit ? 0 : nil
      mayFit = Self.window(of: .uncertain, in: 1...min(limit, Self.lanes), verdict)
      return
    }
    var good = Self.edge(from: first, upTo: limit, fits)
    var end = min(limit, 2 * good + Self.lanes)
    // What is found above it reaches further in turn.
    while end <= Self.mostTried, let far = stride(from: end, to: good, by: -1).first(where: fits) {
      good = far
      end = min(limit, 2 * good + Self.lanes)
    }
    guard end <= Self.mostTried else {
      sampledAbove = good
      let multiples = stride(from: end / Self.lanes * Self.lanes, to: good, by: -Self.lanes).prefix(Self.mostTried)
      let far = multiples.first(where: fits) ?? good
      largest = stride(from: min(limit, far + Self.lanes), to: far, by: -1).first(where: fits) ?? far
      return
    }
    largest = good
    gaps = Self.gaps(below: good, fits)
    guard good < end else { return }
    mayFit = Self.window(of: .uncertain, in: good + 1...end, verdict)
    if let last = mayFit?.upperBound, last < end {
      othersMayFit = (last + 1...end).contains { verdict($0) == .uncertain }
    }
  }

  /// The last number that passes before one that does not, from one that does.
  static func edge(from first: Int, upTo limit: Int, _ passes: (Int) -> Bool) -> Int {
    var good = first
    while good < limit, passes(min(limit, good * 2)) { good = min(limit, good * 2) }
    guard good < limit else { return limit }
    var bad = min(limit, good * 2)
    while bad - good > 1 {
      let middle = (good + bad) / 2
      if passes(middle) { good = middle } else { bad = middle }
    }
    return good
  }

  private static func gaps(below largest: Int, _ fits: (Int) -> Bool) -> [ClosedRange<Int>] {
    var gaps: [ClosedRange<Int>] = [], start: Int?
    for number in 1...largest {
      if fits(number) {
        if let begun = start { gaps.append(begun...number - 1) }
        start = nil
      } else {
        start = start ?? number
      }
    }
    return gaps
  }

  private static func window(
    of wanted: Verdict, in numbers: ClosedRange<Int>, _ verdict: (Int) -> Verdict
  ) -> ClosedRange<Int>? {
    guard let start = numbers.first(where: { verdict($0) == wanted }) else { return nil }
    return start...((start...numbers.upperBound).prefix { verdict($0) == wanted }.last ?? start)
  }
}

extension Room {
  /// The same on a host, where more of it always needs more memory.
  ///
  /// No step is laid out, which takes milliseconds a block: of the numbers whose steps the gaps between buffers could decide, some
  /// two in a hundred, `mayFit` says that they may fit.
  ///
  /// - Parameter bounds: the verdict without those gaps; *uncertain* where they could decide.
  init(onHostUpTo limit: Int, bounds: (Int) -> Verdict) {
    let surely = bounds(1) == .fits ? Self.edge(from: 1, upTo: limit) { bounds($0) == .fits } : 0
    largest = surely
    guard surely < limit, bounds(surely + 1) == .uncertain else { return }
    mayFit = surely + 1...Self.edge(from: surely + 1, upTo: limit) { bounds($0) != .doesNotFit }
  }

  /// Settles what may fit by steps that are laid out: some seven of them, by halving.
  mutating func settle(_ verdict: (Int) -> Verdict) {
    guard let window = mayFit, let surely = largest else { return }
    var good = surely, bad = window.upperBound + 1
    while bad - good > 1 {
      let middle = (good + bad) / 2
      if verdict(middle) == .fits { good = middle } else { bad = middle }
    }
    largest = good
    mayFit = nil
  }
}
