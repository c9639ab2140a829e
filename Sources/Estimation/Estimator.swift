import TrainingStep
import VisionTransformer

/// The model for one device.
public struct Estimator: Sendable {
  /// Version of the model, part of every estimate's provenance.
  public static let version = "1"
  /// Name of the model in an estimate's provenance.
  public static let source = "shapefinder estimation"

  /// The device.
  public let device: Device

  /// The model for `device`.
  public init(device: Device) { self.device = device }

  private let cache = SeriesCache()

  /// The answer for one validated configuration (`Configuration.validated()`).
  ///
  /// A block shape that was asked before at another depth is answered from its closed form.
  public func estimate(_ configuration: Configuration) -> Estimate {
    cache.series(configuration) { series(configuration) }.estimate(depth: configuration.shape.depth)
  }

  /// The closed form over depth for a validated configuration, whose own depth is ignored.
  public func series(_ configuration: Configuration) -> DepthSeries {
    let structure = StepStructure(configuration)
    let sizes = AxisSizes(configuration)
    let regime = XLARegime(structure, sizes)
    do {
      return DepthSeries(try StepModel.of(structure, regime), configuration, sizes: sizes, device: device)
    } catch {
      // A shape rule that its own program breaks is a defect of this package, not of any input: the tests build every
      // structure there is.
      preconditionFailure("\(error)")
    }
  }

  /// The self-describing form of an estimate.
  public func result(_ estimate: Estimate, for configuration: Configuration) -> StepResult {
    var notes: [String] = []
    if device.validation == .notYetValidated { notes.append("estimates for \(device.name) are not yet validated") }
    if let caveat = estimate.caveat { notes.append(caveat.rawValue) }
    if let note = configuration.droppedPixelsNote { notes.append(note) }
    let temporaries = estimate.total - estimate.arguments
    return StepResult(
      configuration: configuration, evidence: .estimated, verdict: estimate.verdict,
      parameterCount: estimate.parameterCount,
      memory: MemoryBreakdown(
        total: Bytes(estimate.total), limit: Bytes(estimate.limit), livePeak: Bytes(estimate.livePeak),
        arguments: Bytes(estimate.arguments), parameters: Bytes(estimate.parameters),
        optimizerState: Bytes(estimate.optimizerState), inputs: Bytes(estimate.inputs), temporaries: Bytes(temporaries),
        activations: Bytes(estimate.activations), gradients: Bytes(estimate.gradients),
        workspace: Bytes(estimate.workspace), packing: Bytes(estimate.packing), code: Bytes(estimate.code),
        paddingWaste: Bytes(estimate.paddingWaste)),
      flopsPerImage: FLOPs(estimate.flopsPerImage), stepSeconds: Seconds(estimate.stepSeconds),
      provenance: Provenance(
        source: Self.source, version: Self.version, speaksFor: device.compiler, notes: notes))
  }
}
