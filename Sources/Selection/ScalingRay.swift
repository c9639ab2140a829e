import Foundation
import VisionTransformer

/// Growth of a shape's dimensions together: a ray from a base shape, on which each dimension is the base's multiplied
/// by a power of one number.
///
/// The position of a dimension x on the ray is ln(x / x0) / s, where x0 is the base's value and s the dimension's
/// exponent. If all exponents are equal, all dimensions grow by the same factor.
///
/// Source: arXiv 2106.04560 section 3.6 ("scale all aspects ... simultaneously, and by a similar amount") and arXiv
/// 2305.13035 (exponents of compute-optimal shapes).
public struct ScalingRay: Sendable {
  /// The dimensions that can grow.
  public enum Dimension: String, Sendable, Hashable, CaseIterable {
    case width, depth, mlpWidth
    /// The patch, which becomes smaller: its growth is the base's side divided by the shape's.
    case patch
  }

  /// The shape at which the ray begins.
  public let base: Shape
  /// The exponent of each dimension that grows.
  public let exponents: [Dimension: Double]
  private let dimensions: [(Dimension, exponent: Double)]

  /// A ray.
  ///
  /// - Parameters:
  ///   - base: The shape at which the ray begins.
  ///   - exponents: The exponent of each dimension that grows; those that are not positive are ignored.
  public init(from base: Shape, exponents: [Dimension: Double]) {
    self.base = base
    self.exponents = exponents.filter { $0.value > 0 }
    dimensions = Dimension.allCases.compactMap { dimension in
      exponents[dimension].flatMap { $0 > 0 ? (dimension, $0) : nil }
    }
  }

  /// A ray on which all dimensions grow by the same factor, including the patch if a grid varies it.
  ///
  /// - Parameters:
  ///   - base: The shape at which the ray begins.
  ///   - variesPatch: Whether the patch grows with the other dimensions.
  public static func together(from base: Shape, variesPatch: Bool = false) -> ScalingRay {
    ScalingRay(from: base, exponents: [.width: 1, .depth: 1, .mlpWidth: 1, .patch: variesPatch ? 1 : 0])
  }

  /// A ray of compute-optimal growth: depth with exponent 0.45, width with 0.22, MLP-width with 0.6.
  ///
  /// Source: arXiv 2305.13035.
  ///
  /// - Parameter base: A shape on the ray.
  public static func computeOptimal(from base: Shape) -> ScalingRay {
    ScalingRay(from: base, exponents: [.width: 0.22, .depth: 0.45, .mlpWidth: 0.6])
  }

  /// A shape's dimension divided by the base's; for the patch, the base's divided by the shape's.
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

  /// The position of each dimension on the ray, in ascending order; infinity fills the places of dimensions that do not
  /// grow.
  func places(of shape: Shape) -> SIMD4<Double> {
    var places = SIMD4<Double>(repeating: .infinity)
    for (index, (dimension, exponent)) in dimensions.enumerated() {
      var place = log(growth(of: dimension, in: shape)) / exponent
      // Insertion sort, in place.
      for earlier in 0..<index where place < places[earlier] { swap(&places[earlier], &place) }
      places[index] = place
    }
    return places
  }

  /// Whether the dimensions of two shapes that have grown least are at equal positions.
  ///
  /// - Parameters:
  ///   - shape: A shape of positive numbers.
  ///   - other: Another shape of positive numbers.
  public func places(of shape: Shape, tieWith other: Shape) -> Bool { places(of: shape)[0] == places(of: other)[0] }

  /// The dimension that has grown least along the ray; nil if the ray has no dimensions.
  ///
  /// - Parameter shape: A shape of positive numbers.
  public func laggard(of shape: Shape) -> Dimension? {
    dimensions.min { a, b in
      log(growth(of: a.0, in: shape)) / a.exponent < log(growth(of: b.0, in: shape)) / b.exponent
    }?.0
  }
}
