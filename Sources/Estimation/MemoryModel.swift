import TrainingStep
import VisionTransformer

/// The live bytes of a step structure in closed form: every instant where the peak can be, as counts of buffers that
/// grow linearly with depth.
///
/// The counts are the difference of two `LivenessWalk`s at neighbouring depths, so that nothing is stated twice. Sizes
/// enter last, when the buffers are laid out.
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

  /// Kinds of arguments of the step.
  enum Argument: Int, Sendable, CaseIterable {
    case parameter, optimizerState, input
  }

  /// Distinct buffers; terms refer to them by index.
  let buffers: [Buffer]
  let arguments: [(kind: Argument, buffer: Int, count: LinearCount)]
  /// Buffers that wait for deferred weight gradients.
  let waiting: [Term]
  /// What is alive after the last block's backward.
  let afterLastBlock: [Term]
  /// What is alive when the backward pass begins.
  let atBackward: [Term]
  /// The images' bfloat16 copy.
  let images: Int?
  /// What is alive while one block is recomputed.
  let recomputedBlock: [Term]
  /// Events where the peak can be; none is below another at every depth and size.
  let candidates: [Candidate]
  /// Gradients of parameters, with their counts.
  let gradients: [ParameterGradient]

  /// The gradients of equal parameters.
  struct ParameterGradient: Sendable, Hashable {
    var buffer: Int
    /// The part of the model that the parameter belongs to, and its kind.
    var part: Part
    var kind: ParameterKind
    var count: LinearCount
  }

  /// The lines through the programs of `depth` and `depth + 1` blocks.
  init(_ structure: StepStructure, _ regime: XLARegime, _ first: Program, _ second: Program, depth: Int) {
    let policy = XLASavePolicy(structure: structure, regime: regime)
    var index: [Buffer: Int] = [:]
    var buffers: [Buffer] = []
    func number(_ buffer: Buffer) -> Int {
      if let known = index[buffer] { return known }
      index[buffer] = buffers.count
      buffers.append(buffer)
      return buffers.count - 1
    }

    let arguments = [first, second].map { program in
      Tally(
        program.arguments.map { value in
          let info = program[value]
          let kind: Argument =
            info.role == .parameter ? .parameter : info.role == .optimizerState ? .optimizerState : .input
          return ArgumentKey(kind: kind, buffer: number(Buffer(info.type)))
        })
    }
    self.arguments = Tally.lines(arguments[0], arguments[1], depth: depth).map {
      ($0.key.kind, $0.key.buffer, $0.count)
    }

    let gradients = [first, second].map { program in
      Tally(
        program.parameters.map { parameter in
          let info = program[parameter.value]
          return GradientKey(
            buffer: number(Buffer(info.type.with(structure.activation))), part: info.scope.part,
            kind: info.kind ?? .vector)
        })
    }
    self.gradients = Tally.lines(gradients[0], gradients[1], depth: depth).map {
      ParameterGradient(buffer: $0.key.buffer, part: $0.key.part, kind: $0.key.kind, count: $0.count)
    }
    .sorted { ($0.part.rawValue, $0.buffer) < ($1.part.rawValue, $1.buffer) }

    let events = [first, second].map { program in
      let walk = LivenessWalk(program, policy: policy)
      return walk.events { Snapshot.Key(buffer: number($0), purpose: $1) }
    }
    func terms(_ first: Tally<Snapshot.Key>, _ second: Tally<Snapshot.Key>) -> [Term] {
      Tally.lines(first, second, depth: depth)
        .map { Term(buffer: $0.key.buffer, purpose: $0.key.purpose, count: $0.count) }
        .sorted { ($0.buffer, $0.purpose.rawValue) < ($1.buffer, $1.purpose.rawValue) }
    }
    var candidates: [Candidate] = []
    let deeper = Dictionary(uniqueKeysWithValues: events[1].events.map { ($0.place, $0.snapshot) })
    for (place, snapshot) in events[0].events {
      guard let later = deeper[place] else { continue }
      candidates.append(Candidate(instant: snapshot.instant, terms: terms(snapshot.tally, later.tally)))
    }
    waiting = terms(events[0].atDeferral, events[1].atDeferral).filter {
      $0.count.perBlock > 0 && ($0.purpose == .activation || $0.purpose == .recomputable || $0.purpose == .workspace)
    }
    afterLastBlock = terms(events[0].afterLastBlock, events[1].afterLastBlock)
    atBackward = terms(events[0].atBackward, events[1].atBackward)
    images = buffers.firstIndex { $0.axes.contains(.imageRows) && $0.element == .bfloat16 && $0.minor != .any }
    recomputedBlock =
      structure.recomputesBlocks ? Self.twoBlocks(candidates, buffers) : []
    self.candidates = Self.undominated(candidates)
    self.buffers = buffers
  }

  // For a step that recomputes its blocks: the activations and workspace at the first block's attention.
  private static func twoBlocks(_ candidates: [Candidate], _ buffers: [Buffer]) -> [Term] {
    let first = candidates.filter { $0.instant == .firstBlockBackward }
    let largest = first.max { a, b in
      a.terms.filter { buffers[$0.buffer].axes.last == .keyTokens }.count
        < b.terms.filter { buffers[$0.buffer].axes.last == .keyTokens }.count
    }
    return largest?.terms.filter { $0.purpose != .gradient && $0.purpose != .headGradient } ?? []
  }

  private struct ArgumentKey: Hashable {
    var kind: Argument
    var buffer: Int
  }

  private struct GradientKey: Hashable {
    var buffer: Int
    var part: Part
    var kind: ParameterKind
  }

  // Drops every candidate that has at most as many of every buffer as another, at every depth from 1.
  private static func undominated(_ candidates: [Candidate]) -> [Candidate] {
    var kept: [Candidate] = []
    let ranked = candidates.sorted { a, b in
      let sizeA = a.terms.reduce(0) { $0 + $1.count(100) }, sizeB = b.terms.reduce(0) { $0 + $1.count(100) }
      return (sizeA, a.terms.count, a.instant.rawValue) > (sizeB, b.terms.count, b.instant.rawValue)
    }
    for candidate in ranked where !kept.contains(where: { candidate.isBelow($0) }) { kept.append(candidate) }
    return kept
  }
}

extension MemoryModel.Candidate {
  fileprivate func isBelow(_ other: Self) -> Bool {
    var theirs: [Int: LinearCount] = [:]
    for term in other.terms {
      theirs[term.buffer, default: LinearCount(0, 0, depth: 0)].add(term.count)
    }
    var mine: [Int: LinearCount] = [:]
    for term in terms { mine[term.buffer, default: LinearCount(0, 0, depth: 0)].add(term.count) }
    return mine.allSatisfy { buffer, count in
      guard let bound = theirs[buffer] else { return count(1) <= 0 && count.perBlock <= 0 }
      return count(1) <= bound(1) && count.perBlock <= bound.perBlock
    }
  }
}

extension LinearCount {
  fileprivate mutating func add(_ other: LinearCount) {
    constant += other.constant
    perBlock += other.perBlock
  }
}
