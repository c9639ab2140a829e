import Catalog
import Estimation
import Reporting
import Selection
import TrainingStep
import VisionTransformer

/// The answer of `check` for one configuration.
package struct CheckAnswer {
  package let configuration: Configuration
  package let estimator: Estimator
  package let estimate: Estimate
  package let result: StepResult
  /// Keys that took their defaults.
  package let assumed: Set<Configuration.Key>
  /// What the shape's name implied.
  package var named: CheckReport.Named?
  /// What a compiler said of it.
  package var compiled: StepResult?
  /// How it is settled where it is uncertain.
  package var settling: Settling?
  /// A training run to be held against it.
  package var plan: TrainingPlan?

  package init(_ estimator: Estimator, _ configuration: Configuration, assumed: Set<Configuration.Key> = []) {
    self.estimator = estimator
    self.assumed = assumed
    self.configuration = configuration
    estimate = estimator.estimate(configuration)
    result = estimator.result(estimate, for: configuration)
  }

  /// The answer for a configuration of a device that the catalog describes.
  ///
  /// - Throws: `ConfigurationError` for an unknown device.
  package init(
    _ configuration: Configuration, _ catalog: Catalog, assumed: Set<Configuration.Key>
  ) throws(ConfigurationError) {
    self.init(Estimator(device: try catalog.device(of: configuration.setting)), configuration, assumed: assumed)
  }

  /// Changes that save memory: single ones, cheapest first, or, if none is enough, the cheapest combinations.
  package var changes: [FitChange] { advice.map(change) }

  /// The same changes, each with the configuration that it leads to.
  package var advice: [FitAdvice] {
    let advisor = FitAdvisor(estimator)
    let advice = advisor.advice(for: configuration)
    return result.verdict == .fits ? advice : advice + advisor.combinations(for: configuration, singles: advice)
  }

  /// The form of an advice that reports show.
  package func change(_ advice: FitAdvice) -> FitChange {
    FitChange(
      description: advice.changes.count == 1
        ? advice.changes[0].transition(from: configuration)
        : advice.changes.map(\.target).joined(separator: ", "),
      verdict: advice.estimate.verdict, total: Bytes(advice.estimate.total), limit: Bytes(advice.estimate.limit),
      bytesSaved: Bytes(advice.bytesSaved), timeCost: advice.relativeTimePerImage.map { $0 - 1 })
  }

  /// The whole answer; it includes changes that save memory unless the configuration surely fits, or on request.
  package func input(suggests: Bool) -> CheckReport.Input {
    var input = brief
    input.room = FitAdvisor(estimator).roomForBatch(configuration, laysOut: true)
    if suggests || (result.verdict != .fits && input.verdict != .fits) { input.changes = changes }
    if input.verdict == .uncertain {
      input.settling = settling?.command(for: configuration, compiled: compiled, stepSeconds: result.stepSeconds)
    }
    return input
  }

  /// The part that needs no further estimates.
  package var brief: CheckReport.Input {
    var input = CheckReport.Input(
      estimate, result: result, device: estimator.device, assumed: assumed, compiled: compiled)
    input.named = named
    input.training = plan?.training(result, compiled: compiled, on: estimator.device)
    return input
  }

  /// The first lines of the report.
  package func headline(_ terminal: Terminal) -> String {
    CheckReport.headlines(brief, terminal: terminal).rendered(for: terminal)
  }

  /// Whether it fits, by the costliest evidence that settles it.
  package var verdict: Verdict { brief.verdict }

  /// Limit on the blocks of a timeline, which has every event of every block: about 50,000, in two seconds.
  package static let deepestTimeline = 1000

  /// Live bytes over the step.
  ///
  /// - Throws: `AnswerError` beyond `deepestTimeline`; errors from the estimator.
  package func timeline() throws -> Timeline {
    guard configuration.shape.depth <= Self.deepestTimeline else {
      throw AnswerError(
        ConfigurationError(
          key: "shape.depth", value: "\(configuration.shape.depth)",
          rule: "must be at most \(Self.deepestTimeline) for a timeline, which has every event of every block"))
    }
    let steps = try estimator.timeline(configuration)
    let place = estimator.device.place
    return Timeline(
      title: "\(configuration.title) on \(place): live bytes over the step",
      events: steps.events.enumerated().map { index, event in
        Timeline.Event(
          label: event.label, phase: Timeline.Phase(event.phase), bytes: Bytes(event.bytes),
          rematerialized: steps.rematerialized.map { Bytes($0.bytes[index]) })
      },
      arguments: Bytes(steps.arguments), limit: Bytes(estimate.limit), peak: steps.peakIndex,
      peakName: estimate.peak.rawValue,
      outcome: .init(
        total: Bytes(estimate.total), verdict: estimate.verdict, isCapped: steps.rematerialized?.isCapped ?? false),
      provenance: "estimated" + (estimator.device.speaksFor.map { "; \($0)" } ?? ""))
  }
}

extension Timeline.Phase {
  /// The phase in a drawing; recomputation counts as the backward pass.
  init(_ phase: Phase) {
    switch phase {
    case .forward: self = .forward
    case .recompute, .backward: self = .backward
    case .update: self = .update
    }
  }
}

extension ConfigurationChange {
  /// The new value: `adafactor`, `batch 8`.
  var target: String {
    switch self {
    case .head(let head): "head \(head.rawValue)"
    case .optimizer(let optimizer): optimizer.rawValue
    case .precision(let precision): precision.rawValue
    case .batch(let batch): "batch \(batch)"
    case .rematerialization(let value): "rematerialization \(value.rawValue)"
    case .gradientClipping(let value): "gradient clipping \(value.rawValue)"
    case .layers(let value): value.rawValue
    }
  }

  /// `optimizer adam → adafactor`.
  func transition(from configuration: Configuration) -> String {
    switch self {
    case .head(let head): "head \(configuration.head.rawValue) → \(head.rawValue)"
    case .optimizer(let optimizer): "optimizer \(configuration.optimizer.rawValue) → \(optimizer.rawValue)"
    case .precision(let precision): "precision \(configuration.precision.rawValue) → \(precision.rawValue)"
    case .batch(let batch): "batch \(configuration.batch) → \(batch)"
    case .rematerialization(let value):
      "rematerialization \(configuration.rematerialization.rawValue) → \(value.rawValue)"
    case .gradientClipping(let value):
      "gradient clipping \(configuration.gradientClipping.rawValue) → \(value.rawValue)"
    case .layers(let value): "layers \(configuration.layers.rawValue) → \(value.rawValue)"
    }
  }
}
