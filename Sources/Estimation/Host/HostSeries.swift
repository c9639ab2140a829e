import HostPlan
import TrainingStep
import VisionTransformer

/// Estimates of one block shape on a host at any depth, from its planned memory and its kernels' times.
///
/// Bytes are those of the plan that `Measurement` runs, as lines over depth. They leave out only the gaps between its
/// buffers (under 1 %), which are laid out exactly where they could decide the verdict.
public struct HostSeries: Sendable {
  private struct Candidate: Sendable {
    var bytes: [LinearBytes]
    var total: LinearBytes
    var instant: Instant
    /// Whether the candidate does not exist in a step of a single block.
    var isBeforeLast: Bool
  }

  private let configuration: Configuration
  private let limit: Int
  private let scratch: Int
  private let candidates: [Candidate]
  private let parameterCount: LinearBytes
  private let seconds: (base: LinearSeconds, spill: LinearSeconds)
  private let flops: LinearSeconds
  private let figures: HostFigures

  private struct LinearSeconds: Sendable {
    var atFirst: Double
    var perBlock: Double

    func callAsFunction(_ depth: Int) -> Double { atFirst + perBlock * Double(depth - HostModel.depth) }
  }

  init(
    _ model: HostModel, _ configuration: Configuration, sizes: AxisSizes, device: Device, figures: HostFigures
  ) {
    self.configuration = configuration
    limit = configuration.memoryLimit?.count ?? device.usableMemory.count
    self.figures = figures
    scratch = Self.scratch(model.first, sizes, figures.threads)
    let live = (
      Self.live(model.first, model.lifetimes.first, sizes), Self.live(model.second, model.lifetimes.second, sizes)
    )
    candidates = model.candidates.map { place in
      let a = live.0[place.first], b = live.1[place.second]
      let operation = model.first.operations[place.first]
      return Candidate(
        bytes: HostPurpose.allCases.map { Self.line(a[$0], b[$0]) }, total: Self.line(a.total, b.total),
        instant: Instant(operation), isBeforeLast: place.isBeforeLast)
    }
    parameterCount = Self.line(
      model.first.program.parameterCount(sizes), model.second.program.parameterCount(sizes))
    flops = Self.line(
      model.first.program.flops(.forward, sizes) / Double(configuration.batch),
      model.second.program.flops(.forward, sizes) / Double(configuration.batch))
    let first = Self.seconds(model.first, sizes, figures), second = Self.seconds(model.second, sizes, figures)
    seconds = (Self.line(first.base, second.base), Self.line(first.spill, second.spill))
  }

  // A line through the values at the two depths.
  private static func line(_ first: Int, _ second: Int) -> LinearBytes {
    LinearBytes(constant: first - (second - first) * HostModel.depth, perBlock: second - first)
  }

  private static func line(_ first: Double, _ second: Double) -> LinearSeconds {
    LinearSeconds(atFirst: first, perBlock: second - first)
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

  private static func seconds(
    _ step: HostProgram, _ sizes: AxisSizes, _ figures: HostFigures
  ) -> (base: Double, spill: Double) {
    var sum = (base: 0.0, spill: 0.0)
    for operation in step.operations {
      guard let work = HostWork(operation.kernel, step, sizes) else { continue }
      let base = work.seconds(figures, spill: 0)
      sum.base += base
      sum.spill += work.seconds(figures, spill: 1) - base
    }
    return sum
  }

  /// The instant with the most live bytes, and the number of these bytes.
  private func peak(_ depth: Int) -> (candidate: Candidate, live: Int) {
    var best = candidates[0]
    for candidate in candidates where depth > 1 || !candidate.isBeforeLast {
      if candidate.total(depth) > best.total(depth) { best = candidate }
    }
    return (best, best.total(depth) + scratch)
  }

  /// The largest share of the live bytes that the gaps between buffers take.
  private static let mostGaps = 0.02

  /// Blocks of the deepest step that is laid out. Laying out takes time that grows with the square of the number of
  /// buffers, up to a second and a half at 300 blocks.
  public static let mostBlocksLaidOut = 128

  /// The verdict as far as the live bytes settle it: *uncertain* if the gaps between buffers could decide.
  func bounds(depth: Int) -> Verdict { bounds(peak(depth).live) }

  private func bounds(_ live: Int) -> Verdict {
    if live > limit { return .doesNotFit }
    return Double(live) * (1 + Self.mostGaps) > Double(limit) ? .uncertain : .fits
  }

  /// The estimate at `depth` blocks.
  public func estimate(depth: Int) -> Estimate {
    let (best, live) = peak(depth)
    // If gaps could decide, lay the step out.
    let laidOut = bounds(live) == .uncertain && depth <= Self.mostBlocksLaidOut ? laidOut(depth) : nil
    let total = laidOut ?? live
    let isOpen = laidOut == nil && bounds(live) == .uncertain
    func bytes(_ purpose: HostPurpose) -> Int { best.bytes[purpose.rawValue](depth) }
    let spill = HostWork.spill(stepBytes: live, cache: figures.cache)
    return Estimate(
      verdict: isOpen ? .uncertain : total <= limit ? .fits : .doesNotFit,
      caveat: isOpen ? .withinModelError : nil, parameterCount: parameterCount(depth), total: total,
      limit: limit, livePeak: live, parameters: bytes(.parameter), optimizerState: bytes(.optimizerState),
      inputs: bytes(.input), activations: bytes(.activation), gradients: bytes(.gradient),
      workspace: bytes(.workspace) + scratch, packing: total - live, code: 0, paddingWaste: 0, peak: best.instant,
      isContested: false, recomputesDepthFirst: false, rematerialized: nil, flopsPerImage: flops(depth),
      stepSeconds: seconds.base(depth) + spill * seconds.spill(depth), allReduceSeconds: 0)
  }

  private func laidOut(_ depth: Int) -> Int? {
    var configuration = configuration
    configuration.shape.depth = depth
    guard let program = try? TrainingStep(configuration).program,
      let layout = try? HostLayout(
        HostProgram(program), AxisSizes(configuration), threads: figures.threads)
    else { return nil }
    return layout.byteCount
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
