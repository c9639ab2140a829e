import Estimation
import Foundation
import HostPlan
import VisionTransformer

/// Measures how fast this machine runs each kind of kernel, by steps whose every operation is timed.
public struct HostProbe: Sendable {
  /// One kernel of one step as it was timed.
  public struct Sample: Sendable, Hashable {
    /// Its work.
    public var work: HostWork
    /// Least wall time: what nothing disturbed.
    public var seconds: Double
    /// Share of activations that come from memory.
    public var spill: Double
  }

  /// Threads.
  public var threads: Int
  /// Library for matrix products; nil: the fastest that is there.
  public var products: MatrixProducts?

  /// A probe.
  public init(threads: Int = StepRunner.Options.processors, products: MatrixProducts? = nil) {
    self.threads = threads
    self.products = products
  }

  /// Timed steps of a configuration, after one that is not counted.
  static let steps = 9

  /// The steps that are timed: all heads and optimizers, widths and token counts from small to large, steps that fit the cache
  /// and steps that do not. None is in a grid that estimates are held against.
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

  /// Rounds over the configurations that were disturbed, the first over all of them.
  static let rounds = 3

  /// The kernels of one configuration, and the longer time of the yardstick before and after them.
  private struct Timed {
    var samples: [Sample] = []
    var yardstick = Seconds(.infinity)
  }

  /// Times every kernel of every configuration, between two readings of a yardstick; those where it took longer than its best
  /// of all are timed again. A machine whose threads are far apart for a while would else be two machines in one.
  ///
  /// - Parameter progress: called before each configuration with how many are done; may throw to stop.
  /// - Returns: the samples, and how many configurations are disturbed still.
  /// - Throws: `MeasurementError`, and what `progress` throws.
  public func samples(
    cache: Bytes, progress: (Int) throws -> Void = { _ in }
  ) throws -> (samples: [Sample], disturbed: Int) {
    let yardstick = Yardstick(threads: threads, cache: cache)
    var timed = Array(repeating: Timed(), count: Self.configurations.count)
    var best = Seconds(.infinity)
    func isDisturbed(_ index: Int) -> Bool {
      timed[index].yardstick.value > (1 + YardstickReading.tolerance) * best.value
    }
    for round in 0..<Self.rounds {
      for index in timed.indices where round == 0 || isDisturbed(index) {
        try progress(round == 0 ? index : timed.count)
        let before = yardstick.read() ?? best
        let samples = try samples(Self.configurations[index], cache: cache)
        let after = yardstick.read() ?? best
        best = min(best, before, after)
        let worst = max(before, after)
        if worst < timed[index].yardstick || round == 0 { timed[index] = Timed(samples: samples, yardstick: worst) }
      }
    }
    return (timed.flatMap(\.samples), timed.indices.count(where: isDisturbed))
  }

  private func samples(_ configuration: Configuration, cache: Bytes) throws -> [Sample] {
    let runner = try StepRunner(configuration, options: StepRunner.Options(threads: threads, products: products))
    _ = runner.step()
    let runs = (0..<Self.steps).map { _ in runner.profiledStep() }
    let step = runner.layout.step
    let spill = HostWork.spill(stepBytes: runner.layout.byteCount, cache: cache)
    return step.operations.enumerated().compactMap { index, operation in
      HostWork(operation.kernel, step, runner.layout.sizes).map { work in
        Sample(work: work, seconds: runs.map { $0[index].value }.min() ?? 0, spill: spill)
      }
    }
  }

  /// The rates that explain the samples best, kernel by kernel.
  ///
  /// A sample counts by the inverse of its time: long kernels decide a step, short ones are many.
  public static func rates(_ samples: [Sample]) -> [HostFigures.Kernel: HostFigures.Rates] {
    Dictionary(grouping: samples, by: \.work.kernel).mapValues { samples in
      LeastSquares.solve(
        samples.filter { $0.seconds > 0 }.map { sample in
          var row = sample.work.units
          row[HostFigures.Work.spill.index] *= sample.spill
          return LeastSquares.Equation(row: row, value: sample.seconds, weight: 1 / sample.seconds)
        })
    }
  }
}
