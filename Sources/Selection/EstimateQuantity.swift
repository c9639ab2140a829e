import Estimation
import VisionTransformer

/// A number of an estimate that can be bounded or ordered by. The raw value is the contract's key in the spelling of
/// options: `parameterCount` is `parameter-count`.
public enum EstimateQuantity: String, CaseIterable, Sendable, Hashable {
  case imagesPerSecond = "images-per-second"
  case stepSeconds = "step-seconds"
  case total
  case livePeak = "live-peak"
  case headroom
  case paddingWaste = "padding-waste"
  case parameterCount = "parameter-count"
  case flopsPerImage = "flops-per-image"
  case depth, width
  case mlpWidth = "mlp-width"
  case heads, patch, batch
  case imageSize = "image-size"

  /// The quantity with that name, in any spelling of the contract's key (`imagesPerSecond`, `images_per_second`), or
  /// `parameters`.
  public init?(named name: String) {
    func plain(_ text: String) -> String { text.lowercased().filter { $0 != "-" && $0 != "_" } }
    let asked = plain(name)
    guard let quantity = Self.allCases.first(where: { plain($0.rawValue) == asked }) else {
      guard asked == "parameters" else { return nil }
      self = .parameterCount
      return
    }
    self = quantity
  }

  /// The number, in images a second, seconds, bytes, parameters, FLOPs, pixels or units; exact up to 2^53.
  public func value(_ configuration: Configuration, _ estimate: Estimate) -> Double {
    switch self {
    case .imagesPerSecond: Double(configuration.batch) / estimate.stepSeconds
    case .stepSeconds: estimate.stepSeconds
    case .total: Double(estimate.total)
    case .livePeak: Double(estimate.livePeak)
    case .headroom: Double(estimate.limit) - Double(estimate.total)
    case .paddingWaste: Double(estimate.paddingWaste)
    case .parameterCount: Double(estimate.parameterCount)
    case .flopsPerImage: estimate.flopsPerImage
    case .depth, .width, .mlpWidth, .heads, .patch, .batch, .imageSize: value(configuration) ?? .nan
    }
  }

  /// The number if the configuration alone determines it; nil if it takes an estimate.
  public func value(_ configuration: Configuration) -> Double? {
    switch self {
    case .depth: Double(configuration.shape.depth)
    case .width: Double(configuration.shape.width)
    case .mlpWidth: Double(configuration.shape.mlpWidth)
    case .heads: Double(configuration.shape.heads)
    case .patch: Double(configuration.shape.patch)
    case .batch: Double(configuration.batch)
    case .imageSize: Double(configuration.imageSize)
    case .imagesPerSecond, .stepSeconds, .total, .livePeak, .headroom, .paddingWaste, .parameterCount, .flopsPerImage:
      nil
    }
  }

  /// Whether it takes an estimate rather than just the configuration.
  var takesEstimate: Bool {
    switch self {
    case .depth, .width, .mlpWidth, .heads, .patch, .batch, .imageSize: false
    case .imagesPerSecond, .stepSeconds, .total, .livePeak, .headroom, .paddingWaste, .parameterCount, .flopsPerImage:
      true
    }
  }
}
