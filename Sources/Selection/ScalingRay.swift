import Foundation
import VisionTransformer

/// How the dimensions of a shape grow together: a ray from a base shape, on which each dimension grows by its own power of one
/// number.
///
/// A dimension x has come ln(x / x0) / s along the ray, x0 the base's and s its exponent. Where all exponents are equal, all
/// dimensions grow by the same factor.
///
/// Source: arXiv 2106.04560 section 3.6 ("scale all aspects ... simultaneously, and by a similar amount") and arXiv 2305.13035
/// (exponents of compute-optimal shapes).
public struct ScalingRay: Sendable, Hashable {
  /// What grows.
  public enum Dimension: String, Sendable, Hashable, CaseIterable {
    case width, depth, mlpWidth
    /// The patch grows smaller: its factor is the base's side over the shape's.
    case patch
  }

  /// Where the ray begins.
  public let base: Shape
  /// The exponent of each dimension that takes part.
  public let exponents: [Dimension: Double]
  private let dimensions: [(Dimension, exponent: Double)]

  /// A ray.
  ///
  /// - Parameters:
  ///   - base: Where it begins.
  ///   - exponents: The exponent of each dimension that takes part; those that are not positive are left out.
  public init(from base: Shape, exponents: [Dimension: Double]) {
    self.base = base
    self.exponents = exponents.filter { $0.value > 0 }
    dimensions = Dimension.allCases.compactMap { dimension in
      exponents[dimension].flatMap { $0 > 0 ? (dimension, $0) : nil }
    }
  }

  /// All dimensions by the same factor; the patch too where a grid varies it.
  ///
  /// - Parameters:
  ///   - base: Where the ray begins.
  ///   - variesPatch: Whether the patch takes part.
  public static func together(from base: Shape, variesPatch: Bool = false) -> ScalingRay {
    ScalingRay(from: base, exponents: [.width: 1, .depth: 1, .mlpWidth: 1, .patch: variesPatch ? 1 : 0])
  }

  /// Compute-optimal growth: depth by 0.45, width by 0.22, MLP-width by 0.6.
  ///
  /// Source: arXiv 2305.13035.
  ///
  /// - Parameter base: A shape on the ray.
  public static func computeOptimal(from base: Shape) -> ScalingRay {
    ScalingRay(from: base, exponents: [.width: 0.22, .depth: 0.45, .mlpWidth: 0.6])
  }

  /// How many times a shape's dimension is that of the base.
  ///
  /// - Parameters:
  ///   - dimension: The dimension.
  ///   - shape: A shape of positive numbers.
  public func growth(of dimension: Dimension, in shape: Shape) -> Double {
    switch dimension {
    case .width: Double(shape.width) / Double(base.width)
    case .depth: Double(shape.depth) / Double(base.depth)
    case .mlpWidth: Double(shape.mlpWidth) / Double(base.mlpWidth)
    case .patch: Double(base.patch) / Double(shape.patch)
    }
  }

  /// How far each dimension has come along the ray, the least first; dimensions that take no part are infinite.
  func places(of shape: Shape) -> SIMD4<Double> {
    var places = SIMD4<Double>(repeating: .infinity)
    for (index, (dimension, exponent)) in dimensions.enumerated() {
      var place = log(growth(of: dimension, in: shape)) / exponent
      // Four numbers are sorted where they stand.
      for earlier in 0..<index where place < places[earlier] { swap(&places[earlier], &place) }
      places[index] = place
    }
    return places
  }

  /// Whether the least grown dimensions of two shapes have come equally far.
  ///
  /// - Parameters:
  ///   - shape: A shape of positive numbers.
  ///   - other: Another one.
  public func places(of shape: Shape, tieWith other: Shape) -> Bool { places(of: shape)[0] == places(of: other)[0] }

  /// The dimension that lags furthest behind; nil where none takes part.
  ///
  /// - Parameter shape: A shape of positive numbers.
  public func laggard(of shape: Shape) -> Dimension? {
    dimensions.min { a, b in
      log(growth(of: a.0, in: shape)) / a.exponent < log(growth(of: b.0, in: shape)) / b.exponent
    }?.0
  }

  /// Whether base and exponents are equal.
  public static func == (a: ScalingRay, b: ScalingRay) -> Bool { a.base == b.base && a.exponents == b.exponents }

  /// Hashes base and exponents.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(base)
    hasher.combine(exponents)
  }
}
