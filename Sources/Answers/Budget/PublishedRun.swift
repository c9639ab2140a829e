import Catalog
import Estimation
import VisionTransformer

/// A training run whose length and number of examples were published.
package struct PublishedRun: Sendable {
  /// Name of the trained shape.
  package let shape: String
  /// Images a step on one core.
  let batch: Int
  /// Images a second on one core, averaged over the whole run.
  let imagesPerSecond: Double
  /// The publication with the figures.
  let source: String

  /// ViT-g/14 on JFT-3B.
  static let g = PublishedRun(
    shape: "ViT-g/14", batch: 32, imagesPerSecond: 16e9 / (210_000 * 3600),
    source: "arXiv 2106.04560, 16 billion examples in 210,000 core-hours, everything included")
  /// SoViT-400m/14. The run's batch is not published; it is assumed to be 32 images a core, as in the other run.
  static let so400m = PublishedRun(
    shape: "ViT-So400m/14", batch: 32, imagesPerSecond: 40e9 / (230_000 * 3600),
    source: "arXiv 2305.13035, 40 billion examples in 230,000 core-hours, everything included")

  /// Estimated images a second on one TPUv3 core for the steps alone, with the published recipe.
  ///
  /// - Throws: `ConfigurationError` if the catalog lacks the shape.
  func estimatedRate(_ estimator: Estimator, _ catalog: Catalog) throws(ConfigurationError) -> Double {
    let estimate = estimator.estimate(
      Configuration(
        shape: try catalog.shape(named: shape), batch: batch, head: .map, optimizer: .adafactor,
        gradientClipping: .globalNorm, dataParallel: 1024))
    return Double(batch) / estimate.stepSeconds
  }
}

/// The share of a whole run's time that its steps take; the rest is input, evaluation, checkpoints and restarts.
///
/// Fitted on ViT-g/14's published run and tested on SoViT-400m/14's. It is shown with the model's own figures but does
/// not affect them.
package struct RunEfficiency: Sendable {
  /// Published rate divided by the estimated rate of the steps alone.
  package let value: Double
  /// Relative error of the rate of SoViT-400m/14's run, as predicted with `value`.
  package let testError: Double
  /// Name of the run that it was fitted on.
  package let fittedOn = PublishedRun.g.shape
  /// Name of the run that it was tested on.
  package let testedOn = PublishedRun.so400m.shape

  /// Fits the efficiency.
  ///
  /// - Throws: `ConfigurationError` if the catalog lacks the device or a shape of the published runs.
  package init(_ catalog: Catalog) throws(ConfigurationError) {
    let estimator = Estimator(device: try catalog.device(named: "tpu-v3"))
    value = PublishedRun.g.imagesPerSecond / (try PublishedRun.g.estimatedRate(estimator, catalog))
    testError =
      try PublishedRun.so400m.estimatedRate(estimator, catalog) * value / PublishedRun.so400m.imagesPerSecond - 1
  }
}
