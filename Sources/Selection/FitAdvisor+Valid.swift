import Estimation
import VisionTransformer

/// The public entry points, for valid configurations only, as those of `Estimator`.
extension FitAdvisor {
  /// Every single change that saves memory, cheapest in time first; among equals, the one that saves more comes first.
  ///
  /// A smaller batch is offered once, as the largest that fits.
  public func advice(for configuration: ValidConfiguration) -> [FitAdvice] { advice(for: configuration.configuration) }

  /// The cheapest combinations of two or three changes that fit; empty if one of `singles`, the result of
  /// `advice(for:)`, fits.
  public func combinations(for configuration: ValidConfiguration, singles: [FitAdvice]) -> [FitAdvice] {
    combinations(for: configuration.configuration, singles: singles)
  }

  /// How many images a core fit.
  ///
  /// - Parameters:
  ///   - configuration: its own batch is ignored.
  ///   - laysOut: whether to lay out steps on a host where the gaps between buffers decide, at some milliseconds a block.
  public func roomForBatch(_ configuration: ValidConfiguration, laysOut: Bool = false) -> Room {
    roomForBatch(configuration.configuration, laysOut: laysOut)
  }

  /// How many encoder blocks fit.
  public func roomForDepth(_ configuration: ValidConfiguration) -> Room { roomForDepth(configuration.configuration) }
}
