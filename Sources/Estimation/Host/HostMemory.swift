import HostPlan
import TrainingStep
import VisionTransformer

/// Bytes of one block shape on a host at any depth: those of the plan that `Measurement` runs, as lines over depth.
///
/// They leave out only the gaps between its buffers (under 1 %).
struct HostMemory: Sendable {
  struct Candidate: Sendable {
    /// By purpose.
    var bytes: [LinearBytes]
    var total: LinearBytes
    var instant: Instant
    /// Whether the candidate does not exist in a step of a single block.
    var isBeforeLast: Bool
  }

  let limit: Int
  let scratch: Int
  private let candidates: [Candidate]

  init(
    _ model: HostModel, _ configuration: Configuration, sizes: AxisSizes, device: Device, figures: HostFigures
  ) {
    limit = configuration.memoryLimit?.count ?? device.usableMemory.count
    scratch = Self.scratch(model.first, sizes, figures.threads)
    let live = (
      Self.live(model.first, model.lifetimes.first, sizes), Self.live(model.second, model.lifetimes.second, sizes)
    )
    candidates = model.candidates.map { place in
      let a = live.0[place.first], b = live.1[place.second]
      return Candidate(
        bytes: HostPurpose.allCases.map { LinearBytes(a[$0], b[$0]) }, total: LinearBytes(a.total, b.total),
        instant: Instant(model.first.operations[place.first]), isBeforeLast: place.isBeforeLast)
    }
  }

  private struct Live {
    var bytes = SIMD8<Int>.zero

    subscript(purpose: HostPurpose) -> Int { bytes[purpose.rawValue] }
    var total: Int { bytes.wrappedSum() }
  }

  private static func live(_ step: HostProgram, _ lifetimes: [ClosedRange<Int>?], _ sizes: AxisSizes) -> [Live] {
    var change = Array(repeating: SIMD8<Int>.zero, count: step.operations.count + 1)
    for (buffer, lifetime) in zip(step.buffers, lifetimes) {
      guard let lifetime else { continue }
      let bytes = buffer.bytes(sizes)
      change[lifetime.lowerBound][buffer.purpose.rawValue] &+= bytes
      change[lifetime.upperBound + 1][buffer.purpose.rawValue] &-= bytes
    }
    var live = Live()
    return change.dropLast().map { step in
      live.bytes &+= step
      return live
    }
  }

  private static func scratch(_ step: HostProgram, _ sizes: AxisSizes, _ threads: Int) -> Int {
    threads * HostScratch.bytesPerThread(step, sizes, threads: threads)
  }

  /// The instant with the most live bytes, and the number of these bytes.
  func peak(_ depth: Int) -> (candidate: Candidate, live: Int) {
    var best = candidates[0]
    for candidate in candidates where depth > 1 || !candidate.isBeforeLast {
      if candidate.total(depth) > best.total(depth) { best = candidate }
    }
    return (best, best.total(depth) + scratch)
  }

  /// The largest share of the live bytes that the gaps between buffers take.
  private static let mostGaps = 0.02

  /// The verdict as far as the live bytes settle it: *uncertain* if the gaps between buffers could decide.
  func bounds(depth: Int) -> Verdict { bounds(peak(depth).live) }

  func bounds(_ live: Int) -> Verdict {
    if live > limit { return .doesNotFit }
    return Double(live) * (1 + Self.mostGaps) > Double(limit) ? .uncertain : .fits
  }
}

extension LinearBytes {
  /// The line through the values of a model's two steps.
  init(_ first: Int, _ second: Int) {
    self.init(constant: first - (second - first) * HostModel.depth, perBlock: second - first)
  }
}

extension Instant {
  init(_ operation: HostOperation) {
    switch (operation.phase, operation.scope.part) {
    case (.forward, _): self = .forward
    case (.update, _), (_, .stem): self = .endOfBackward
    case (_, .head), (_, .loss): self = .headBackward
    case (_, .attention): self = operation.scope.block == 0 ? .firstBlockBackward : .lastAttentionBackward
    case (_, .mlp): self = operation.scope.block == 0 ? .firstBlockBackward : .lastMLPBackward
    }
  }
}
