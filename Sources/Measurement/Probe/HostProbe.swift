import Estimation
import Evidence
import Foundation
import HostPlan
import VisionTransformer

/// Measures how fast this machine runs each kind of kernel, by steps whose every operation is timed.
public struct HostProbe: Sendable {
  /// The timing of one kernel in one step.
  public struct Sample: Sendable, Hashable {
    /// Its work.
    public var work: HostWork
    /// Wall time: its share of the median step, in proportion to the minimum times of all kernels.
    public var seconds: Double
    /// Share of the elements it touches that come from memory.
    public var spill: Double
  }

  /// Threads.
  public var threads: Int
  /// Library for matrix products; nil means the fastest that is installed.
  public var products: MatrixProducts?

  /// A probe.
  public init(threads: Int = StepRunner.Options.processors, products: MatrixProducts? = nil) {
    self.threads = threads
    self.products = products
  }

  /// Number of steps of a configuration that are timed in a pass, at least and at most, both whole and by operation.
  static let leastSteps = 5, mostSteps = 50
  /// Limit on their duration in seconds, beyond the least number of steps; at least one slow step is timed.
  static let duration = 0.1

  /// The steps that are timed: all heads and optimizers, widths and token counts from small to large, steps that fit
  /// the cache and steps that do not. None is in a grid that estimates are compared with.
  public static let configurations: [Configuration] = [
    probe(48, 2, 144, 3, 16, 64, 2, .gap, .adam), probe(80, 3, 240, 5, 8, 64, 3, .map, .adafactor),
    probe(112, 2, 448, 2, 16, 112, 5, .token, .adam), probe(144, 2, 288, 3, 16, 176, 6, .gap, .sgd),
    probe(176, 3, 528, 4, 14, 126, 8, .map, .adam), probe(208, 2, 1040, 4, 16, 224, 7, .token, .adamHalf),
    probe(240, 2, 720, 5, 16, 240, 10, .gap, .adam), probe(304, 3, 912, 4, 16, 192, 3, .token, .adam),
    probe(336, 2, 1680, 6, 32, 224, 12, .map, .adafactor), probe(368, 2, 1104, 8, 16, 208, 9, .gap, .adam),
    probe(432, 2, 1296, 6, 16, 224, 4, .token, .adam), probe(464, 2, 928, 4, 8, 96, 6, .map, .adam),
    probe(528, 2, 2112, 8, 16, 160, 5, .gap, .adafactor), probe(592, 2, 2368, 8, 32, 256, 2, .token, .adam),
    probe(672, 1, 2688, 12, 16, 224, 6, .gap, .adam), probe(720, 2, 2160, 9, 16, 144, 1, .map, .adamHalf),
    probe(800, 1, 3200, 10, 14, 224, 3, .token, .adam), probe(112, 6, 336, 2, 16, 96, 32, .gap, .adam),
    probe(272, 4, 816, 4, 16, 160, 24, .token, .sgd), probe(72, 8, 216, 3, 16, 80, 6, .token, .adam),
  ]

  private static func probe(
    _ width: Int, _ depth: Int, _ mlpWidth: Int, _ heads: Int, _ patch: Int, _ image: Int, _ batch: Int, _ head: Head,
    _ optimizer: Optimizer
  ) -> Configuration {
    Configuration(
      shape: Shape(width: width, depth: depth, mlpWidth: mlpWidth, heads: heads, patch: patch), device: "cpu",
      batch: batch, imageSize: image, head: head, classes: 1000, optimizer: optimizer, precision: .float32,
      gradientClipping: batch % 3 == 0 ? .globalNorm : .none, dataParallel: 1)
  }

  /// Number of passes over all configurations: a machine's speed varies by some hundredths from one half minute to the
  /// next.
  public static let passes = 3
  /// Seconds after which no further pass starts, and no disturbed configuration is timed again.
  static let patience = 40.0

  /// The kernels of one configuration in one pass, the longer of the yardstick's times before and after them, and
  /// whether threads waited for a processor meanwhile.
  private struct Timed {
    var samples: [Sample]
    var yardstick: Seconds
    var wasHeldUp: Bool
  }

  /// Times every kernel of every configuration several times, between two readings of a yardstick. A configuration
  /// without an undisturbed pass is timed once more, and then counts in any case: a machine whose threads are
  /// temporarily far apart would otherwise give the rates of two machines. If the machine is always busy, the yardstick
  /// cannot tell, but its threads wait.
  ///
  /// - Parameter progress: called before each step with the number done out of `passes` times `configurations`; may
  ///   throw to stop.
  /// - Returns: the samples of all undisturbed passes, and the number of configurations without one.
  /// - Throws: `MeasurementError`, and errors from `progress`.
  public func samples(
    cache: Bytes, progress: (Int) throws -> Void = { _ in }
  ) throws -> (samples: [Sample], disturbed: Int) {
    let yardstick = Yardstick(threads: threads, cache: cache)
    var timed: [[Timed]] = Array(repeating: [], count: Self.configurations.count)
    var best = Seconds(.infinity)
    func undisturbed(_ index: Int) -> [Timed] {
      timed[index].filter { !$0.wasHeldUp && $0.yardstick.value <= (1 + YardstickReading.tolerance) * best.value }
    }
    let clock = ContinuousClock()
    let start = clock.now
    for pass in 0...Self.passes {
      for index in timed.indices where pass < Self.passes || undisturbed(index).isEmpty {
        if pass > 0, (clock.now - start) / .seconds(1) > Self.patience { break }
        try progress(min(pass * timed.count + index, Self.passes * timed.count))
        let before = yardstick.read() ?? best
        let waiting = Disturbance(), begun = clock.now
        let samples = try samples(Self.configurations[index], cache: cache)
        let waited = waiting.share(of: Seconds((clock.now - begun) / .seconds(1)), threads: threads) ?? 0
        let after = yardstick.read() ?? best
        best = min(best, before, after)
        timed[index].append(
          Timed(samples: samples, yardstick: max(before, after), wasHeldUp: waited > TrialStep.tolerance))
      }
    }
    let kept = timed.indices.map { index in
      let undisturbed = undisturbed(index)
      return undisturbed.isEmpty ? timed[index].min { $0.yardstick < $1.yardstick }.map { [$0] } ?? [] : undisturbed
    }
    return (kept.joined().flatMap(\.samples), timed.indices.count { undisturbed($0).isEmpty })
  }

  // Steps timed by operation alternate with steps timed as a whole. The least time of an operation is undisturbed; a
  // step takes some hundredths longer than their sum, which is shared among the operations.
  private func samples(_ configuration: Configuration, cache: Bytes) throws -> [Sample] {
    let runner = try StepRunner(configuration, options: StepRunner.Options(threads: threads, products: products))
    _ = runner.step()
    let once = max(runner.step().total.value, Self.duration / Double(Self.mostSteps))
    let count = max(Self.leastSteps, Int(Self.duration / once))
    var turns: [(operations: [Seconds], whole: Seconds)] = []
    let clock = ContinuousClock()
    let start = clock.now
    repeat {
      turns.append((runner.profiledStep(), runner.step().total))
    } while turns.count < count && (clock.now - start) / .seconds(1) < Self.patience / Double(Self.configurations.count)
    let least = runner.layout.step.operations.indices.map { index in
      turns.map { $0.operations[index].value }.min() ?? 0
    }
    let sum = least.reduce(0, +)
    let share = sum > 0 ? TimeSummary(turns.map(\.whole)).median.value / sum : 1
    let step = runner.layout.step
    let spill = HostWork.spill(stepBytes: runner.layout.byteCount, cache: cache)
    return step.operations.enumerated().compactMap { index, operation in
      HostWork(operation.kernel, step, runner.layout.sizes).map {
        Sample(work: $0, seconds: least[index] * share, spill: spill)
      }
    }
  }

  /// The rates that fit the samples best, kernel by kernel.
  ///
  /// Errors are relative to each kernel's time.
  public static func rates(_ samples: [Sample]) -> [HostFigures.Kernel: HostFigures.Rates] {
    Dictionary(grouping: samples, by: \.work.kernel).mapValues { samples in
      LeastSquares.solve(
        samples.filter { $0.seconds > 0 }.map { sample in
          LeastSquares.Equation(
            row: sample.work.units(spill: sample.spill), value: sample.seconds,
            weight: 1 / (sample.seconds * sample.seconds))
        })
    }
  }
}
