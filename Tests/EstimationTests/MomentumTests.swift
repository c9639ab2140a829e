import Testing
import VisionTransformer

@testable import Estimation

/// Descent with momentum against the real compiler: live peaks of the same step in JAX, Flax and Optax, as `Validation/oracle.py
/// --memory` reads them from the log of libtpu 0.0.17.1 for eight cores of a TPUv3. Asked when the model was done.
@Suite struct MomentumTests {
  /// A step, and its live peak in bytes.
  struct Row: Sendable, CustomTestStringConvertible {
    var configuration: Configuration
    var peak: Int

    init(
      _ width: Int, _ depth: Int, _ mlpWidth: Int, _ heads: Int, _ patch: Int, batch: Int, imageSize: Int = 224,
      _ head: Head,
      classes: Int, _ precision: Precision, clips: Bool = false, peak: Int
    ) {
      configuration = Configuration(
        shape: Shape(width: width, depth: depth, mlpWidth: mlpWidth, heads: heads, patch: patch), batch: batch,
        imageSize: imageSize, head: head, classes: classes, optimizer: .sgdMomentum, precision: precision,
        gradientClipping: clips ? .globalNorm : .none)
      self.peak = peak
    }

    var testDescription: String {
      "\(configuration.shape), \(configuration.batch) images, \(configuration.head), \(configuration.precision)"
    }

    func error() throws -> Double {
      Double(try Bundled.estimator.get().estimate(configuration).livePeak) / Double(peak) - 1
    }
  }

  static let small = [
    Row(192, 12, 768, 3, 16, batch: 64, .token, classes: 1000, .bfloat16, peak: 1_073_372_160),
    Row(192, 12, 768, 3, 16, batch: 64, .token, classes: 1000, .float32, peak: 1_712_358_400),
    Row(384, 12, 1536, 6, 16, batch: 32, .token, classes: 1000, .float32, peak: 1_756_032_000),
    Row(384, 12, 1536, 6, 16, batch: 32, .map, classes: 1000, .bfloat16, peak: 1_172_153_344),
    Row(768, 12, 3072, 12, 16, batch: 8, .gap, classes: 1000, .bfloat16, peak: 1_212_380_160),
    Row(768, 12, 3072, 12, 16, batch: 8, .gap, classes: 1000, .float32, peak: 1_520_645_120),
    Row(768, 12, 3072, 12, 16, batch: 8, .map, classes: 1000, .float32, peak: 1_603_398_656),
    Row(768, 12, 3072, 12, 16, batch: 32, .token, classes: 1000, .float32, peak: 3_801_777_152),
    Row(768, 12, 3072, 12, 16, batch: 32, .gap, classes: 1000, .bfloat16, peak: 2_596_402_176),
    Row(768, 12, 3072, 12, 32, batch: 64, .map, classes: 1000, .float32, peak: 2_340_363_264),
    Row(1024, 24, 4096, 16, 16, batch: 8, .gap, classes: 1000, .bfloat16, peak: 3_709_608_960),
    Row(1024, 24, 4096, 16, 16, batch: 8, .gap, classes: 1000, .float32, peak: 4_523_387_904),
    Row(1024, 24, 4096, 16, 16, batch: 8, .map, classes: 1000, .bfloat16, peak: 3_831_415_808),
    Row(384, 12, 1536, 6, 32, batch: 16, .token, classes: 1000, .float32, peak: 444_238_848),
    Row(384, 12, 1536, 6, 32, batch: 16, .map, classes: 1000, .float32, peak: 465_268_736),
    Row(768, 12, 3072, 12, 16, batch: 16, .token, classes: 1000, .bfloat16, clips: true, peak: 1_673_978_880),
    Row(768, 12, 3072, 12, 16, batch: 16, .token, classes: 1000, .float32, clips: true, peak: 2_279_392_256),
    Row(768, 12, 3072, 12, 16, batch: 16, .map, classes: 1000, .bfloat16, clips: true, peak: 1_744_555_008),
    Row(768, 12, 3072, 12, 16, batch: 16, .map, classes: 1000, .float32, clips: true, peak: 2_364_053_504),
    Row(512, 6, 2048, 8, 14, batch: 8, .map, classes: 29593, .bfloat16, peak: 550_149_120),
    Row(1024, 4, 4096, 16, 14, batch: 4, .token, classes: 10, .bfloat16, peak: 645_864_448),
    Row(640, 10, 1920, 10, 28, batch: 48, .gap, classes: 365, .float32, peak: 1_300_802_560),
    Row(1280, 8, 5120, 16, 14, batch: 8, .gap, classes: 21841, .float32, peak: 2_576_485_376),
    Row(896, 5, 3584, 14, 16, batch: 24, .map, classes: 1000, .float32, peak: 1_722_299_392),
  ]

  /// Drawn at random, kept where the estimate was 0.8 to 1.15 of the memory.
  static let nearTheLimit = [
    Row(1792, 27, 7168, 14, 16, batch: 16, .gap, classes: 21841, .float32, peak: 15_046_605_824),
    Row(1760, 19, 8768, 20, 32, batch: 128, .gap, classes: 29593, .bfloat16, peak: 13_786_802_176),
    Row(880, 16, 3520, 10, 16, batch: 128, imageSize: 256, .token, classes: 10, .bfloat16, peak: 16_924_562_432),
    Row(2048, 32, 7168, 16, 14, batch: 4, .gap, classes: 10, .float32, peak: 15_391_473_664),
    Row(2080, 32, 8320, 20, 32, batch: 8, .map, classes: 1000, .bfloat16, peak: 15_259_538_432),
    Row(1664, 27, 6656, 16, 16, batch: 16, .token, classes: 1000, .float32, clips: true, peak: 13_681_955_840),
    Row(1120, 18, 5568, 14, 16, batch: 64, .token, classes: 10, .float32, peak: 16_179_088_384),
    Row(
      720, 27, 2496, 10, 32, batch: 128, imageSize: 384, .token, classes: 1000, .bfloat16, clips: true,
      peak: 13_420_690_432),
    Row(
      2048, 34, 6144, 16, 16, batch: 8, imageSize: 256, .gap, classes: 21841, .float32, clips: true,
      peak: 17_866_319_872),
    Row(2048, 32, 8192, 16, 32, batch: 16, .map, classes: 1000, .bfloat16, peak: 15_566_105_600),
    Row(
      2080, 29, 6208, 20, 32, batch: 8, imageSize: 384, .map, classes: 1000, .bfloat16, clips: true,
      peak: 13_491_407_872),
    Row(2048, 28, 8192, 16, 32, batch: 16, imageSize: 384, .token, classes: 1000, .bfloat16, peak: 15_658_812_416),
    Row(512, 24, 2560, 8, 16, batch: 128, .token, classes: 21841, .float32, peak: 18_033_402_880),
    Row(2080, 27, 7232, 20, 14, batch: 8, .map, classes: 21841, .bfloat16, peak: 14_201_389_056),
    Row(
      896, 22, 4480, 14, 16, batch: 16, imageSize: 384, .token, classes: 1000, .float32, clips: true,
      peak: 16_567_345_152),
    Row(1760, 20, 5248, 20, 14, batch: 64, .gap, classes: 10, .bfloat16, peak: 19_066_311_680),
    Row(1792, 33, 7168, 14, 28, batch: 8, .map, classes: 29593, .bfloat16, clips: true, peak: 13_762_681_856),
    Row(1920, 32, 7680, 20, 32, batch: 64, .token, classes: 21841, .bfloat16, peak: 17_013_760_000),
    Row(1120, 29, 4480, 14, 32, batch: 64, imageSize: 384, .token, classes: 1000, .bfloat16, peak: 13_798_468_608),
    Row(2048, 33, 8192, 16, 32, batch: 8, imageSize: 256, .map, classes: 1000, .bfloat16, peak: 15_691_940_864),
    Row(2048, 29, 7168, 16, 32, batch: 24, imageSize: 256, .gap, classes: 1000, .bfloat16, peak: 13_637_698_560),
    Row(768, 35, 3072, 8, 16, batch: 24, imageSize: 384, .map, classes: 1000, .bfloat16, peak: 15_169_793_024),
    Row(704, 17, 3520, 8, 16, batch: 128, .token, classes: 21841, .float32, peak: 16_612_311_040),
    Row(1152, 26, 5760, 12, 16, batch: 64, .token, classes: 10, .bfloat16, clips: true, peak: 15_514_802_176),
  ]

  @Test(arguments: small + nearTheLimit) func everyLivePeakIsWithin2Percent(_ row: Row) throws {
    let error = try row.error()
    #expect(error.magnitude <= 0.02, "off by \(error)")
  }

  @Test func livePeaksAreWithinATenthOfAPercentInTheMedian() throws {
    for rows in [Self.small, Self.nearTheLimit] {
      let errors = try rows.map { try $0.error().magnitude }.sorted()
      #expect(errors[errors.count / 2] <= 0.001, "\(errors)")
    }
  }

  /// The larger errors among 82 steps without recomputed blocks: few tokens with a MAP head (3.8 % under Adam), and two
  /// steps of wide blocks in float32 without clipping, for which the model is off under other optimizers too (8 blocks
  /// of the second: 5.8 % under Adam, 13.6 % under plain descent; of the third: 0.1 % and 10.5 %).
  @Test(arguments: [
    Row(768, 12, 3072, 12, 32, batch: 64, .map, classes: 1000, .bfloat16, peak: 1_914_812_416),
    Row(2560, 15, 10240, 20, 16, batch: 8, .map, classes: 21841, .float32, peak: 13_452_439_552),
    Row(2048, 24, 8192, 16, 32, batch: 32, .gap, classes: 1000, .float32, peak: 13_364_825_088),
  ]) func whatIsFurtherOffIsKnown(_ row: Row) throws {
    let error = try row.error().magnitude
    #expect(error <= 0.06, "off by \(error)")
  }

  /// There is one more copy of the momentum than under plain descent, laid out like the parameters.
  @Test(arguments: Head.allCases, Precision.allCases) func theStateIsThatOfTheParameters(
    _ head: Head, _ precision: Precision
  ) throws {
    var configuration = Configuration(shape: Shape(width: 384, depth: 12, mlpWidth: 1536, heads: 6, patch: 16))
    configuration.head = head
    configuration.precision = precision
    configuration.optimizer = .sgdMomentum
    let moving = try Bundled.estimator.get().estimate(configuration)
    configuration.optimizer = .sgd
    let plain = try Bundled.estimator.get().estimate(configuration)
    #expect(moving.optimizerState == moving.parameters && plain.optimizerState == 0)
    #expect(moving.livePeak - plain.livePeak >= moving.parameters && moving.stepSeconds > plain.stepSeconds)
    #expect(moving.parameters == plain.parameters)
  }

  /// The order of recomputed blocks under descent is the compiler's own.
  @Test func recomputedBlocksHaveAVerdict() throws {
    var configuration = Configuration(shape: Shape(width: 384, depth: 12, mlpWidth: 1536, heads: 6, patch: 16))
    configuration.optimizer = .sgdMomentum
    configuration.rematerialization = .full
    let estimate = try Bundled.estimator.get().estimate(configuration)
    #expect(estimate.verdict == .fits && estimate.isScheduled)
  }
}
