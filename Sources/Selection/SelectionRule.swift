import VisionTransformer

/// A rule that ranks the shapes that fit.
public enum SelectionRule: Sendable {
  /// The shape whose least grown dimension is furthest along a ray; ties are broken by the next least grown, and so on.
  ///
  /// With equal exponents this is the rule of arXiv 2106.04560 section 3.6: all dimensions grow together, by similar
  /// amounts, up to the limit of what fits. With SoViT's exponents it selects the compute-optimal shape within a
  /// budget.
  case alongRay(ScalingRay)
  /// The most images a second.
  case fastest
  /// The most parameters.
  case largest

  /// The standing of a configuration by the rule; larger is better.
  func standing(_ figures: SelectionFigures) -> SelectionStanding {
    let size = Double(figures.parameterCount), speed = figures.imagesPerSecond
    return switch self {
    case .alongRay(let ray): SelectionStanding(places: ray.places(of: figures.shape), ties: [size, speed])
    case .fastest: SelectionStanding(places: SIMD4(repeating: 0), ties: [speed, size])
    case .largest: SelectionStanding(places: SIMD4(repeating: 0), ties: [size, speed])
    }
  }
}

/// The figures of a configuration that a selection uses, all from the same kind of evidence.
public struct SelectionFigures: Sendable, Hashable {
  /// The shape.
  public var shape: Shape
  /// Images in one step on one core (chip).
  public var batch: Int
  /// Whether it fits.
  public var verdict: Verdict
  /// Trainable parameters.
  public var parameterCount: Int
  /// Forward FLOPs of one image.
  public var flopsPerImage: Double
  /// Seconds for a step.
  public var stepSeconds: Double
  /// Bytes of the step.
  public var total: Int
  /// Bytes of memory that are available.
  public var limit: Int

  /// Figures of a configuration.
  public init(
    shape: Shape, batch: Int, verdict: Verdict, parameterCount: Int, flopsPerImage: Double, stepSeconds: Double,
    total: Int, limit: Int
  ) {
    self.shape = shape
    self.batch = batch
    self.verdict = verdict
    self.parameterCount = parameterCount
    self.flopsPerImage = flopsPerImage
    self.stepSeconds = stepSeconds
    self.total = total
    self.limit = limit
  }

  /// Images a second on one core (chip).
  public var imagesPerSecond: Double { Double(batch) / stepSeconds }
}

/// A configuration's standing by a rule, compared number by number.
struct SelectionStanding: Sendable, Comparable {
  /// Positions along a ray in ascending order; equal for rules without a ray.
  var places: SIMD4<Double>
  /// The numbers that break ties.
  var ties: SIMD2<Double>

  static func < (a: Self, b: Self) -> Bool {
    for index in 0..<4 where a.places[index] != b.places[index] { return a.places[index] < b.places[index] }
    for index in 0..<2 where a.ties[index] != b.ties[index] { return a.ties[index] < b.ties[index] }
    return false
  }
}
