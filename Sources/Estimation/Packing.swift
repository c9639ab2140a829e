import TrainingStep
import VisionTransformer

/// From the live peak to the bytes that the compiler's allocation uses.
///
/// Two effects: the gradient of the MLP's hidden layer is written over the hidden layer itself, which the live peak does not
/// know; and the heap packer leaves gaps, fewer where the token count is a multiple of 128, because more of the tensors then
/// have equal sizes. The compiler counts its gaps twice. They are given in units of one block's query tensor.
/// Source: 26 full compiles of libtpu 0.0.17.1 (`Validation/evidence`); the two factors are fitted to them, and four further
/// compiles that they had not seen came out within 1.9 %.
struct Packing: Sendable {
  /// Gaps, counted twice, in units of one query tensor.
  static let gapsAligned = 2.6
  static let gapsUnaligned = 3.6
  /// Gaps after rematerialization, as a share of the memory: seen from 0.3 to 2.6 %.
  static let gapsRematerialized = 0.01
  static let mostGapsRematerialized = 0.025

  private let gaps: Int

  /// - Parameter query: Bytes of one block's query tensor.
  init(_ sizes: AxisSizes, query: Int) {
    gaps = Int((sizes[.tokens] % 128 == 0 ? Self.gapsAligned : Self.gapsUnaligned) * Double(query))
  }

  /// Bytes that the packer adds.
  ///
  /// - Parameter limit: The memory.
  func bytes(isRematerialized: Bool, limit: Int) -> Int {
    isRematerialized ? Int(Self.gapsRematerialized * Double(limit)) : gaps
  }
}

/// The answer to "does it fit", with what is not known of the floor that rematerialization can reach.
///
/// Source: errors of the floor on 50 logged rematerializations of libtpu 0.0.17.1, half of them set aside: 2 % where gradients
/// make the floor, from -4.5 to +4.1 % where activations do. Where rematerialization reaches its limit, the allocation
/// succeeded in every compile: the limit leaves 5 % of the memory for the packer.
struct FitRule: Sendable {
  var limit: Int
  var startsAt: Int
  var inputs: Int

  /// - Parameters:
  ///   - peak: Live peak before rematerialization.
  ///   - floor: The least it can come down to.
  ///   - floorIsGradients: Whether gradients, which the model knows better, make the floor.
  func verdict(peak: Int, floor: Int, floorIsGradients: Bool) -> Verdict {
    if peak <= startsAt { return peak &+ inputs <= limit ? .fits : .doesNotFit }
    let low = Int(Double(floor) * (floorIsGradients ? 0.98 : 0.96))
    let high = Int(Double(floor) * (floorIsGradients ? 1.02 : 1.07))
    let best = max(startsAt, min(low, peak)) &+ inputs
    let reached = max(startsAt, min(high, peak))
    let gaps = reached > startsAt ? Int(Packing.mostGapsRematerialized * Double(limit)) : 0
    if reached &+ inputs &+ gaps <= limit { return .fits }
    return best > limit ? .doesNotFit : .uncertain
  }
}
