import Testing
import TrainingStep
import VisionTransformer

@testable import Estimation

/// The closed form over depth against full walks of the program, for every structure.
@Suite struct ClosedFormTests {
  /// Head x optimizer x precision x clipping x rematerialization.
  static let structures: [Structure] = Head.allCases.flatMap { head in
    Optimizer.allCases.flatMap { optimizer in
      Precision.allCases.flatMap { precision in
        GradientClipping.allCases.flatMap { clipping in
          [Rematerialization.automatic, .full].map { rematerialization in
            Structure(
              head: head, optimizer: optimizer, precision: precision, clipping: clipping,
              rematerialization: rematerialization)
          }
        }
      }
    }
  }

  struct Structure: Sendable, CustomTestStringConvertible {
    var head: Head
    var optimizer: Optimizer
    var precision: Precision
    var clipping: GradientClipping
    var rematerialization: Rematerialization

    var testDescription: String { "\(head) \(optimizer) \(precision) \(clipping) \(rematerialization)" }

    func configuration(_ sizes: Sizes, depth: Int = 1) -> Configuration {
      Configuration(
        shape: Shape(
          width: sizes.width, depth: depth, mlpWidth: sizes.mlpWidth, heads: sizes.heads, patch: sizes.patch),
        batch: sizes.batch, imageSize: sizes.imageSize, head: head, classes: sizes.classes, optimizer: optimizer,
        precision: precision, gradientClipping: clipping, rematerialization: rematerialization)
    }
  }

  struct Sizes: Sendable {
    var width, mlpWidth, heads, patch, batch, imageSize, classes: Int
  }

  /// Sizes on both sides of every choice of the compiler (`XLARegime`).
  static let sizes = [
    Sizes(width: 768, mlpWidth: 3072, heads: 12, patch: 16, batch: 8, imageSize: 224, classes: 1000),
    Sizes(width: 1408, mlpWidth: 6144, heads: 16, patch: 14, batch: 8, imageSize: 224, classes: 29_593),
    Sizes(width: 1664, mlpWidth: 8192, heads: 16, patch: 28, batch: 2, imageSize: 224, classes: 21_843),
    Sizes(width: 1024, mlpWidth: 4096, heads: 8, patch: 16, batch: 1, imageSize: 224, classes: 29_593),
    Sizes(width: 384, mlpWidth: 1536, heads: 6, patch: 16, batch: 128, imageSize: 224, classes: 1000),
    Sizes(width: 384, mlpWidth: 1536, heads: 8, patch: 32, batch: 256, imageSize: 224, classes: 1000),
    Sizes(width: 1024, mlpWidth: 3072, heads: 8, patch: 14, batch: 32, imageSize: 384, classes: 29_593),
    Sizes(width: 1024, mlpWidth: 4096, heads: 8, patch: 16, batch: 128, imageSize: 224, classes: 1000),
    Sizes(width: 64, mlpWidth: 144, heads: 4, patch: 16, batch: 24, imageSize: 96, classes: 10),
    Sizes(width: 512, mlpWidth: 2048, heads: 4, patch: 28, batch: 64, imageSize: 224, classes: 29_593),
    Sizes(width: 256, mlpWidth: 1024, heads: 8, patch: 14, batch: 4, imageSize: 448, classes: 21_843),
    Sizes(width: 1664, mlpWidth: 8192, heads: 16, patch: 14, batch: 4, imageSize: 224, classes: 29_593),
  ]

  static let depths = [1, 2, 3, 4, 5, 6, 12]

  /// Calls `body` with the whole program of every one of `sizes` at some depths.
  private func forEachProgram(
    _ structure: Structure, depths: [Int], _ body: (Configuration, AxisSizes, StepStructure, Program) throws -> Void
  ) throws {
    for depth in depths {
      var programs: [StepStructure: Program] = [:]
      for size in Self.sizes {
        let configuration = structure.configuration(size, depth: depth)
        let step = StepStructure(configuration)
        let program = try programs[step] ?? TrainingStep(step, depth: depth).program
        programs[step] = program
        try body(configuration, AxisSizes(configuration), step, program)
      }
    }
  }

  @Test(arguments: structures)
  func candidatesAreThePeaksOfFullWalks(_ structure: Structure) throws {
    // The last two keep more of attention, in one precision each.
    let estimators = try ["tpu-v3", structure.precision == .bfloat16 ? "tpu-v4" : "tpu-v6e"].map {
      Estimator(device: try Bundled.catalog.get().device(named: $0))
    }
    try forEachProgram(structure, depths: Self.depths) { configuration, sizes, step, program in
      for estimator in estimators {
        for order in estimator.series(configuration).orders {
          let walk = LivenessWalk(program, policy: XLASavePolicy(structure: step, regime: order.live.regime))
          let peak = try #require(walk.liveBytes(sizes).max())
          let closed = try #require(order.candidates.map { $0.live(configuration.shape.depth) }.max())
          // Where a block keeps two tensors of logits, the only one has less alive at its attention than the last of several.
          let regime = order.live.regime
          let isExact = configuration.shape.depth > 1 || !(regime.writesSoftmax || regime.keepsUnscaledLogits)
          #expect(
            isExact ? closed == peak : (1...1.05).contains(Double(closed) / Double(peak)), "\(configuration.shape)")
        }
      }
    }
  }

  /// FLOPs, seconds and parameters of the closed form against sums over the operations of a whole program.
  @Test(arguments: structures)
  func sumsAreThoseOfWholePrograms(_ structure: Structure) throws {
    let estimator = try Bundled.estimator.get()
    let device = estimator.device
    try forEachProgram(structure, depths: [1, 2, 7]) { configuration, sizes, step, program in
      let estimate = estimator.estimate(configuration)
      #expect(estimate.parameterCount == program.parameterCount(sizes))
      let flops = program.flops(.forward, sizes) / Double(configuration.batch)
      #expect((estimate.flopsPerImage / flops - 1).magnitude < 1e-12)
      let writes = XLARegime(step, sizes).writesLogitsGradient
      let timing = try StepTiming(step, sizes, writesLogitsGradient: writes, device: device, tpu: device.tpu)
      let cycles = program.operations.reduce(0) { $0 + timing.cycles(CostClass($1, in: program)) }
      let seconds = cycles / device.clock + estimate.allReduceSeconds + (estimate.rematerialized?.seconds ?? 0)
      #expect((estimate.stepSeconds / seconds - 1).magnitude < 1e-12, "\(configuration.shape)")
    }
  }

  @Test func theSizesStandOnBothSidesOfEveryChoiceOfTheCompiler() {
    let regimes = Self.structures.flatMap { structure in
      Self.sizes.map { size in
        let configuration = structure.configuration(size)
        return XLARegime(StepStructure(configuration), AxisSizes(configuration))
      }
    }
    let choices: [(String, KeyPath<XLARegime, Bool>)] = [
      ("eager", \.eager), ("appliesHeadGradients", \.appliesHeadGradients),
      ("writesLogitsGradient", \.writesLogitsGradient), ("batchMajor", \.batchMajor),
      ("batchMajorQueries", \.batchMajorQueries), ("batchLanesOutput", \.batchLanesOutput),
      ("keepsKernels", \.keepsKernels), ("imagesOnLanes", \.imagesOnLanes), ("singleImage", \.singleImage),
      ("appliesAttentionAtOnce", \.appliesAttentionAtOnce), ("headMLPLast", \.headMLPLast),
      ("appliesAttentionForHeadMLP", \.appliesAttentionForHeadMLP),
      ("appliesAttentionForClassifier", \.appliesAttentionForClassifier),
      ("appliesMLPForClassifier", \.appliesMLPForClassifier),
    ]
    for (name, choice) in choices {
      #expect(Set(regimes.map { $0[keyPath: choice] }) == [true, false], "\(name)")
    }
    #expect(Set(regimes.map(\.classifierGradient)) == [.atOnce, .afterMLP, .last])
  }

  @Test(arguments: structures)
  func aSeriesOfAnyDepthGivesTheEstimatesOfAllDepths(_ structure: Structure) throws {
    let estimator = try Bundled.estimator.get()
    // An estimate is written over the one before, whatever that was.
    var written = estimator.estimate(structure.configuration(Self.sizes[0], depth: 3))
    for size in Self.sizes {
      let series = estimator.series(structure.configuration(size, depth: 7))
      guard !series.isScheduled else { continue }
      for depth in [1, 2, 12, 40, 100] {
        series.write(&written, depth: depth)
        #expect(written == estimator.estimate(structure.configuration(size, depth: depth)))
        #expect(series.estimate(depth: depth) == estimator.estimate(structure.configuration(size, depth: depth)))
      }
    }
  }

  /// Few and small sizes, of which many candidates have equally many bytes.
  static let sizesOfEqualBytes = [8, 128, 384, 1024].flatMap { width in
    [width, 4 * width].flatMap { mlpWidth in
      [1, 8, 128].flatMap { batch in
        [16, 112].map { patch in
          Sizes(
            width: width, mlpWidth: mlpWidth, heads: 8, patch: patch, batch: batch, imageSize: 224, classes: 128)
        }
      }
    }
  }

  /// One configuration alone takes another way, the peak of its own depth only, which must choose the same among equals.
  @Test(arguments: structures)
  func oneDepthAloneGivesTheEstimateOfItsSeries(_ structure: Structure) throws {
    for estimator in try Bundled.estimators.get() {
      for size in Self.sizes + Self.sizesOfEqualBytes {
        let series = estimator.series(structure.configuration(size))
        guard !series.isScheduled else { continue }
        for depth in [1, 2, 3, 17, 1000] {
          let alone = estimator.estimate(structure.configuration(size, depth: depth))
          #expect(
            alone == series.estimate(depth: depth), "\(size) at depth \(depth) on \(estimator.device.name)")
        }
      }
    }
  }

  /// The end of the backward pass is counted in buckets, not walked: the estimate's peak is the larger of both.
  @Test(arguments: structures)
  func thePeakIsTheLargestCandidateOrTheEndOfTheBackwardPass(_ structure: Structure) throws {
    let estimator = try Bundled.estimator.get()
    for size in Self.sizes {
      let series = estimator.series(structure.configuration(size))
      guard !series.isScheduled else { continue }
      for depth in [1, 4, 24] {
        let estimate = series.estimate(depth: depth)
        let temporaries = estimate.livePeak - estimate.parameters - estimate.optimizerState
        let order = try #require(
          series.orders.min { $0.livePeak(depth).live < $1.livePeak(depth).live })
        let most = try #require(order.candidates.map { $0.live(depth) }.max())
        // Head gradients that were applied by then are the only thing taken off.
        let applied = order.candidates.map(\.headGradients).max() ?? 0
        #expect(temporaries >= most - applied)
        if ![.endOfBackward, .firstAllReduce].contains(estimate.peak) { #expect(temporaries <= most) }
      }
    }
  }
}

extension EstimateSeries {
  /// The orders that the compiler of a device that is programmed through XLA may take, the usual one first.
  var orders: [SeriesOrder] {
    if case .tpu(let series) = self { [series.order] + [series.alternative].compactMap(\.self) } else { [] }
  }
}
