import Estimation
import VisionTransformer

/// One change to a configuration that can save memory.
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
  /// Unrolled rather than scanned blocks.
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

extension ConfigurationChange {
  /// The key that it changes.
  public var key: Configuration.Key {
    switch self {
    case .head: .head
    case .optimizer: .optimizer
    case .precision: .precision
    case .batch: .batch
    case .rematerialization: .rematerialization
    case .gradientClipping: .gradientClipping
    case .layers: .layers
    }
  }
}

extension ConfigurationChange: CustomStringConvertible {
  /// The change as a key and value of the JSON contract: `optimizer: adafactor`.
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

/// The effect of one change, or of two or three together.
public struct FitAdvice: Sendable, Hashable {
  /// The changes; no two of the same key.
  public var changes: [ConfigurationChange]
  /// The configuration with the changes made.
  public var configuration: Configuration
  /// Its estimate.
  public var estimate: Estimate
  /// Live-peak bytes that they save.
  public var bytesSaved: Int
  /// Time for one image, relative to the unchanged configuration: 1.25 is a quarter slower, below 1 is faster; nil with
  /// `layers`.
  public var relativeTimePerImage: Double?
}

/// Answers "what would make it fit" and "how much more would fit" from estimates.
public struct FitAdvisor: Sendable {
  let estimator: Estimator

  /// An advisor that uses `estimator`.
  public init(_ estimator: Estimator) { self.estimator = estimator }

  /// Every single change that saves memory, cheapest in time first; among equals, the one that saves more comes first.
  ///
  /// A smaller batch is offered once, as the largest that fits.
  package func advice(for configuration: Configuration) -> [FitAdvice] {
    let before = estimator.estimate(configuration)
    var changes: [ConfigurationChange] =
      Head.allCases.filter { $0 != configuration.head }.map { .head($0) }
      + Optimizer.allCases.filter { $0 != configuration.optimizer && !$0.isDescent }.map { .optimizer($0) }
      + Precision.allCases.filter { $0 != configuration.precision }.map { .precision($0) }
      + GradientClipping.allCases.filter { $0 != configuration.gradientClipping }.map { .gradientClipping($0) }
    if configuration.layers == .scanned { changes.append(.layers(.unrolled)) }
    if configuration.rematerialization != .full { changes.append(.rematerialization(.full)) }
    if let batch = roomForBatch(configuration).largest, batch > 0, batch < configuration.batch {
      changes.append(.batch(batch))
    }
    return changes.map { advice([$0], to: configuration, before) }
      .filter { $0.bytesSaved > 0 }
      .sorted(by: Self.isCheaper)
  }

  /// The cheapest combinations of two or three changes that fit; empty if one of `singles`, the result of
  /// `advice(for:)`, fits.
  package func combinations(for configuration: Configuration, singles: [FitAdvice]) -> [FitAdvice] {
    guard !singles.contains(where: { $0.estimate.verdict == .fits }) else { return [] }
    let before = estimator.estimate(configuration)
    // A batch that is too large on its own may fit with other changes, so it is searched again for each combination.
    let changes = singles.flatMap(\.changes).filter { $0.key != .batch }
    let found = (2...3).flatMap { combinations(of: changes, $0, configuration, before) }
    // Drops combinations whose third change does not make them cheaper.
    let needed = found.filter { advice in
      !found.contains { Set($0.changes).isStrictSubset(of: Set(advice.changes)) && !Self.isCheaper(advice, $0) }
    }
    return Array(needed.sorted(by: Self.isCheaper).prefix(Self.mostOffered))
  }

  /// Number of combinations offered, and of estimates made to find them: each may have a structure not seen before.
  private static let mostOffered = 3, mostTried = 48

  private func combinations(
    of changes: [ConfigurationChange], _ count: Int, _ configuration: Configuration, _ before: Estimate
  ) -> [FitAdvice] {
    var found: [FitAdvice] = [], tried = 0
    func offer(_ advice: FitAdvice) {
      tried += 1
      if advice.estimate.verdict == .fits { found.append(advice) }
    }
    for subset in Self.subsets(changes, count) where tried < Self.mostTried {
      offer(advice(subset, to: configuration, before))
    }
    for subset in Self.subsets(changes, count - 1) where tried < Self.mostTried && configuration.batch > 1 {
      let changed = subset.reduce(configuration) { $1.applied(to: $0) }
      if let batch = smallerBatch(for: changed) { offer(advice(subset + [.batch(batch)], to: configuration, before)) }
    }
    return found
  }

  /// The largest batch below the configuration's where the verdict changes; nil if not even one image fits.
  private func smallerBatch(for configuration: Configuration) -> Int? {
    func fits(_ batch: Int) -> Bool {
      var changed = configuration
      changed.batch = batch
      return estimator.estimate(changed).verdict == .fits
    }
    guard fits(1) else { return nil }
    return Room.edge(from: 1, upTo: configuration.batch - 1, fits)
  }

  private static func subsets(_ changes: [ConfigurationChange], _ count: Int) -> [[ConfigurationChange]] {
    guard count > 0 else { return [[]] }
    return changes.indices.flatMap { index in
      subsets(changes[(index + 1)...].filter { $0.key != changes[index].key }, count - 1).map { [changes[index]] + $0 }
    }
  }

  private func advice(
    _ changes: [ConfigurationChange], to configuration: Configuration, _ before: Estimate
  ) -> FitAdvice {
    let changed = changes.reduce(configuration) { $1.applied(to: $0) }
    let after = estimator.estimate(changed)
    let isKnown = !changes.contains { $0.key == .layers }
    let timeBefore = before.stepSeconds / Double(configuration.batch)
    return FitAdvice(
      changes: changes, configuration: changed, estimate: after,
      bytesSaved: before.livePeak - after.livePeak,
      relativeTimePerImage: isKnown && timeBefore > 0 ? after.stepSeconds / Double(changed.batch) / timeBefore : nil)
  }

  private static func isCheaper(_ a: FitAdvice, _ b: FitAdvice) -> Bool {
    (a.relativeTimePerImage ?? 1, -a.bytesSaved) < (b.relativeTimePerImage ?? 1, -b.bytesSaved)
  }
}
