import Estimation
import VisionTransformer

/// What is asked from outside of this package, as `Estimator` is.
extension FitAdvisor {
  /// Every single change that saves memory, cheapest in time first; among equals the one that saves more.
  ///
  /// Scanned layers keep far more than unrolled ones, by how much the model does not know: unrolling them is offered always.
  /// A smaller batch is offered once, as the largest that fits.
  public func advice(for configuration: ValidConfiguration) -> [FitAdvice] { advice(for: configuration.configuration) }

  /// The cheapest combinations of two or three changes that fit; none where one of `singles`, what `advice(for:)` said, fits.
  public func combinations(for configuration: ValidConfiguration, singles: [FitAdvice]) -> [FitAdvice] {
    combinations(for: configuration.configuration, singles: singles)
  }

  /// How many images a core fit.
  ///
  /// - Parameters:
  ///   - configuration: its own batch does not matter.
  ///   - laysOut: whether steps on a host are laid out to settle what the gaps between buffers decide, which takes
  ///     milliseconds a block.
  public func roomForBatch(_ configuration: ValidConfiguration, laysOut: Bool = false) -> Room {
    roomForBatch(configuration.configuration, laysOut: laysOut)
  }

  /// How many encoder blocks fit.
  public func roomForDepth(_ configuration: ValidConfiguration) -> Room { roomForDepth(configuration.configuration) }
}
