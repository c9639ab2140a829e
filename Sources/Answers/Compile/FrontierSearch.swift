import Evidence
import EvidenceStore
import VisionTransformer

/// Decides which depth of a column to ask about next, until the last that fits and the first that does not are known.
/// It is pure, so that tests can drive it.
///
/// It assumes that whatever fits still fits with fewer blocks. It asks about the two depths at the estimated edge; if
/// the edge is elsewhere, it moves on in strides that double, then bisects.
package struct FrontierSearch: Sendable {
  /// A question.
  package struct Probe: Sendable, Hashable {
    /// Index of the depth.
    package var place: Int
    /// How far its compile goes.
    package var mode: CompileMode
  }

  /// The outcome of a column's search.
  package enum Ending: Sendable, Hashable {
    /// Both sides are known: `fits` is nil if not even the first depth does, `doesNotFit` if all do.
    case found(fits: Int?, doesNotFit: Int?)
    /// A full compile of a depth left it open.
    case open(place: Int)
    /// A depth came to no answer.
    case failed(place: Int, String)
  }

  /// Depths of the column.
  let count: Int
  /// Whether both sides of the edge are compiled in full.
  let compilesEdge: Bool
  /// Whether to ask for the memory alone first.
  let asksMemoryFirst: Bool
  private let start: Int
  /// The answers so far, from full compiles where there are any.
  private(set) var known: [Int: (verdict: Verdict, mode: CompileMode)] = [:]
  private var stride = 1
  private var unsettled: Set<Int> = []
  package private(set) var ending: Ending?

  /// A search over `count` depths.
  ///
  /// - Parameter estimated: index of the last depth that is estimated to fit; -1 for none.
  package init(count: Int, estimated: Int, compilesEdge: Bool, asksMemoryFirst: Bool = true) {
    self.count = count
    self.compilesEdge = compilesEdge
    self.asksMemoryFirst = asksMemoryFirst
    start = min(max(estimated, 0), count - 1)
    if count == 0 { ending = .found(fits: nil, doesNotFit: nil) }
  }

  /// The last depth known to fit; `upper` is the first known not to.
  private var lower: Int { known.filter { $0.value.verdict == .fits }.keys.max() ?? -1 }
  private var upper: Int { known.filter { $0.value.verdict == .doesNotFit && $0.key > lower }.keys.min() ?? count }

  /// The next question; nil once the search has ended.
  package mutating func next() -> Probe? {
    guard ending == nil else { return nil }
    if let place = unsettled.first { return Probe(place: place, mode: .full) }
    let lower = lower, upper = upper
    guard upper - lower <= 1 else {
      let place: Int
      if known.isEmpty {
        place = start
      } else if upper == count {
        place = min(lower + stride, count - 1)
      } else if lower == -1 {
        place = max(upper - stride, 0)
      } else {
        // From an estimate on one side, the other side is next to it; otherwise bisect.
        place = (lower + upper) / 2
      }
      return Probe(place: place, mode: asksMemoryFirst ? .memory : .full)
    }
    if compilesEdge {
      for side in [lower, upper] where side >= 0 && side < count && known[side]?.mode == .memory {
        return Probe(place: side, mode: .full)
      }
    }
    ending = .found(fits: lower < 0 ? nil : lower, doesNotFit: upper == count ? nil : upper)
    return nil
  }

  /// Adds an answer; `mode` is how far the compile went, possibly farther than requested.
  package mutating func take(_ probe: Probe, verdict: Verdict, mode: CompileMode) {
    unsettled.remove(probe.place)
    guard verdict != .uncertain else {
      // A full compile settles what a log leaves open.
      if mode == .memory { unsettled.insert(probe.place) } else { ending = .open(place: probe.place) }
      return
    }
    let isFirst = known.isEmpty
    known[probe.place] = (verdict, mode)
    // A full compile that contradicts its neighbours' logs overrules them: they are asked again.
    if mode == .full {
      known = known.filter { place, answer in
        answer.mode == .full
          || !(verdict == .fits
            ? answer.verdict == .doesNotFit && place < probe.place : answer.verdict == .fits && place > probe.place)
      }
    }
    if !isFirst, upper == count || lower == -1 { stride *= 2 }
  }

  /// Records that a depth has no answer.
  package mutating func fail(_ probe: Probe, _ reason: String) { ending = .failed(place: probe.place, reason) }
}
