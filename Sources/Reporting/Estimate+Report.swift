import Estimation
import Selection
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
    _ estimate: Estimate, result: StepResult, device: Device?, room: Room? = nil, notes: [String] = [],
    changes: [FitChange] = [], assumed: Set<Configuration.Key> = [], compiled: StepResult? = nil,
    settling: CheckReport.Settling? = nil
  ) {
    self.init(
      result: result, device: device, caveat: estimate.caveat?.rawValue, peak: estimate.peak.rawValue,
      rematerialization: estimate.rematerialized.map { .init($0) }, room: room, notes: notes, changes: changes,
      assumed: assumed, compiled: compiled, settling: settling)
  }
}
