import TrainingStep
import VisionTransformer

/// Estimates of one block shape at any depth: the closed form with all sizes substituted.
///
/// Making a series lays out every buffer and prices every class of work once; `estimate(depth:)` then only evaluates
/// lines.
public final class DepthSeries: Sendable {
  private let form: StepForm

  /// The order that the compiler takes at most depths, and the alternative if that may need less.
  let order: SeriesOrder
  let alternative: SeriesOrder?
  /// The step scheduled depth by depth, where no closed form is known.
  private let scheduled: ScheduledSeries?

  /// The series of a model for the sizes of `configuration`; its depth is ignored.
  ///
  /// - Parameter alternative: The model of the other order that the compiler may take.
  init(
    _ model: borrowing StepModel, alternative: StepModel?, _ configuration: borrowing Configuration, sizes: AxisSizes,
    device: borrowing Device, tpu: borrowing TPUFigures
  ) {
    let bytes = BufferBytes(model, sizes)
    defer { bytes.deallocate() }
    form = StepForm(model, configuration, sizes: sizes, device: device, tpu: tpu, bytes: bytes)
    order = SeriesOrder(model, bytes, sizes)
    scheduled = ScheduledSeries(model, sizes, tpu)
    self.alternative = alternative.map { model in
      let bytes = BufferBytes(model, sizes)
      defer { bytes.deallocate() }
      return SeriesOrder(model, bytes, sizes)
    }
  }

  /// Whether every depth is scheduled on its own.
  var isScheduled: Bool { scheduled != nil }

  /// Does the work of `estimate` at some depths beforehand, on all cores.
  func prepare(_ depths: [Int]) { scheduled?.prepare(depths) }

  /// The order in which the compiler runs a step of `depth` blocks: the one that needs less memory.
  func order(depth: Int) -> SeriesOrder {
    guard let alternative else { return order }
    let first = order.livePeak(depth).live, second = alternative.livePeak(depth).live
    return alternative.live.isTaken(first, second, depth: depth) ? alternative : order
  }

  /// The estimate at `depth` blocks.
  public func estimate(depth: Int) -> Estimate {
    var estimate = Estimate.blank
    write(&estimate, depth: depth)
    return estimate
  }

  /// Writes the estimate at `depth` blocks in place: over a grid, copying estimates takes longer than computing them.
  public func write(_ estimate: inout Estimate, depth: Int) {
    if let scheduled, depth <= ScheduledSeries.mostBlocks {
      return form.write(&estimate, depth: depth, order.live, scheduled)
    }
    if let alternative { return write(&estimate, depth: depth, alternative) }
    write(&estimate, depth: depth, order, order.livePeak(depth), isContested: order.live.mayBeMixed)
  }

  @inline(never)
  private func write(_ estimate: inout Estimate, depth: Int, _ alternative: SeriesOrder) {
    let first = order.livePeak(depth), second = alternative.livePeak(depth)
    let isContested = alternative.live.isContested(first.live, second.live)
    alternative.live.isTaken(first.live, second.live, depth: depth)
      ? write(&estimate, depth: depth, alternative, second, isContested: isContested)
      : write(&estimate, depth: depth, order, first, isContested: isContested)
  }

  @inline(__always)
  private func write(
    _ estimate: inout Estimate, depth: Int, _ order: SeriesOrder, _ peak: LivePeak, isContested: Bool
  ) {
    order.withCandidates { candidates in
      form.write(&estimate, depth: depth, order.live, peak, isContested: isContested, candidates)
    }
  }
}

// MARK: - One configuration alone

extension DepthSeries {
  /// Writes the estimate of a single configuration: it finds only the peak candidate at that depth, and keeps nothing.
  static func write(
    _ estimate: inout Estimate, _ model: borrowing StepModel, alternative: StepModel?,
    _ configuration: borrowing Configuration, sizes: AxisSizes, device: borrowing Device, tpu: borrowing TPUFigures
  ) {
    let depth = configuration.shape.depth
    let bytes = BufferBytes(model, sizes)
    defer { bytes.deallocate() }
    let sums = CandidateSums(model, bytes)
    let order = LiveOrder(model, bytes, sizes)
    let form = StepForm(model, configuration, sizes: sizes, device: device, tpu: tpu, bytes: bytes)
    if depth <= ScheduledSeries.mostBlocks, let scheduled = ScheduledSeries(model, sizes, tpu) {
      return form.write(&estimate, depth: depth, order, scheduled)
    }
    let peak = order.livePeak(depth, sums)
    if let alternative {
      let otherBytes = BufferBytes(alternative, sizes)
      defer { otherBytes.deallocate() }
      let otherSums = CandidateSums(alternative, otherBytes)
      let other = LiveOrder(alternative, otherBytes, sizes)
      if let peak, let otherPeak = other.livePeak(depth, otherSums) {
        let isContested = other.isContested(peak.live, otherPeak.live)
        return other.isTaken(peak.live, otherPeak.live, depth: depth)
          ? form.write(&estimate, depth: depth, other, otherPeak, isContested: isContested, otherSums)
          : form.write(&estimate, depth: depth, order, peak, isContested: isContested, sums)
      }
    } else if let peak {
      return form.write(&estimate, depth: depth, order, peak, isContested: order.mayBeMixed, sums)
    }
    // Only dominance over all depths decides which of several equals is the peak.
    DepthSeries(model, alternative: alternative, configuration, sizes: sizes, device: device, tpu: tpu)
      .write(&estimate, depth: depth)
  }
}
