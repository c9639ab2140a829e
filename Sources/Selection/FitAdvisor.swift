import Estimation
import VisionTransformer

/// One change to a configuration that would save memory.
public enum ConfigurationChange: Sendable, Hashable {
  /// Another head.
  case head(Head)
  /// Another optimizer.
  case optimizer(Optimizer)
  /// Activations in another precision.
  case precision(Precision)
  /// Fewer images a core.
  case batch(Int)
  /// Another rematerialization.
  case rematerialization(Rematerialization)
  /// Another gradient clipping.
  case gradientClipping(GradientClipping)
  /// Blocks written out instead of looped over.
  case layers(Layers)

  /// The configuration with the change made.
  public func applied(to configuration: Configuration) -> Configuration {
    var changed = configuration
    switch self {
    case .head(let head): changed.head = head
    case .optimizer(let optimizer): changed.optimizer = optimizer
    case .precision(let precision): changed.precision = precision
    case .batch(let batch): changed.batch = batch
    case .rematerialization(let rematerialization): changed.rematerialization = rematerialization
    case .gradientClipping(let clipping): changed.gradientClipping = clipping
    case .layers(let layers): changed.layers = layers
    }
    return changed
  }
}

extension ConfigurationChange: CustomStringConvertible {
  /// The change as key and value of the JSON contract: `optimizer: adafactor`.
  public var description: String {
    switch self {
    case .head(let head): "\(Configuration.Key.head): \(head.rawValue)"
    case .optimizer(let optimizer): "\(Configuration.Key.optimizer): \(optimizer.rawValue)"
    case .precision(let precision): "\(Configuration.Key.precision): \(precision.rawValue)"
    case .batch(let batch): "\(Configuration.Key.batch): \(batch)"
    case .rematerialization(let value): "\(Configuration.Key.rematerialization): \(value.rawValue)"
    case .gradientClipping(let value): "\(Configuration.Key.gradientClipping): \(value.rawValue)"
    case .layers(let value): "\(Configuration.Key.layers): \(value.rawValue)"
    }
  }
}

/// What a change would give.
public struct FitAdvice: Sendable, Hashable {
  /// The change.
  public var change: ConfigurationChange
  /// The configuration with it.
  public var configuration: Configuration
  /// Its estimate.
  public var estimate: Estimate
  /// Live-peak bytes it saves; zero for `layers`, because only a compile tells what scanned layers keep.
  public var bytesSaved: Int
  /// Time an image, relative to the unchanged configuration: 1.25 is a quarter slower, below 1 is faster.
  public var relativeTimePerImage: Double
}

/// Answers "what would make it fit" and "how much more would fit", by asking the estimator.
public struct FitAdvisor: Sendable {
  let estimator: Estimator

  /// An advisor that asks `estimator`.
  public init(_ estimator: Estimator) { self.estimator = estimator }

  /// Every single change that saves memory, cheapest in time first; among equals the one that saves more.
  ///
  /// Scanned layers keep far more than unrolled ones, by how much the model does not know: unrolling them is offered always.
  /// A smaller batch is offered once, as the largest that fits.
  public func advice(for configuration: Configuration) -> [FitAdvice] {
    let before = estimator.estimate(configuration)
    var changes: [ConfigurationChange] =
      Head.allCases.filter { $0 != configuration.head }.map { .head($0) }
      + Optimizer.allCases.filter { $0 != configuration.optimizer && $0 != .sgd }.map { .optimizer($0) }
      + Precision.allCases.filter { $0 != configuration.precision }.map { .precision($0) }
      + GradientClipping.allCases.filter { $0 != configuration.gradientClipping }.map { .gradientClipping($0) }
    if configuration.layers == .scanned { changes.append(.layers(.unrolled)) }
    if configuration.rematerialization != .full { changes.append(.rematerialization(.full)) }
    if let batch = largestBatch(for: configuration), batch < configuration.batch { changes.append(.batch(batch)) }
    let timeBefore = before.stepSeconds / Double(configuration.batch)
    return changes.map { change in
      let changed = change.applied(to: configuration)
      let after = estimator.estimate(changed)
      return FitAdvice(
        change: change, configuration: changed, estimate: after, bytesSaved: before.livePeak - after.livePeak,
        relativeTimePerImage: after.stepSeconds / Double(changed.batch) / timeBefore)
    }
    .filter { $0.bytesSaved > 0 || $0.change == .layers(.unrolled) }
    .sorted { ($0.relativeTimePerImage, -$0.bytesSaved) < ($1.relativeTimePerImage, -$1.bytesSaved) }
  }

  /// The largest batch that fits, or nil where not even one image does.
  public func largestBatch(for configuration: Configuration) -> Int? {
    largest(upTo: Configuration.Limits.batch) { batch in
      var changed = configuration
      changed.batch = batch
      guard (try? changed.validated()) != nil else { return false }
      return estimator.estimate(changed).verdict == .fits
    }
  }

  /// The largest depth that fits, or nil where not even one block does.
  public func largestDepth(for configuration: Configuration) -> Int? {
    let series = estimator.series(configuration)
    return largest(upTo: Configuration.Limits.depth) { series.estimate(depth: $0).verdict == .fits }
  }

  // The largest number that passes. Memory grows with batch and depth on the whole, but not at every step: 128 images can
  // take less than 127, because the compiler then lays tensors out another way. So an edge is found by doubling and
  // halving, and what lies above it is searched as far as padding can reach.
  private func largest(upTo limit: Int, _ fits: (Int) -> Bool) -> Int? {
    guard var good = (1...Self.tile).first(where: { $0 <= limit && fits($0) }) else { return nil }
    while good < limit, fits(min(limit, good * 2)) { good = min(limit, good * 2) }
    var bad = min(limit, good * 2)
    guard good < limit else { return limit }
    while bad - good > 1 {
      let middle = (good + bad) / 2
      if fits(middle) { good = middle } else { bad = middle }
    }
    let end = min(limit, 2 * good + Self.lanes)
    if end - good > Self.mostTried {
      let multiples = stride(from: end / Self.lanes * Self.lanes, to: good, by: -Self.lanes).prefix(Self.mostTried)
      good = multiples.first(where: fits) ?? good
    }
    let last = min(limit, end - good > Self.mostTried ? good + Self.lanes : end)
    return stride(from: last, to: good, by: -1).first(where: fits) ?? good
  }

  /// Most numbers above an edge that are tried one by one; beyond it, multiples of the lanes.
  private static let mostTried = 8192
  /// Sizes that tensors are padded to.
  private static let tile = 8, lanes = 128
}
