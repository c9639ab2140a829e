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
      let after = estimator.estimate(advice.change.applied(to: configuration))
      #expect(advice.change.applied(to: configuration) == advice.configuration)
      #expect(advice.estimate == after)
      #expect(advice.bytesSaved == before.livePeak - after.livePeak)
      #expect(advice.bytesSaved > 0)
      let time =
        (after.stepSeconds / Double(advice.configuration.batch)) / (before.stepSeconds / Double(question.batch))
      #expect((advice.relativeTimePerImage - time).magnitude < 1e-12)
    }
  }

  @Test(arguments: questions)
  func adviceIsSortedCheapestFirst(_ question: Question) throws {
    let advice = advisor.advice(for: try question.configuration(catalog))
    for (first, second) in zip(advice, advice.dropFirst()) {
      #expect(
        (first.relativeTimePerImage, -first.bytesSaved) <= (second.relativeTimePerImage, -second.bytesSaved),
        "\(first.change) before \(second.change)")
    }
  }

  @Test(arguments: questions)
  func everyAdviceChangesOneThingOnce(_ question: Question) throws {
    let configuration = try question.configuration(catalog)
    let advice = advisor.advice(for: configuration)
    #expect(Set(advice.map(\.change)).count == advice.count)
    for advice in advice {
      #expect(advice.configuration != configuration)
      #expect(advice.configuration.shape == configuration.shape)
    }
  }

  @Test func unrollingScannedLayersIsOffered() throws {
    var configuration = Configuration(shape: try catalog.shape(named: "ViT-g/14"), layers: .scanned)
    let change = try #require(advisor.advice(for: configuration).first { $0.change == .layers(.unrolled) })
    #expect(change.configuration.layers == .unrolled)
    #expect(change.estimate.verdict == .fits)
    configuration.layers = .unrolled
    #expect(!advisor.advice(for: configuration).contains { $0.configuration.layers != .unrolled })
  }

  @Test func adafactorMakesViTGFitWhereAdamDoesNot() throws {
    let configuration = Configuration(shape: try catalog.shape(named: "ViT-G/14"), batch: 8, optimizer: .adam)
    let change = try #require(
      advisor.advice(for: configuration).first { $0.change == .optimizer(.adafactor) })
    #expect(change.estimate.verdict == .fits)
    // Adam keeps 8 bytes a parameter, Adafactor a little over 2.
    let parameters = Double(change.estimate.parameterCount)
    #expect(Double(change.bytesSaved) > 5.5 * parameters)
    #expect(Double(change.bytesSaved) < 6.5 * parameters)
  }

  // MARK: - How much more would fit

  @Test(arguments: questions)
  func largestBatchIsTheLastThatFits(_ question: Question) throws {
    var configuration = try question.configuration(catalog)
    func fits(_ batch: Int) -> Bool {
      configuration.batch = batch
      return estimator.estimate(configuration).verdict == .fits
    }
    let largest = advisor.largestBatch(for: configuration)
    let lastThatFits = (1...(4 * (largest ?? 64) + 256)).last(where: fits)
    #expect(largest == lastThatFits)
  }

  /// Memory falls from one batch to the next where the compiler lays tensors out another way: 391 images of ViT-S take more
  /// than 392. The largest batch must be found on the far side of such a step.
  @Test func largestBatchIsFoundBeyondAStepDownInMemory() throws {
    var configuration = Configuration(
      shape: try catalog.shape(named: "ViT-S/16"), head: .gap, classes: 1000, optimizer: .adam,
      rematerialization: Rematerialization.none)
    func needed(_ batch: Int) -> Int {
      configuration.batch = batch
      let estimate = estimator.estimate(configuration)
      return estimate.livePeak + estimate.inputs
    }
    let step = try #require((2...600).last { needed($0) < needed($0 - 1) })
    let most = estimator.device.uncertainBand.livePeak.upperBound
    configuration.memoryLimit = Bytes(Int((Double(needed(step)) * most).rounded(.up)))
    func fits(_ batch: Int) -> Bool {
      configuration.batch = batch
      return estimator.estimate(configuration).verdict == .fits
    }
    try #require(!fits(step - 1))
    try #require(fits(step))
    #expect(try #require(advisor.largestBatch(for: configuration)) >= step)
    #expect(advisor.largestBatch(for: configuration) == (1...1200).last(where: fits))
  }

  @Test(arguments: questions)
  func largestDepthIsTheLastThatFits(_ question: Question) throws {
    var configuration = try question.configuration(catalog)
    let largest = advisor.largestDepth(for: configuration)
    let depths = 1...(4 * (largest ?? 64) + 256)
    #expect(
      largest
        == depths.last { depth in
          configuration.shape.depth = depth
          return estimator.estimate(configuration).verdict == .fits
        })
  }

  @Test func nothingIsTheAnswerWhereNotEvenOneImageFits() throws {
    var configuration = Configuration(shape: try catalog.shape(named: "ViT-G/14"), optimizer: .adam)
    #expect(advisor.largestBatch(for: configuration) == nil)
    configuration.memoryLimit = Bytes(1 << 20)
    #expect(advisor.largestDepth(for: configuration) == nil)
  }

  @Test func aBatchBeyondEveryLimitIsNotOffered() throws {
    let mu = Shape(width: 8, depth: 1, mlpWidth: 8, heads: 1, patch: 8)
    var configuration = Configuration(shape: mu, imageSize: 8, head: .gap, classes: 1, optimizer: .sgd)
    configuration.memoryLimit = Bytes(1 << 50)
    #expect(advisor.largestBatch(for: configuration) == Configuration.Limits.batch)
  }
}
