import TrainingStep
import VisionTransformer

/// Estimates of one block shape at any depth, by the kind of device.
public enum EstimateSeries: Sendable {
  /// A device programmed through XLA.
  case tpu(DepthSeries)
  /// A host that runs this package's kernels; boxed, so that a series is one word to pass on.
  indirect case host(HostSeries)

  /// The estimate at `depth` blocks.
  public func estimate(depth: Int) -> Estimate {
    switch self {
    case .tpu(let series): series.estimate(depth: depth)
    case .host(let series): series.estimate(depth: depth)
    }
  }

  /// The verdict at `depth` blocks without laying out a host's step: *uncertain* where the gaps between its buffers
  /// could decide. On a TPU, the estimate's verdict.
  public func bounds(depth: Int) -> Verdict {
    switch self {
    case .tpu(let series): series.estimate(depth: depth).verdict
    case .host(let series): series.bounds(depth: depth)
    }
  }

  /// Whether an estimate takes milliseconds: its step is scheduled rather than summed up.
  public var isScheduled: Bool {
    switch self {
    case .tpu(let series): series.isScheduled
    case .host: false
    }
  }

  /// Does the work of estimates at some depths beforehand, on all cores, where each takes milliseconds (`isScheduled`).
  public func prepare(_ depths: [Int]) {
    if case .tpu(let series) = self { series.prepare(depths) }
  }

  /// Writes the estimate at `depth` blocks in place.
  public func write(_ estimate: inout Estimate, depth: Int) {
    switch self {
    case .tpu(let series): series.write(&estimate, depth: depth)
    case .host(let series): estimate = series.estimate(depth: depth)
    }
  }
}

/// The model for one device.
public struct Estimator: Sendable {
  /// Version of the model, part of every estimate's provenance.
  public static let version = "16"
  /// Name of the model in an estimate's provenance.
  public static let source = "shapefinder estimation"

  /// The device.
  public let device: Device

  /// The model for `device`.
  public init(device: Device) { self.device = device }

  /// The answer for one validated configuration (`Configuration.validated()`).
  package func estimate(_ configuration: Configuration) -> Estimate {
    var estimate = Estimate.blank
    write(&estimate, configuration)
    return estimate
  }

  /// Writes the answer for one validated configuration in place.
  package func write(_ estimate: inout Estimate, _ configuration: Configuration) {
    switch device.kind {
    case .tpu(let tpu):
      let sizes = AxisSizes(configuration)
      let models = models(configuration, sizes, tpu)
      DepthSeries.write(
        &estimate, models.first, alternative: models.alternative, configuration, sizes: sizes, device: device, tpu: tpu)
    case .host: series(configuration).write(&estimate, depth: configuration.shape.depth)
    }
  }

  /// The closed form over depth for a validated configuration, ignoring its own depth.
  package func series(_ configuration: Configuration) -> EstimateSeries {
    let configuration = asRun(configuration)
    let sizes = AxisSizes(configuration)
    switch device.kind {
    case .tpu(let tpu):
      let models = models(configuration, sizes, tpu)
      return .tpu(
        DepthSeries(
          models.first, alternative: models.alternative, configuration, sizes: sizes, device: device, tpu: tpu))
    case .host(let figures):
      return .host(
        HostSeries(hostModel(configuration, sizes), configuration, sizes: sizes, device: device, figures: figures))
    }
  }

  /// The verdict for one validated configuration without laying out a host's step, as `EstimateSeries.bounds(depth:)`.
  package func bounds(_ configuration: Configuration) -> Verdict {
    guard case .host(let figures) = device.kind else { return estimate(configuration).verdict }
    let configuration = asRun(configuration)
    let sizes = AxisSizes(configuration)
    return HostMemory(
      hostModel(configuration, sizes), configuration, sizes: sizes, device: device, figures: figures
    ).bounds(depth: configuration.shape.depth)
  }

  private func hostModel(_ configuration: Configuration, _ sizes: AxisSizes) -> HostModel {
    Self.built { try HostModel.of(StepStructure(configuration, sizes)) }
  }

  /// The models of a validated configuration: of the order that the compiler takes at most depths, and of the other.
  private func models(
    _ configuration: Configuration, _ sizes: AxisSizes, _ tpu: borrowing TPUFigures
  ) -> (first: StepModel, alternative: StepModel?) {
    let structure = StepStructure(configuration, sizes), regimes = regimes(structure, sizes, tpu)
    return Self.built {
      (try StepModel.of(structure, regimes.first), try regimes.alternative.map { try StepModel.of(structure, $0) })
    }
  }

  /// The configuration as the device runs it: a host always uses float32 activations and unrolled blocks, which its
  /// notes state.
  func asRun(_ configuration: Configuration) -> Configuration {
    guard device.isHost else { return configuration }
    var run = configuration
    run.precision = .float32
    run.layers = .unrolled
    return run
  }

  /// The share of a total from which a note says that temporaries stay in vector memory: less is within the model's error. Its
  /// bytes are not in the note, because stores keep each text once.
  private static let leastNoted = 0.05

  /// The answer for one validated configuration (`Configuration.validated()`), in its self-describing form.
  package func result(for configuration: Configuration) -> StepResult {
    result(estimate(configuration), for: configuration)
  }

  /// The self-describing form of an estimate.
  package func result(_ estimate: Estimate, for configuration: Configuration) -> StepResult {
    var notes: [String] = []
    if let note = device.limitNote(configuration.memoryLimit) { notes.append(note) }
    switch device.validation {
    case .notYetValidated: notes.append("estimates for \(device.name) are not yet validated")
    case .memory: notes.append("step times for \(device.name) are not yet validated")
    case .compiled, .measured: break
    }
    if case .tpu(let tpu) = device.kind, let note = tpu.compilerNote { notes.append(note) }
    if case .host(let host) = device.kind, host.disturbed > 0 {
      notes.append(
        "\(device.name) was probed beside something else, which held up \(host.disturbed) of its steps: times are too long; probe again "
          + "with `shapefinder devices probe`")
    }
    let run = asRun(configuration)
    if run.precision != configuration.precision {
      notes.append("\(device.name) runs float32 activations: estimated for them")
    }
    if run.layers != configuration.layers { notes.append("\(device.name) runs blocks unrolled: estimated for that") }
    if let caveat = estimate.caveat { notes.append(caveat.rawValue) }
    if let note = configuration.droppedPixelsNote { notes.append(note) }
    if Self.leastNoted * Double(estimate.total) <= Double(estimate.inVectorMemory) {
      notes.append("temporaries stay in vector or common memory: no part counts them")
    }
    let temporaries = estimate.total - estimate.arguments
    return StepResult(
      configuration: configuration, evidence: .estimated, verdict: estimate.verdict,
      parameterCount: estimate.parameterCount,
      memory: MemoryBreakdown(
        total: Bytes(estimate.total), limit: Bytes(estimate.limit), livePeak: Bytes(estimate.livePeak),
        arguments: Bytes(estimate.arguments), parameters: Bytes(estimate.parameters),
        optimizerState: Bytes(estimate.optimizerState), inputs: Bytes(estimate.inputs), temporaries: Bytes(temporaries),
        activations: Bytes(estimate.activations), gradients: Bytes(estimate.gradients),
        workspace: Bytes(estimate.workspace), packing: Bytes(estimate.packing),
        // Good enough for the limit of rematerialization, of which it is a few hundredths. On its own it ranged from a
        // third of the compiler's figure to ten times that.
        code: nil,
        paddingWaste: Bytes(estimate.paddingWaste)),
      flopsPerImage: FLOPs(estimate.flopsPerImage), stepSeconds: Seconds(estimate.stepSeconds),
      provenance: Provenance(
        source: Self.source, version: Self.version, speaksFor: device.speaksFor, notes: notes))
  }
}
