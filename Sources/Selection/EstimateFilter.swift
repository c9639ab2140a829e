import Estimation
import VisionTransformer

/// Which estimates are wanted: bounds of quantities, and verdicts.
public struct EstimateFilter: Sendable {
  /// Inclusive ends of a quantity.
  public struct Bounds: Sendable, Hashable {
    /// Smallest value.
    public var least: Double
    /// Largest value.
    public var most: Double

    /// Bounds; open where left out.
    public init(least: Double = -.infinity, most: Double = .infinity) {
      self.least = least
      self.most = most
    }

    func contains(_ value: Double) -> Bool { least <= value && value <= most }
  }

  /// Verdicts that are wanted.
  public let verdicts: Set<Verdict>
  private let ofConfiguration: [(quantity: EstimateQuantity, bounds: Bounds)]
  private let ofEstimate: [(quantity: EstimateQuantity, bounds: Bounds)]

  /// A filter; what is left out lets everything through.
  public init(bounds: [EstimateQuantity: Bounds] = [:], verdicts: Set<Verdict> = Set(Verdict.allCases)) {
    self.verdicts = verdicts
    let given = EstimateQuantity.allCases.compactMap { quantity in bounds[quantity].map { (quantity, $0) } }
    ofConfiguration = given.filter { !$0.0.takesEstimate }
    ofEstimate = given.filter { $0.0.takesEstimate }
  }

  /// Whether nothing is left out.
  public var isEmpty: Bool { ofConfiguration.isEmpty && ofEstimate.isEmpty && verdicts.count == Verdict.allCases.count }

  /// Whether a configuration lies in the bounds that need no estimate.
  public func allows(_ configuration: Configuration) -> Bool {
    ofConfiguration.allSatisfy { $0.bounds.contains($0.quantity.value(configuration) ?? .nan) }
  }

  /// Whether the estimate of an allowed configuration lies in all other bounds, whatever its verdict.
  public func allows(_ configuration: Configuration, _ estimate: Estimate) -> Bool {
    ofEstimate.allSatisfy { $0.bounds.contains($0.quantity.value(configuration, estimate)) }
  }
}
