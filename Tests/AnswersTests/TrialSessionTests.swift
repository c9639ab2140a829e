import Catalog
import Evidence
import EvidenceStore
import Measurement
import Synchronization
import Testing
import VisionTransformer
import WorkerProcess

@testable import Answers

/// In-memory trials, each with a given outcome.
final class StubTrials: TrialRunning, Sendable {
  private let outcome: @Sendable (TrialRequest) -> TrialOutcome?
  private let requests = Mutex<[TrialRequest]>([])

  init(_ outcome: @escaping @Sendable (TrialRequest) -> TrialOutcome?) { self.outcome = outcome }

  var asked: [TrialRequest] { requests.withLock { $0 } }

  func describe(_ products: MatrixProducts?, stop: WorkerStopSignal) throws(TrialError) -> WorkerDescription? {
    WorkerDescription(library: "stub 1", processor: "stub", instructions: "none", memory: Bytes(1 << 30))
  }

  func run(
    _ request: TrialRequest, stop: WorkerStopSignal, progress: (TrialProcess.Progress) -> Void
  ) throws(TrialError) -> TrialOutcome? {
    requests.withLock { $0.append(request) }
    return outcome(request)
  }

  func yardstick(threads: Int) -> (name: String, read: () -> Seconds?) { ("stub", { Seconds(1e-4) }) }

  static func report() -> TrialReport {
    let step = TrialStep(forward: Seconds(0.001), backward: Seconds(0.002), update: Seconds(0.001), loss: 1)
    return TrialReport(
      warmUp: [step], steps: [step, step, step], planned: Bytes(1000), highWater: Bytes(1000), resident: nil,
      parts: MemoryBreakdown(total: Bytes(1000), limit: Bytes(1 << 30)), processor: "stub", instructions: "none",
      threads: 1, library: "stub 1", host: "here")
  }
}

struct TrialSessionTests {
  private let store: EvidenceStore
  private let configuration: Configuration

  init() throws {
    store = try EvidenceStore.inMemory()
    configuration = Configuration(
      shape: Shape(width: 64, depth: 2, mlpWidth: 128, heads: 1, patch: 16), device: "cpu", classes: 10,
      precision: .float32, dataParallel: 1)
  }

  private func session(_ trials: StubTrials, _ known: KnownAnswers = KnownAnswers()) throws -> TrialSession {
    try TrialSession(
      trials, TrialPlan(threads: 1, known: known), store: store, command: "test", grid: nil,
      context: AnswerContext(catalog: try Catalog.bundled()))
  }

  @Test func whatIsMeasuredIsKnownToTheNextSession() throws {
    let trials = StubTrials { _ in .completed(StubTrials.report()) }
    let first = try session(trials)
    _ = try first.close { try first.measure(configuration) }
    let second = try session(trials)
    guard case .evidence(let result, let report, isNew: false)? = try second.known(configuration) else {
      Issue.record("the store knows nothing of it")
      return
    }
    #expect(result.stepSeconds == Seconds(0.004) && report?.steps.count == 3)
    #expect(try session(trials, KnownAnswers(evidence: false)).known(configuration) == nil)
    #expect(trials.asked.first?.memoryLimit == Bytes(1 << 30))
  }

  @Test func aFailedTrialIsKnownUntilItIsToBeTriedAgain() throws {
    let trials = StubTrials { _ in .failed(TrialFailure(.timedOut(Seconds(5)))) }
    let first = try session(trials)
    _ = try first.close { try first.measure(configuration) }
    guard case .failed(let reason, isNew: false)? = try session(trials).known(configuration) else {
      Issue.record("the failure is not known")
      return
    }
    #expect(reason.explanation.hasPrefix("timed-out"))
    #expect(try session(trials, KnownAnswers(failures: false)).known(configuration) == nil)
  }

  @Test func aStoppedTrialLeavesNothing() throws {
    let trials = StubTrials { _ in nil }
    let session = try session(trials)
    let error = #expect(throws: AnswerError.self) {
      try session.close { try session.measure(configuration) }
    }
    #expect(error?.kind == .interrupted)
    #expect(try store.summary().configurations == 0 && store.run(1).status == .interrupted)
  }
}
