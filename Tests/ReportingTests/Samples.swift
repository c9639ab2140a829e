import VisionTransformer

@testable import Reporting

/// Made-up answers of plausible size; none of them is the model's.
enum Sample {
  static let giant = Shape(width: 1664, depth: 48, mlpWidth: 8192, heads: 16, patch: 14)
  static let small = Shape(width: 1408, depth: 40, mlpWidth: 6144, heads: 16, patch: 14)

  static let core = Device(
    name: "tpu-v3",
    kind: .tpu(
      TPUFigures(
        matrixUnits: 2, matrixUnitSize: 128, lanes: 128, sublanes: 8, linkBandwidth: 2.8e11, coresPerChip: 2,
        compiler: "libtpu 0.0.17.1")), summary: "TPUv3 core", memory: .gibibytes(16), usableMemory: .gibibytes(15.48),
    bandwidth: 450e9, peakFLOPs: 61.5e12, clock: 940e6, validation: .compiled)

  static let provenance = Provenance(source: "model", version: "1", speaksFor: "libtpu 0.0.17.1")

  static func gibibytes(_ value: Double) -> Bytes { .gibibytes(value) }

  static var fits: StepResult {
    StepResult(
      configuration: Configuration(shape: giant, shapeName: "ViT-G/14"), evidence: .estimated, verdict: .fits,
      parameterCount: 1_930_012_345,
      memory: MemoryBreakdown(
        total: gibibytes(14.10), limit: gibibytes(15.48), livePeak: gibibytes(15.11), arguments: gibibytes(10.87),
        parameters: gibibytes(7.21), optimizerState: gibibytes(3.61), inputs: gibibytes(0.05),
        temporaries: gibibytes(3.23), activations: gibibytes(3.54), gradients: gibibytes(0.41),
        workspace: gibibytes(0.29), packing: gibibytes(0.40), code: gibibytes(0.83), paddingWaste: gibibytes(0.06)),
      flopsPerImage: FLOPs(965.3e9), stepSeconds: Seconds(0.5125), provenance: provenance)
  }

  static var doesNotFit: StepResult {
    var result = fits
    result.configuration.optimizer = .adamHalf
    result.configuration.gradientClipping = .globalNorm
    result.configuration.imageSize = 384
    result.verdict = .doesNotFit
    result.memory = MemoryBreakdown(
      total: gibibytes(21.58), limit: gibibytes(15.48), livePeak: gibibytes(21.2), parameters: gibibytes(7.21),
      optimizerState: gibibytes(10.81), inputs: gibibytes(0.05), activations: gibibytes(2.9), gradients: gibibytes(0.1),
      workspace: gibibytes(0.13), packing: gibibytes(0.38))
    result.provenance.notes = ["not yet validated on this device"]
    return result
  }

  static var compiled: StepResult {
    var result = fits
    result.configuration.shapeName = nil
    result.configuration.memoryLimit = Bytes(16_000_000_000)
    result.evidence = .compiled
    result.verdict = .uncertain
    result.memory = MemoryBreakdown(
      total: gibibytes(15.41), limit: gibibytes(15.48), arguments: gibibytes(10.87), temporaries: gibibytes(4.54))
    result.stepSeconds = nil
    result.provenance = Provenance(
      source: "libtpu", version: "0.0.17.1", speaksFor: "libtpu 0.0.17.1", host: "tower", time: "2026-01-02T03:04:05Z",
      notes: ["487 instructions recomputed", "says \"O2\""])
    return result
  }

  static let changes = [
    FitChange(
      description: "optimizer adam-half → adafactor", verdict: .fits, total: gibibytes(14.10), limit: gibibytes(15.48),
      bytesSaved: gibibytes(7.48), timeCost: 0.0001),
    FitChange(
      description: "batch 8 → 4", verdict: .doesNotFit, total: gibibytes(20.05), limit: gibibytes(15.48),
      bytesSaved: gibibytes(1.53), timeCost: 0.082),
    FitChange(
      description: "rematerialization automatic → full", verdict: .uncertain, total: gibibytes(15.5),
      limit: gibibytes(15.48), bytesSaved: gibibytes(6.08), timeCost: 0.31),
    FitChange(
      description: "gradientClipping global-norm → none", verdict: .doesNotFit, total: gibibytes(21.6),
      limit: gibibytes(15.48), bytesSaved: gibibytes(-0.02), timeCost: -0.004),
  ]
}
