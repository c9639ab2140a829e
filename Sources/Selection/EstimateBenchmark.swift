import Estimation
import VisionTransformer

/// Work for timing estimates: any number, with every part of the breakdown, in constant memory.
public struct EstimateBenchmark {
  private let estimator: Estimator
  /// The buffers that estimates are written to in turn, so that the compiler cannot leave any part out.
  private let kept: UnsafeMutableBufferPointer<Estimate>
  private static let keptCount = 256

  /// Estimates for `device`.
  public init(device: Device) {
    estimator = Estimator(device: device)
    kept = .allocate(capacity: Self.keptCount)
    kept.initialize(repeating: estimator.estimate(Configuration(shape: Self.anyShape)))
  }

  /// Frees the buffers.
  public func deallocate() { kept.deallocate() }

  private static let anyShape = Shape(width: 512, depth: 12, mlpWidth: 2048, heads: 8, patch: 14)
  private static let settings: [(Head, Optimizer)] = [(.token, .adam), (.map, .adamHalf), (.map, .adafactor)]

  /// A grid of 108,855,000 configurations around that of Figure 8, in its three settings.
  ///
  /// - Throws: `ConfigurationError`; never for a tested program.
  public static func grid(device: String) throws(ConfigurationError) -> Grid {
    try Grid(
      axes: Grid.Axes(
        depth: Grid.Axis(Array(1...100)), width: Grid.Axis(Array(stride(from: 512, through: 2560, by: 8))),
        heads: Grid.Axis([8]), mlpWidth: Grid.Axis(Array(stride(from: 1024, through: 12_288, by: 32))),
        patch: Grid.Axis([14]), batch: Grid.Axis([8, 16, 32, 64])),
      settings: settings.map { head, optimizer in
        Grid.Setting(
          name: "\(head.rawValue) \(optimizer.rawValue)",
          template: Configuration.Setting(device: device, head: head, optimizer: optimizer))
      })
  }

  /// Estimates the first `count` configurations of `grid`, depth innermost, calling `pause` now and then.
  public func overGrid(_ grid: Grid, count: Int, pause: () throws -> Void = {}) rethrows {
    guard let start = kept.baseAddress else { return }
    var done = 0
    for column in grid.columns {
      let series = estimator.series(column.configuration)
      for depth in column.depths {
        guard done < count else { return }
        series.write(&start[done % Self.keptCount], depth: depth)
        done += 1
      }
      if done % 1_000_000 < column.depths.count { try pause() }
    }
  }

  /// Estimates `count` configurations that each differ from the one before in everything, calling `pause` now and then.
  /// Every `round` takes other configurations, so that nothing left over from an earlier one helps.
  public func inAnyOrder(count: Int, round: Int = 0, pause: () throws -> Void = {}) rethrows {
    var random = SplitMix(state: 0x5348_4150 &+ UInt64(truncatingIfNeeded: round) << 40)
    var configuration = Configuration(shape: Self.anyShape, device: estimator.device.name)
    for index in 0..<count {
      let bits = random.next()
      func pick(_ shift: UInt64, _ count: Int) -> Int { Int(truncatingIfNeeded: (bits >> shift) & 0xFFFF) % count }
      (configuration.head, configuration.optimizer) = Self.settings[Int(truncatingIfNeeded: bits & 0xFF) % 3]
      configuration.batch = 8 << (Int(truncatingIfNeeded: (bits >> 8) & 0xFF) % 4)
      configuration.shape.width = 512 + 8 * pick(16, 257)
      configuration.shape.mlpWidth = 1024 + 32 * pick(32, 353)
      configuration.shape.depth = 1 + pick(48, 100)
      estimator.write(&kept[index % Self.keptCount], configuration)
      if index % 1_000_000 == 999_999 { try pause() }
    }
  }
}

/// A generator with the same numbers in every run.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
