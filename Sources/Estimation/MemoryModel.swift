import Synchronization
import TrainingStep
import VisionTransformer

/// The live bytes of a step structure in closed form: every instant where the peak can be, as counts of buffers that
/// grow linearly with depth.
///
/// The counts are the difference of two `LivenessWalk`s at neighbouring depths (`StepPrograms`), so that nothing is stated
/// twice. Sizes enter last, when the buffers are laid out.
struct MemoryModel: Sendable {
  /// A number of equal buffers, linear in depth.
  struct Term: Sendable, Hashable {
    /// Index in `buffers`.
    var buffer: Int
    var purpose: Purpose
    var count: LinearCount
  }

  /// What is alive at one event of the step.
  struct Candidate: Sendable, Hashable {
    var instant: Instant
    var terms: [Term]
  }

  /// Distinct buffers; terms refer to them by index.
  let buffers: [Buffer]
  /// Buffers that wait for deferred weight gradients.
  let waiting: [Term]
  /// What is alive after the last block's backward.
  let afterLastBlock: [Term]
  /// What is alive when the backward pass begins.
  let atBackward: [Term]
  /// The images' bfloat16 copy.
  let images: Int?
  /// Events where the peak can be; none is below another at every depth and size.
  let candidates: [Candidate]

  /// The model of loops over stacked blocks, whose events are stated rather than found by a walk.
  private init(scanned programs: StepPrograms, _ regime: XLARegime) {
    var numbers = BufferNumbers()
    let candidates = ScannedStep(programs, regime).events.map { event in
      var counts: [LiveKind: LinearCount] = [:]
      for piece in event.pieces {
        counts[LiveKind(buffer: numbers.number(piece.buffer), purpose: piece.purpose), default: .zero] += piece.count
      }
      let terms = counts.map { Term(buffer: $0.buffer, purpose: $0.purpose, count: $1) }
      return Candidate(
        instant: event.instant,
        terms: terms.sorted { ($0.buffer, $0.purpose.rawValue) < ($1.buffer, $1.purpose.rawValue) })
    }
    buffers = numbers.buffers
    waiting = []
    afterLastBlock = []
    atBackward = []
    images = buffers.firstIndex { $0.axes.contains(.imageRows) }
    self.candidates = Self.undominated(candidates, buffers: buffers.count)
  }

  private init(_ programs: StepPrograms, _ regime: XLARegime) {
    let structure = programs.structure
    let policy = XLASavePolicy(structure: structure, regime: regime)
    let walks = [programs.first, programs.second].map { program in LivenessWalk(program, policy: policy) }
    var numbers = BufferNumbers()
    let kinds = LiveKinds(walks, &numbers)
    let buffers = numbers.buffers
    let live = zip(walks, kinds.ofLifetimes).map { $0.snapshots(kinds: $1, count: kinds.all.count) }
    func terms(_ first: [Int], _ second: [Int]) -> [Term] {
      kinds.all.indices.compactMap { index in
        let count = LinearCount(first[index], second[index], depth: StepPrograms.depth), kind = kinds.all[index]
        return count == .zero ? nil : Term(buffer: kind.buffer, purpose: kind.purpose, count: count)
      }
    }
    let deeper = Dictionary(uniqueKeysWithValues: live[1].events.map { ($0.place, $0.counts) })
    let candidates = live[0].events.compactMap { event in
      deeper[event.place].map { Candidate(instant: event.instant, terms: terms(event.counts, $0)) }
    }
    waiting = terms(live[0].atDeferral, live[1].atDeferral).filter {
      $0.count.perBlock > 0 && ($0.purpose == .activation || $0.purpose == .recomputable || $0.purpose == .workspace)
    }
    afterLastBlock = terms(live[0].afterLastBlock, live[1].afterLastBlock)
    atBackward = terms(live[0].atBackward, live[1].atBackward)
    images = buffers.firstIndex { $0.axes.contains(.imageRows) && $0.element == .bfloat16 && $0.minor != .any }
    self.candidates = Self.undominated(candidates, buffers: buffers.count)
    self.buffers = buffers
  }

  private static let kept = Mutex<[UInt64: MemoryModel]>([:])

  /// The model of a structure in a regime. Structures that differ only in what Adafactor factors share one: factoring
  /// changes the arguments of a step, not what else is alive.
  static func of(_ programs: StepPrograms, _ regime: XLARegime) -> MemoryModel {
    let key = StepModel.keyWithoutFactoring(programs.structure, regime)
    if let known = kept.withLock({ $0[key] }) { return known }
    let made =
      programs.structure.layers == .scanned ? MemoryModel(scanned: programs, regime) : MemoryModel(programs, regime)
    kept.withLock { $0[key] = made }
    return made
  }

  // Drops every candidate that has at most as many of every buffer as another, at every depth from 1.
  private static func undominated(_ candidates: [Candidate], buffers: Int) -> [Candidate] {
    var kept: [(candidate: Candidate, counts: [LinearCount])] = []
    let sized = candidates.map { (candidate: $0, size: $0.terms.reduce(0) { $0 + $1.count(100) }) }
    let ranked = sized.sorted { a, b in
      (a.size, a.candidate.terms.count, a.candidate.instant.rawValue)
        > (b.size, b.candidate.terms.count, b.candidate.instant.rawValue)
    }
    for (candidate, _) in ranked {
      var counts = Array(repeating: LinearCount.zero, count: buffers)
      for term in candidate.terms { counts[term.buffer] += term.count }
      if !kept.contains(where: { LinearCount.isBelow(counts, $0.counts) }) { kept.append((candidate, counts)) }
    }
    return kept.map(\.candidate)
  }
}
