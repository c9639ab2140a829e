import Evidence
import VisionTransformer

/// Which results to read, and in what order. Empty sets and nil bounds let everything through.
public struct EvidenceQuery: Sendable, Hashable {
  /// Kinds of evidence.
  public var kinds: Set<EvidenceKind> = []
  /// Only results that this run stored or confirmed.
  public var run: Int?
  /// Only the newest result of each configuration and kind of evidence.
  public var latestOnly = false
  /// Machines on which steps were measured; what was not measured comes from none.
  public var hosts: Set<MeasuringHost> = []
  /// Verdicts; `[.fits]` for everything that fits.
  public var verdicts: Set<Verdict> = []
  /// Names of devices.
  public var devices: Set<String> = []
  /// Shapes, under any name.
  public var shapes: Set<Shape> = []
  /// Heads.
  public var heads: Set<Head> = []
  /// Optimizers.
  public var optimizers: Set<Optimizer> = []
  /// Precisions of activations.
  public var precisions: Set<Precision> = []
  /// Gradient clipping.
  public var gradientClipping: Set<GradientClipping> = []
  /// Rematerialization.
  public var rematerialization: Set<Rematerialization> = []
  /// Unrolled or scanned layers.
  public var layers: Set<Layers> = []
  /// Inclusive bounds of numbers.
  public var bounds: [Quantity: ClosedRange<Int>] = [:]
  /// The quantity to order by; without it, the run's order, or the order in which configurations were first stored.
  public var order: Quantity?
  /// Largest first.
  public var descending = false
  /// The most results to return.
  public var limit: Int?
  /// Only what comes after this place in the query's order: the place of the last result that is known already.
  public var after: ResultPlace?
  /// Results to skip before the first.
  public var offset = 0

  /// A query for everything, in the order of storing.
  public init() {}

  /// A number of a result that can be bounded or ordered by.
  public enum Quantity: String, Sendable, Hashable, CaseIterable {
    case width, depth, mlpWidth, attentionHeads, patch, batch, imageSize, classes, dataParallel
    case parameterCount, total, headroom, livePeak, arguments, temporaries, paddingWaste, flopsPerImage, stepSeconds
    case imagesPerSecond
  }
}

extension EvidenceQuery.Quantity {
  /// The SQL expression over `e` (evidence), `c` (configuration) and `s` (setting).
  var expression: String {
    switch self {
    case .width: "c.width"
    case .depth: "c.depth"
    case .mlpWidth: "c.mlp_width"
    case .attentionHeads: "c.heads"
    case .patch: "c.patch"
    case .batch: "s.batch"
    case .imageSize: "s.image_size"
    case .classes: "s.classes"
    case .dataParallel: "s.data_parallel"
    case .parameterCount: "e.parameter_count"
    case .total: "e.total_bytes"
    case .headroom: "(e.limit_bytes - e.total_bytes)"
    case .livePeak: "e.live_peak_bytes"
    case .arguments: "e.arguments_bytes"
    case .temporaries: "e.temporaries_bytes"
    case .paddingWaste: "e.padding_waste_bytes"
    case .flopsPerImage: "e.flops_per_image"
    case .stepSeconds: "e.step_seconds"
    case .imagesPerSecond: "(s.batch / nullif(e.step_seconds, 0))"
    }
  }
}
