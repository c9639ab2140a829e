import Estimation
import VisionTransformer

extension FitAdvisor {
  /// The largest batch that fits; 0 where not even one image fits, nil where the model cannot tell.
  public func roomForBatch(_ configuration: Configuration) -> Int? {
    var one = configuration
    one.batch = 1
    return largestBatch(for: configuration) ?? (estimator.estimate(one).verdict == .doesNotFit ? 0 : nil)
  }

  /// The largest depth that fits; 0 where not even one block fits, nil where the model cannot tell.
  public func roomForDepth(_ configuration: Configuration) -> Int? {
    var one = configuration
    one.shape.depth = 1
    return largestDepth(for: configuration) ?? (estimator.estimate(one).verdict == .doesNotFit ? 0 : nil)
  }
}
