import Estimation
import Reporting
import Selection
import TrainingStep
import VisionTransformer

/// What `check` says of one configuration.
struct CheckAnswer {
  let configuration: Configuration
  let estimator: Estimator
  let estimate: Estimate
  let result: StepResult

  init(_ estimator: Estimator, _ configuration: Configuration) {
    self.estimator = estimator
    self.configuration = configuration
    estimate = estimator.estimate(configuration)
    result = estimator.result(estimate, for: configuration)
  }

  /// Single changes that save memory, cheapest first.
  var changes: [FitChange] {
    FitAdvisor(estimator).advice(for: configuration).map { advice in
      FitChange(
        description: advice.change.transition(from: configuration), verdict: advice.estimate.verdict,
        total: Bytes(advice.estimate.total), limit: Bytes(advice.estimate.limit),
        bytesSaved: isLayers(advice.change) ? nil : Bytes(advice.bytesSaved),
        timeCost: isLayers(advice.change) ? nil : advice.relativeTimePerImage - 1)
    }
  }

  /// What scanned layers keep, and how long they take, only a compile tells.
  private func isLayers(_ change: ConfigurationChange) -> Bool {
    if case .layers = change { true } else { false }
  }

  /// The report; what would save memory is part of it where it does not surely fit, and on request.
  func text(_ terminal: Terminal, suggests: Bool) -> String {
    let input = CheckReport.Input(
      estimate, result: result, device: estimator.device,
      largestBatch: FitAdvisor(estimator).roomForBatch(configuration),
      changes: suggests || result.verdict != .fits ? changes : [])
    return CheckReport.text(input, terminal: terminal)
  }

  /// The first line of the report.
  func headline(_ terminal: Terminal) -> String {
    let input = CheckReport.Input(estimate, result: result, device: estimator.device)
    return CheckReport.headline(input).wrapped(to: terminal.columns).rendered(for: terminal)
  }

  /// Live bytes over the step.
  func timeline() throws -> Timeline {
    let steps = try estimator.timeline(configuration)
    let place = estimator.device.kind == .tpu ? "a \(configuration.device) core" : configuration.device
    return Timeline(
      title: "\(configuration.title) on \(place): live bytes over the step",
      events: steps.events.map {
        Timeline.Event(label: $0.label, phase: Timeline.Phase($0.phase), bytes: Bytes($0.bytes))
      },
      arguments: Bytes(steps.arguments), limit: Bytes(estimate.limit), peak: steps.peakIndex,
      peakName: estimate.peak.rawValue,
      provenance: "estimated" + (estimator.device.compiler.map { "; \($0)" } ?? "")
        + "; before automatic rematerialization")
  }
}

extension Timeline.Phase {
  /// The phase of a drawing; what is computed again belongs to the backward pass.
  init(_ phase: Phase) {
    switch phase {
    case .forward: self = .forward
    case .recompute, .backward: self = .backward
    case .update: self = .update
    }
  }
}

extension ConfigurationChange {
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
