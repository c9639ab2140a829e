import Estimation
import VisionTransformer

extension FitAdvisor {
  /// Blocks of the deepest host step that is laid out to settle a largest batch, which takes up to a tenth of a second.
  private static let mostBlocksSettled = 48

  /// How many images a core fit.
  ///
  /// - Parameters:
  ///   - configuration: its own batch is ignored.
  ///   - laysOut: whether to lay out steps on a host where the gaps between buffers decide, at some milliseconds a block.
  package func roomForBatch(_ configuration: Configuration, laysOut: Bool = false) -> Room {
    func verdict(_ batch: Int, _ estimate: (Configuration) -> Verdict) -> Verdict {
      var changed = configuration
      changed.batch = batch
      return (try? changed.validated()) == nil ? .doesNotFit : estimate(changed)
    }
    let limit = Configuration.Limits.batch
    guard !estimator.device.isHost else {
      // No step is laid out, because that takes milliseconds a block: the gaps between buffers decide two in a hundred.
      var room = Room(byHalvingUpTo: limit) { verdict($0) { estimator.bounds($0) } }
      // About seven steps.
      if laysOut, configuration.shape.depth <= Self.mostBlocksSettled {
        room.settle { verdict($0) { estimator.estimate($0).verdict } }
      }
      return room
    }
    // Other optimizers' steps are scheduled at the smallest batches alone.
    if configuration.optimizer.isDescent, estimator.series(configuration).isScheduled {
      return Room(byHalvingUpTo: limit) { verdict($0) { estimator.estimate($0).verdict } }
    }
    return Room(upTo: limit) { verdict($0) { estimator.estimate($0).verdict } }
  }

  /// How many encoder blocks fit.
  package func roomForDepth(_ configuration: Configuration) -> Room {
    let series = estimator.series(configuration), limit = Configuration.Limits.depth
    guard !estimator.device.isHost else {
      return Room(byHalvingUpTo: limit) { series.bounds(depth: $0) }
    }
    if series.isScheduled { return Room(byHalvingUpTo: limit) { series.estimate(depth: $0).verdict } }
    return Room(upTo: limit) { series.estimate(depth: $0).verdict }
  }
}
