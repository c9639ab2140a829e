import Catalog
import Testing
import VisionTransformer

@testable import Answers

/// The length and the cost of a run, and the questions about it that are refused.
struct BudgetTests {
  private let catalog: Catalog

  init() throws { catalog = try Catalog.bundled() }

  @Test func imagesAreCountedExactly() throws {
    #expect(try BudgetQuestion().run() == nil && BudgetQuestion().words == nil)
    let epochs = BudgetQuestion(epochs: 300, datasetSize: 1.28 * 1e6, chips: 32)
    #expect(try epochs.run()?.examples == 384_000_000)
    #expect(epochs.words == "300 epochs of 1,280,000 images")
    // The product of a double and a power of ten is not always a whole number.
    #expect(try BudgetQuestion(epochs: 1, datasetSize: 1.281167 * 1e6).run()?.examples == 1_281_167)
    #expect(try BudgetQuestion(examples: 16.000001 * 1e9).run()?.examples == 16_000_001_000)
    #expect(BudgetQuestion(epochs: 1, datasetSize: 1).words == "1 epoch of 1 image")
    #expect(BudgetQuestion(examples: 3e9).words == "3,000,000,000 images")
    #expect(BudgetQuestion(epochs: 0.5, datasetSize: 10).words == "0.5 epochs of 10 images")
  }

  @Test(arguments: [
    (BudgetQuestion(epochs: 300), "epochs"), (BudgetQuestion(datasetSize: 1e6), "datasetSize"),
    (BudgetQuestion(chips: 8), "chips"), (BudgetQuestion(examples: 1e9, chips: 0), "chips"),
    (BudgetQuestion(examples: 1e9, epochs: 3, datasetSize: 1e6), "examples"),
    (BudgetQuestion(examples: 1e9, datasetSize: 1e6), "examples"), (BudgetQuestion(examples: 0), "examples"),
    (BudgetQuestion(examples: 2e15), "examples"), (BudgetQuestion(examples: .infinity), "examples"),
    (BudgetQuestion(examples: .nan), "examples"), (BudgetQuestion(epochs: 0, datasetSize: 5), "epochs"),
    (BudgetQuestion(epochs: 1e9, datasetSize: 1e9), "epochs"),
    (BudgetQuestion(epochs: 1, datasetSize: 0), "datasetSize"),
    (BudgetQuestion(epochs: 1, datasetSize: 1e300), "datasetSize"),
    (BudgetQuestion(epochs: .nan, datasetSize: 5), "epochs"),
  ])
  func questionsThatMakeNoSenseNameTheirKey(question: BudgetQuestion, key: String) {
    let error = #expect(throws: AnswerError.self) { try question.run() }
    #expect(error?.violation?.key == key && error?.kind == .invalid)
  }

  @Test func aHostHasNoChips() throws {
    let host = try catalog.device(named: "cpu")
    let error = #expect(throws: AnswerError.self) { try BudgetQuestion(examples: 1e6, chips: 1).run(on: host) }
    #expect(error?.violation?.key == "chips")
    let plan = try #require(try TrainingPlan(BudgetQuestion(examples: 1e6)))
    let answer = try CheckAnswer(
      Configuration(shape: catalog.shape(named: "ViT-S/16"), device: "cpu"), catalog, assumed: [])
    let training = try #require(plan.training(answer.result, compiled: nil, on: host))
    #expect(training.wholeRuns == nil && training.estimated?.chipTime == nil && training.estimated?.schedule == nil)
  }

  /// 300 epochs of 1.28 million images in steps of 8 images on each of 64 cores: 750,000 steps.
  @Test func stepsHoursAndDaysFollowFromTheStep() throws {
    let core = try catalog.device(named: "tpu-v3"), chip = try catalog.device(named: "tpu-v5e")
    let run = try #require(try BudgetQuestion(epochs: 300, datasetSize: 1.28e6, chips: 32).run(on: core))
    let cost = try #require(run.cost(on: core, batch: 8, step: Seconds(0.36)))
    #expect(cost.schedule?.devices == 64 && cost.schedule?.globalBatch == 512 && cost.schedule?.steps == 750_000)
    #expect(cost.schedule?.elapsed == Seconds(270_000))
    #expect(cost.deviceDays == 200 && cost.chipTime == Seconds(8_640_000))
    let chips = try #require(run.cost(on: chip, batch: 8, step: Seconds(0.36)))
    #expect(chips.schedule?.devices == 32 && chips.schedule?.steps == 1_500_000)
    #expect(chips.deviceTime == chips.chipTime)
    // A partial batch takes a whole step; if the number of chips is not given, there are no steps.
    let odd = try #require(try BudgetQuestion(examples: 513, chips: 32).run())
    #expect(odd.cost(on: core, batch: 8, step: Seconds(1))?.schedule?.steps == 2)
    let open = try #require(try BudgetQuestion(examples: 16).run())
    let alone = try #require(open.cost(on: core, batch: 8, step: Seconds(1)))
    #expect(alone.schedule == nil && alone.deviceTime == Seconds(2) && alone.chipTime == Seconds(1))
  }

  /// The published time of ViT-g/14's run affects none of the model's figures: it is shown beside them, and reproduces
  /// its own run.
  @Test func publishedRunsStandBesideTheModelsFigures() throws {
    let plan = try #require(try TrainingPlan(BudgetQuestion(examples: 16e9)))
    let device = try catalog.device(named: "tpu-v3")
    let answer = try CheckAnswer(
      Configuration(
        shape: catalog.shape(named: "ViT-g/14"), batch: 32, head: .map, optimizer: .adafactor,
        gradientClipping: .globalNorm, dataParallel: 1024), catalog, assumed: [])
    let training = try #require(plan.training(answer.result, compiled: nil, on: device))
    let whole = try #require(training.wholeRuns), cost = try #require(training.estimated)
    let step = try #require(answer.result.stepSeconds)
    #expect(cost.deviceTime == Seconds(16e9 / 32 * step.value))
    #expect((cost.deviceTime.value / 3600 / whole.efficiency - 210_000).magnitude < 1)
    #expect(whole.efficiency > 0.8 && whole.efficiency < 1 && whole.testError.magnitude < 0.1)
    #expect(whole.fittedOn == "ViT-g/14" && whole.testedOn == "ViT-So400m/14")
  }
}
