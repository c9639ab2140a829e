import Estimation
import VisionTransformer

extension CheckReport.Rematerialization {
  /// The model's rematerialization in the terms of the report.
  public init(_ estimate: RematerializationEstimate) {
    self.init(
      startsAt: Bytes(estimate.startsAt), floor: Bytes(estimate.floor), recomputed: Bytes(estimate.recomputedBytes),
      cost: Seconds(estimate.seconds))
  }
}

extension CheckReport.Input {
  /// The report's input from an estimate and its self-describing form.
  public init(
    _ estimate: Estimate, result: StepResult, device: Device?, largestBatch: Int? = nil, bound: String? = nil,
    notes: [String] = [], changes: [FitChange] = []
  ) {
    self.init(
      result: result, device: device, caveat: estimate.caveat?.rawValue, peak: estimate.peak.rawValue,
      rematerialization: estimate.rematerialized.map { .init($0) }, largestBatch: largestBatch, bound: bound,
      notes: notes, changes: changes)
  }
}

extension FitChange {
  /// A change from one estimate to another; the batches make the time cost one of images, not of steps.
  public init(
    _ description: String, from: Estimate, batch: Int, to changed: Estimate, changedBatch: Int
  ) {
    let before = from.stepSeconds / Double(max(batch, 1))
    let after = changed.stepSeconds / Double(max(changedBatch, 1))
    self.init(
      description: description, verdict: changed.verdict, total: Bytes(changed.total), limit: Bytes(changed.limit),
      bytesSaved: Bytes(from.livePeak) - Bytes(changed.livePeak), timeCost: before > 0 ? after / before - 1 : nil)
  }
}
