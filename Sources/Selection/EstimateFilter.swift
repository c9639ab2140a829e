import Estimation
import VisionTransformer

/// Which estimates to keep: bounds of quantities, and verdicts.
public struct EstimateFilter: Sendable {
  /// Inclusive ends of a quantity.
  public struct Bounds: Sendable, Hashable {
    /// Smallest value.
    public var least: Double
    /// Largest value.
    public var most: Double

    /// Bounds; an end that is left out is open.
    public init(least: Double = -.infinity, most: Double = .infinity) {
      self.least = least
      self.most = most
    }

    func contains(_ value: Double) -> Bool { least <= value && value <= most }
  }

  /// The verdicts to keep.
  public let verdicts: Set<Verdict>
  private let keepsEveryVerdict: Bool
  private let ofConfiguration: [(quantity: EstimateQuantity, bounds: Bounds)]
  private let ofEstimate: [(quantity: EstimateQuantity, bounds: Bounds)]

  /// A filter; conditions left out let everything through.
  public init(bounds: [EstimateQuantity: Bounds] = [:], verdicts: Set<Verdict> = Set(Verdict.allCases)) {
    self.verdicts = verdicts
    keepsEveryVerdict = verdicts.count == Verdict.allCases.count
    let given = EstimateQuantity.allCases.compactMap { quantity in bounds[quantity].map { (quantity, $0) } }
    ofConfiguration = given.filter { !$0.0.takesEstimate }
    ofEstimate = given.filter { $0.0.takesEstimate }
  }

  /// Whether everything passes.
  public var isEmpty: Bool { ofConfiguration.isEmpty && ofEstimate.isEmpty && keepsEveryVerdict }

  /// Whether a verdict is kept.
  public func allows(_ verdict: Verdict) -> Bool { keepsEveryVerdict || verdicts.contains(verdict) }

  /// Whether a configuration satisfies the bounds that need no estimate.
  @inline(__always)
  public func allows(_ configuration: Configuration) -> Bool {
    ofConfiguration.isEmpty
      || ofConfiguration.allSatisfy { $0.bounds.contains($0.quantity.value(configuration) ?? .nan) }
  }

  /// Whether the estimate of an allowed configuration satisfies all other bounds, whatever its verdict.
  @inline(__always)
  public func allows(_ configuration: Configuration, _ estimate: Estimate) -> Bool {
    ofEstimate.isEmpty
      || ofEstimate.allSatisfy { $0.bounds.contains($0.quantity.value(configuration, estimate)) }
  }
}
