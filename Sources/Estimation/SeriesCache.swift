import Synchronization
import VisionTransformer

/// The series made last, by everything but the depth: configurations in any order mostly differ from one that was asked
/// before in nothing else.
///
/// Direct-mapped with a fixed number of places, so that it takes bounded memory however many shapes go through it.
final class SeriesCache: Sendable {
  private static let places = 1 << 14

  private struct Entry {
    var configuration: Configuration
    var series: DepthSeries
  }

  private let entries = Mutex<[Entry?]>([])

  /// The series of `configuration`, made by `make` where it is not there.
  func series(_ configuration: Configuration, _ make: () -> DepthSeries) -> DepthSeries {
    let place = Int(truncatingIfNeeded: configuration.mixed % UInt64(Self.places))
    let known = entries.withLock { entries -> DepthSeries? in
      guard !entries.isEmpty, let entry = entries[place], entry.configuration.differsOnlyInDepth(from: configuration)
      else { return nil }
      return entry.series
    }
    if let known { return known }
    let made = make()
    entries.withLock { entries in
      if entries.isEmpty { entries = Array(repeating: nil, count: Self.places) }
      entries[place] = Entry(configuration: configuration, series: made)
    }
    return made
  }
}

extension Configuration {
  // The numbers that vary within a grid, mixed; everything else is left to the comparison.
  fileprivate var mixed: UInt64 {
    var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
    func mix(_ value: Int) {
      hash = (hash ^ UInt64(bitPattern: Int64(value))) &* 0xBF58_476D_1CE4_E5B9
      hash ^= hash >> 29
    }
    mix(shape.width)
    mix(shape.mlpWidth)
    mix(shape.heads &* 65_536 &+ shape.patch)
    mix(batch &* 65_536 &+ imageSize)
    mix(head.hashValueOfCase &* 16 &+ optimizer.hashValueOfCase)
    return hash ^ (hash >> 32)
  }

  fileprivate func differsOnlyInDepth(from other: Configuration) -> Bool {
    shape.width == other.shape.width && shape.mlpWidth == other.shape.mlpWidth && shape.heads == other.shape.heads
      && shape.patch == other.shape.patch && batch == other.batch && imageSize == other.imageSize
      && classes == other.classes && head == other.head && optimizer == other.optimizer
      && precision == other.precision && gradientClipping == other.gradientClipping
      && rematerialization == other.rematerialization && layers == other.layers
      && dataParallel == other.dataParallel && memoryLimit == other.memoryLimit
  }
}

extension Head {
  fileprivate var hashValueOfCase: Int {
    switch self {
    case .token: 0
    case .gap: 1
    case .map: 2
    }
  }
}

extension Optimizer {
  fileprivate var hashValueOfCase: Int {
    switch self {
    case .sgd: 0
    case .adam: 1
    case .adamHalf: 2
    case .adafactor: 3
    }
  }
}
