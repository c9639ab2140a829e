import VisionTransformer

/// The largest number of something (images a core, encoder blocks) that fits, everything else being equal.
///
/// More of it needs more memory on the whole, but not at every step: 392 images of ViT-S take less than 391, because
/// the compiler then uses another layout. So not every number up to the largest fits.
public struct Room: Sendable, Hashable {
  /// The largest number that fits; 0 if not even one does, nil if the model cannot tell.
  public var largest: Int?
  /// Numbers below `largest` that may not fit.
  public var gaps: [ClosedRange<Int>] = []
  /// The first numbers above `largest` (above 0 if none fits) about which the model is uncertain.
  public var mayFit: ClosedRange<Int>?
  /// Whether numbers above `mayFit` may fit too, as far as was searched.
  public var othersMayFit = false
  /// The number above which only multiples of `lanes` were tried, without a search for gaps; nil if every number was
  /// tried.
  public var sampledAbove: Int?

  /// Room for `largest`.
  public init(largest: Int?) { self.largest = largest }

  /// The largest number up to which each is tried; above it, only multiples of `lanes`.
  static let mostTried = 8192
  /// Sizes that tensors are padded to.
  private static let tile = 8
  /// The step between sampled numbers, to which tensors are padded.
  public static let lanes = 128

  /// Searches for the largest number up to `limit`, and for gaps.
  ///
  /// Doubling and halving finds an edge; the numbers above it are searched as far as padding can reach.
  init(upTo limit: Int, _ verdict: (Int) -> Verdict) {
    func fits(_ number: Int) -> Bool { verdict(number) == .fits }
    guard let first = (1...Self.tile).first(where: { $0 <= limit && fits($0) }) else {
      largest = verdict(1) == .doesNotFit ? 0 : nil
      mayFit = Self.window(of: .uncertain, in: 1...min(limit, Self.lanes), verdict)
      return
    }
    var good = Self.edge(from: first, upTo: limit, fits)
    var end = min(limit, 2 * good + Self.lanes)
    // Whatever is found above the edge extends the search.
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

  /// The last passing number before one that does not pass, starting from one that does.
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
  /// The largest number by doubling and halving alone: on a host, where more of it always needs more memory, and where a
  /// step is scheduled, which takes milliseconds. `mayFit` are the numbers above it up to those that surely do not fit.
  init(byHalvingUpTo limit: Int, _ verdict: (Int) -> Verdict) {
    let surely = verdict(1) == .fits ? Self.edge(from: 1, upTo: limit) { verdict($0) == .fits } : 0
    largest = surely
    guard surely < limit, verdict(surely + 1) == .uncertain else { return }
    mayFit = surely + 1...Self.edge(from: surely + 1, upTo: limit) { verdict($0) != .doesNotFit }
  }

  /// Settles `mayFit` by laying out about seven steps, by halving.
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
