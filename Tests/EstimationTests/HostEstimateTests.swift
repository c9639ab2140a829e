import Estimation
import HostPlan
import Testing
import TrainingStep
import VisionTransformer

/// A host on which every kernel takes a microsecond and a teraflop a second.
private let figures = HostFigures(
  threads: 2, cache: Bytes(1 << 25),
  rates: Dictionary(
    uniqueKeysWithValues: HostFigures.Kernel.allCases.map {
      ($0, HostFigures.Rates(1e-6, 1e-12, 0, 0, 0, 1e-10, 0, 0))
    }))

private let device = host(figures)

private func host(_ figures: HostFigures) -> Device {
  Device(
    name: "cpu", kind: .host(figures), summary: "a host for tests", memory: Bytes(1 << 34),
    usableMemory: Bytes(1 << 34), bandwidth: 1e10, peakFLOPs: 1e12, clock: 1e9, validation: .measured)
}

private func configuration(
  _ depth: Int, head: Head = .map, optimizer: Optimizer = .adam, rematerialization: Rematerialization = .none,
  batch: Int = 8
) -> Configuration {
  Configuration(
    shape: Shape(width: 192, depth: depth, mlpWidth: 768, heads: 3, patch: 16), device: "cpu", batch: batch,
    imageSize: 160, head: head, classes: 100, optimizer: optimizer, precision: .float32,
    rematerialization: rematerialization, dataParallel: 1)
}

private func layout(_ c: Configuration) throws -> HostLayout {
  try HostLayout(HostProgram(TrainingStep(c).program), AxisSizes(c), threads: 2)
}

@Suite struct HostEstimateTests {
  private let estimator = Estimator(device: device)

  @Test(arguments: Head.allCases, Optimizer.allCases)
  func bytesAreThoseOfThePlanAtEveryDepth(_ head: Head, _ optimizer: Optimizer) throws {
    for rematerialization in [Rematerialization.none, .full] {
      // At batch 3 a block's gradients are more than what the last one keeps less than the others.
      for (depth, batch) in [1, 2, 3, 5, 24].flatMap({ [($0, 8), ($0, 3)] }) {
        let c = configuration(
          depth, head: head, optimizer: optimizer, rematerialization: rematerialization, batch: batch)
        let plan = try layout(c)
        let estimate = estimator.estimate(c)
        #expect(estimate.livePeak == plan.arena.livePeak + plan.scratchPerThread * plan.threads, "depth \(depth)")
        let parts = estimate.arguments + estimate.activations + estimate.gradients + estimate.workspace
        #expect(parts == estimate.livePeak)
      }
    }
  }

  @Test func aDeviceThatWasProbedBesideSomethingElseSaysSoInEveryResult() throws {
    var busy = figures
    busy.disturbed = 8
    let notes = Estimator(device: host(busy)).result(for: configuration(6)).provenance.notes
    #expect(notes.contains { $0.hasPrefix("cpu was probed beside something else, which held up 8 of its steps") })
    #expect(!estimator.result(for: configuration(6)).provenance.notes.contains { $0.contains("probed") })
  }

  @Test func anEstimateSpeaksForTheMachineOfItsFigures() {
    var known = figures
    known.processor = "AMD EPYC"
    #expect(Estimator(device: host(known)).result(for: configuration(6)).provenance.speaksFor == "AMD EPYC, 2 threads")
    #expect(estimator.result(for: configuration(6)).provenance.speaksFor == nil)
  }

  @Test func theVerdictIsThatOfThePlanToTheByte() throws {
    var c = configuration(6)
    let needed = try layout(c).byteCount
    c.memoryLimit = Bytes(needed)
    #expect(estimator.estimate(c).verdict == .fits)
    c.memoryLimit = Bytes(needed - 1)
    #expect(estimator.estimate(c).verdict == .doesNotFit)
  }

  @Test func timeIsTheSumOfTheKernels() throws {
    let c = configuration(5)
    let plan = try layout(c)
    let spill = HostWork.spill(stepBytes: estimator.estimate(c).livePeak, cache: figures.cache)
    let seconds = plan.step.operations.reduce(0.0) {
      $0 + (HostWork($1.kernel, plan.step, plan.sizes)?.seconds(figures, spill: spill) ?? 0)
    }
    #expect(abs(estimator.estimate(c).stepSeconds - seconds) < 1e-9 * seconds)
    #expect(spill > 0)
  }

  @Test func whatAHostDoesNotRunIsEstimatedAsItRunsItAndSaid() {
    var c = configuration(2)
    let float32 = estimator.estimate(c)
    c.precision = .bfloat16
    c.layers = .scanned
    #expect(estimator.estimate(c) == float32)
    let notes = estimator.result(estimator.estimate(c), for: c).provenance.notes
    #expect(
      notes == ["cpu runs float32 activations: estimated for them", "cpu runs blocks unrolled: estimated for that"])
  }

  @Test func theTimelineEndsWithTheUpdateAndPeaksWhereTheEstimateDoes() throws {
    let c = configuration(3)
    let timeline = try estimator.timeline(c)
    #expect(timeline.events.last?.phase == .update)
    let plan = try layout(c)
    #expect(timeline.events[timeline.peakIndex].bytes == plan.arena.livePeak)
  }
}
