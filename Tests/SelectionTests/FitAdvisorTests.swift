import Catalog
import Estimation
import Selection
import Testing
import VisionTransformer

@Suite struct FitAdvisorTests {
  let catalog: Catalog
  let estimator: Estimator
  let advisor: FitAdvisor

  init() throws {
    catalog = try Catalog.bundled()
    estimator = Estimator(device: try catalog.device(named: "tpu-v3"))
    advisor = FitAdvisor(estimator)
  }

  /// Shapes on both sides of the limit: name, batch, head, optimizer.
  static let questions: [Question] = [
    Question("ViT-G/14", 8, .map, .adam), Question("ViT-G/14", 8, .token, .adamHalf),
    Question("ViT-g/14", 64, .token, .adafactor), Question("ViT-g/14", 8, .map, .adafactor),
    Question("ViT-B/16", 512, .token, .adam), Question("ViT-S/16", 128, .gap, .adam, .float32),
    Question("ViT-e/14", 4, .map, .adafactor),
  ]

  struct Question: Sendable, CustomTestStringConvertible {
    var shape: String
    var batch: Int
    var head: Head
    var optimizer: Optimizer
    var precision: Precision

    init(_ shape: String, _ batch: Int, _ head: Head, _ optimizer: Optimizer, _ precision: Precision = .bfloat16) {
      (self.shape, self.batch, self.head, self.optimizer, self.precision) = (shape, batch, head, optimizer, precision)
    }

    var testDescription: String { "\(shape) b\(batch) \(head) \(optimizer) \(precision)" }

    func configuration(_ catalog: Catalog) throws -> Configuration {
      Configuration(
        shape: try catalog.shape(named: shape), batch: batch, head: head, optimizer: optimizer, precision: precision,
        gradientClipping: .globalNorm)
    }
  }

  // MARK: - What would make it fit

  @Test(arguments: questions)
  func adviceSavesWhatItSays(_ question: Question) throws {
    let configuration = try question.configuration(catalog)
    let before = estimator.estimate(configuration)
    let advice = advisor.advice(for: configuration)
    #expect(!advice.isEmpty)
    for advice in advice {
      let after = estimator.estimate(advice.changes.reduce(configuration) { $1.applied(to: $0) })
      #expect(advice.changes.reduce(configuration) { $1.applied(to: $0) } == advice.configuration)
      #expect(advice.estimate == after)
      #expect(advice.bytesSaved == before.livePeak - after.livePeak)
      #expect(advice.bytesSaved > 0)
      let time =
        (after.stepSeconds / Double(advice.configuration.batch)) / (before.stepSeconds / Double(question.batch))
      #expect((try #require(advice.relativeTimePerImage) - time).magnitude < 1e-12)
    }
  }

  @Test(arguments: questions)
  func adviceIsSortedCheapestFirst(_ question: Question) throws {
    let advice = advisor.advice(for: try question.configuration(catalog))
    for (first, second) in zip(advice, advice.dropFirst()) {
      #expect(
        (first.relativeTimePerImage ?? 1, -first.bytesSaved)
          <= (second.relativeTimePerImage ?? 1, -second.bytesSaved),
        "\(first.changes) before \(second.changes)")
    }
  }

  @Test(arguments: questions)
  func everyAdviceChangesOneThingOnce(_ question: Question) throws {
    let configuration = try question.configuration(catalog)
    let advice = advisor.advice(for: configuration)
    #expect(Set(advice.map(\.changes)).count == advice.count)
    for advice in advice {
      #expect(advice.configuration != configuration)
      #expect(advice.configuration.shape == configuration.shape)
    }
  }

  @Test func unrollingScannedLayersIsOffered() throws {
    var configuration = Configuration(shape: try catalog.shape(named: "ViT-g/14"), layers: .scanned)
    let change = try #require(advisor.advice(for: configuration).first { $0.changes == [.layers(.unrolled)] })
    #expect(change.configuration.layers == .unrolled)
    #expect(change.estimate.verdict == .fits)
    #expect(change.bytesSaved == estimator.estimate(try configuration.validated()).livePeak - change.estimate.livePeak)
    configuration.layers = .unrolled
    #expect(!advisor.advice(for: configuration).contains { $0.configuration.layers != .unrolled })
  }

  @Test func adafactorMakesViTGFitWhereAdamDoesNot() throws {
    let configuration = Configuration(shape: try catalog.shape(named: "ViT-G/14"), batch: 8, optimizer: .adam)
    let change = try #require(
      advisor.advice(for: configuration).first { $0.changes == [.optimizer(.adafactor)] })
    #expect(change.estimate.verdict == .fits)
    // Adam keeps 8 bytes a parameter, Adafactor a little over 2.
    let parameters = Double(change.estimate.parameterCount)
    #expect(Double(change.bytesSaved) > 5.5 * parameters)
    #expect(Double(change.bytesSaved) < 6.5 * parameters)
  }

  @Test func whereNoSingleChangeSufficesTheCheapestCombinationsAreOffered() throws {
    let configuration = Configuration(
      shape: try catalog.shape(named: "ViT-G/14"), batch: 128, head: .map, optimizer: .adam, precision: .float32)
    let singles = advisor.advice(for: configuration)
    try #require(!singles.contains { $0.estimate.verdict == .fits })
    let found = advisor.combinations(for: configuration, singles: singles)
    #expect(!found.isEmpty && found.count <= 3)
    for advice in found {
      #expect((2...3).contains(advice.changes.count) && Set(advice.changes.map(\.key)).count == advice.changes.count)
      #expect(estimator.estimate(advice.configuration).verdict == .fits)
      #expect(advice.changes.reduce(configuration) { $1.applied(to: $0) } == advice.configuration)
    }
    for (first, second) in zip(found, found.dropFirst()) {
      #expect(try #require(first.relativeTimePerImage) <= #require(second.relativeTimePerImage))
    }
  }

  @Test func whereASingleChangeSufficesNoCombinationIsOffered() throws {
    let configuration = Configuration(shape: try catalog.shape(named: "ViT-G/14"), optimizer: .adam)
    #expect(advisor.combinations(for: configuration, singles: advisor.advice(for: configuration)).isEmpty)
  }

  // MARK: - How much more would fit

  @Test(arguments: questions)
  func largestBatchIsTheLastThatFits(_ question: Question) throws {
    var configuration = try question.configuration(catalog)
    func fits(_ batch: Int) -> Bool {
      configuration.batch = batch
      return estimator.estimate(configuration).verdict == .fits
    }
    let largest = advisor.roomForBatch(configuration).largest
    let lastThatFits = (1...(4 * (largest ?? 64) + 256)).last(where: fits)
    #expect(largest == lastThatFits ?? 0)
  }

  /// Memory falls from one batch to the next where the compiler lays tensors out another way: 391 images of ViT-S take more
  /// than 392. The largest batch must be found on the far side of such a step.
  @Test func largestBatchIsFoundBeyondAStepDownInMemory() throws {
    var configuration = Configuration(
      shape: try catalog.shape(named: "ViT-S/16"), head: .gap, classes: 1000, optimizer: .adam,
      rematerialization: Rematerialization.none)
    let most = try estimator.device.tpu.uncertainBand.livePeak.upperBound
    func needed(_ batch: Int) -> Int {
      configuration.batch = batch
      let estimate = estimator.estimate(configuration)
      return max(estimate.total, Int((Double(estimate.livePeak + estimate.inputs) * most).rounded(.up)))
    }
    let step = try #require((2...600).last { needed($0) < needed($0 - 1) })
    configuration.memoryLimit = Bytes(needed(step))
    func fits(_ batch: Int) -> Bool {
      configuration.batch = batch
      return estimator.estimate(configuration).verdict == .fits
    }
    try #require(!fits(step - 1))
    try #require(fits(step))
    #expect(try #require(advisor.roomForBatch(configuration).largest) >= step)
    #expect(advisor.roomForBatch(configuration).largest == (1...1200).last(where: fits))
  }

  @Test(arguments: questions)
  func largestDepthIsTheLastThatFits(_ question: Question) throws {
    var configuration = try question.configuration(catalog)
    let largest = advisor.roomForDepth(configuration).largest
    let depths = 1...(4 * (largest ?? 64) + 256)
    #expect(
      largest
        == depths.last { depth in
          configuration.shape.depth = depth
          return estimator.estimate(configuration).verdict == .fits
        } ?? 0)
  }

  @Test func nothingIsTheAnswerWhereNotEvenOneImageFits() throws {
    var configuration = Configuration(shape: try catalog.shape(named: "ViT-G/14"), optimizer: .adam)
    #expect(advisor.roomForBatch(configuration).largest == 0)
    configuration.memoryLimit = Bytes(1 << 20)
    #expect(advisor.roomForDepth(configuration).largest == 0)
  }

  @Test func aBatchBeyondEveryLimitIsNotOffered() throws {
    let mu = Shape(width: 8, depth: 1, mlpWidth: 8, heads: 1, patch: 8)
    var configuration = Configuration(shape: mu, imageSize: 8, head: .gap, classes: 1, optimizer: .sgd)
    configuration.memoryLimit = Bytes(1 << 50)
    #expect(advisor.roomForBatch(configuration).largest == Configuration.Limits.batch)
  }
}
