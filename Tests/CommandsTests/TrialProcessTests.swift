import Evidence
import Foundation
import Measurement
import Testing
import VisionTransformer
import WorkerProcess

/// Workers that are killed, hang, crash or write nonsense, and how their parent handles it.
@Suite(.serialized) final class TrialProcessTests {
  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  private func request(steps: Int = 2, timeout: Seconds = Seconds(60), limit: Bytes? = nil) -> TrialRequest {
    let configuration = Configuration(
      shape: Shape(width: 32, depth: 1, mlpWidth: 64, heads: 1, patch: 16), device: "cpu", batch: 2, imageSize: 32,
      classes: 10, optimizer: .adam, precision: .float32, dataParallel: 1)
    return TrialRequest(
      configuration, threads: 1, warmUp: .init(exactly: 1), steps: .init(exactly: steps), memoryLimit: limit,
      timeout: timeout)
  }

  private func trials(_ script: String? = nil) throws -> TrialProcess {
    let path = try script.map { try program.workerScript($0) } ?? Program.worker.path(percentEncoded: false)
    return TrialProcess(try WorkerProgram(path: path))
  }

  private func reason(_ outcome: TrialOutcome?) -> TrialFailure.Reason? {
    guard case .failed(let failure)? = outcome else { return nil }
    return failure.reason
  }

  @Test(.timeLimit(.minutes(2))) func aWorkerKilledAtAnyMomentIsAnOutcome() throws {
    let trials = try trials()
    var generator = SystemRandomNumberGenerator()
    var killed = 0, completed = 0
    // Until fifty were killed, at moments from before a worker runs to its last steps; some are over before it comes to that.
    while killed < 50, completed < 500 {
      let delay = UInt32.random(in: 0...60_000, using: &generator)
      let outcome = try trials.run(request(steps: 2000)) { event in
        guard case .launched(let process) = event else { return }
        Thread.detachNewThread {
          usleep(delay)
          kill(process, SIGKILL)
        }
      }
      switch outcome {
      case .failed(let failure)?:
        #expect(failure.reason == .killed(signal: SIGKILL))
        #expect(failure.description.contains("killed by signal 9"))
        killed += 1
      case .completed(let report)?:
        #expect(report.steps.count == 2000)
        completed += 1
      default: Issue.record("\(outcome as Any)")
      }
    }
    #expect(killed == 50)
    // Nothing of it lasts.
    guard case .completed? = try trials.run(request()) else { return #expect(Bool(false)) }
  }

  // What a process needs beside the arena, stacks of threads, copies that the library of matrix products makes and the record, is 1
  // to 7 MB at every size.
  @Test(arguments: [1, 4, 8])
  func memoryAgreesThreeWays(_ depth: Int) throws {
    let configuration = Configuration(
      shape: Shape(width: 256, depth: depth, mlpWidth: 1024, heads: 4, patch: 16), device: "cpu", batch: 8,
      imageSize: 160, classes: 1000, optimizer: .adam, precision: .float32, dataParallel: 1)
    let outcome = try trials().run(
      TrialRequest(configuration, threads: 2, warmUp: .init(exactly: 1), steps: .init(exactly: 2)))
    guard case .completed(let report)? = outcome else { return #expect(Bool(false)) }
    let planned = Double(report.planned.count)
    #expect((Double(report.highWater.count) / planned - 1).magnitude < 0.01)
    let resident = Double(try #require(report.resident).count)
    #expect((resident - planned).magnitude < 0.01 * planned + 8e6, "\(resident) resident, \(planned) planned")
    #expect(report.parts.total == report.planned)
  }

  @Test func progressIsToldStepByStep() throws {
    var events: [TrialProcess.Progress] = []
    let outcome = try trials().run(request(steps: 3)) { events.append($0) }
    guard case .completed(let report)? = outcome else { return #expect(Bool(false)) }
    guard case .launched = events.first, case .started(let planned) = events.dropFirst().first else {
      return #expect(Bool(false))
    }
    #expect(planned == report.planned)
    let steps: [TrialStep] = events.compactMap { if case .step(let step, false) = $0 { step } else { nil } }
    #expect(steps == report.steps)
  }

  @Test func aLimitIsEnforcedBeforeMemoryIsTaken() throws {
    guard case .doesNotFit(let needed, let limit)? = try trials().run(request(limit: Bytes(1000))) else {
      return #expect(Bool(false))
    }
    #expect(limit == Bytes(1000) && needed > Bytes(100_000))
  }

  @Test(arguments: [
    "exec sleep 100", "trap '' TERM; exec sleep 100", "exec 1>&- 2>&-; exec sleep 100", "kill -STOP $$",
  ])
  func aWorkerThatHangsIsEnded(script: String) throws {
    let start = ContinuousClock.now
    let outcome = try trials(script).run(request(timeout: Seconds(0.3)))
    #expect(reason(outcome) == .timedOut(Seconds(0.3)))
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test(arguments: [
    ("echo hello; exec sleep 100", TrialFailure.Reason.garbled("hello")), ("kill -SEGV $$", .crashed(signal: SIGSEGV)),
    ("kill -ABRT $$", .crashed(signal: SIGABRT)), ("kill -KILL $$", .killed(signal: SIGKILL)),
    ("exit 7", .exited(code: 7)),
    ("exit 0", .exited(code: 0)), (#"echo '{"event":"step"}'"#, .garbled(#"{"event":"step"}"#)),
    (#"printf '{"event":'"#, .exited(code: 0)), ("sleep 3 & exit 7", .exited(code: 7)),
    ("head -c 20000000 /dev/zero", .garbled(String(repeating: "\\u{0}", count: 60) + "...")),
  ])
  func aWorkerThatAnswersNothingSaysWhy(script: String, reason: TrialFailure.Reason) throws {
    let start = ContinuousClock.now
    #expect(self.reason(try trials(script).run(request(timeout: Seconds(20)))) == reason)
    #expect(ContinuousClock.now - start < .seconds(3))
  }

  @Test func whatAWorkerSaidLastIsKept() throws {
    let outcome = try trials("echo first >&2; echo 'Fatal error: the last' >&2; exit 1").run(request())
    guard case .failed(let failure)? = outcome else { return #expect(Bool(false)) }
    #expect(failure.detail == "first\nFatal error: the last\n")
    #expect(failure.description == "the worker ended with exit code 1 and no answer: Fatal error: the last")
  }

  @Test func anAnswerCountsWhateverComesAfterIt() throws {
    let outcome = try trials(#"SHAPEFINDER_WORKER_PARENT=$$ "$real"; kill -KILL $$"#).run(request())
    guard case .completed? = outcome else { return #expect(Bool(false)) }
  }

  @Test func aMissingLibraryIsAnErrorRatherThanAnOutcome() throws {
    let trials = try trials(#"echo '{"event":"missing-library","message":"apt-get install it"}'; exit 69"#)
    #expect(throws: TrialError.missingLibrary("apt-get install it")) { try trials.run(request()) }
  }

  @Test func aWorkerInheritsNothing() throws {
    // A descriptor that nobody closes on exec, as a library may leave behind.
    let descriptor = open("/dev/null", O_RDONLY)
    defer { close(descriptor) }
    let outcome = try trials("ls /proc/self/fd | tr '\\n' ' ' >&2; exit 9").run(request())
    guard case .failed(let failure)? = outcome else { return #expect(Bool(false)) }
    // The fourth is that of the listing itself.
    #expect(failure.detail == "0 1 2 3 ")
  }

  @Test func theStopSignalEndsTheWorker() throws {
    let own = try program.ownWorker()
    let trials = TrialProcess(try WorkerProgram(path: own))
    var steps = 0
    let stop = Stop()
    let outcome = try trials.run(request(steps: 10_000), stop: .init(descriptor: -1) { stop.isRequested }) { event in
      if case .step = event { steps += 1 }
      if steps == 3 { stop.isRequested = true }
    }
    #expect(outcome == nil)
    #expect(Program.processes(of: own).isEmpty)
  }

  private final class Stop: @unchecked Sendable {
    var isRequested = false
  }

  @Test func aWorkerThatIsNotThereIsNamed() throws {
    #expect(throws: TrialError.missingWorker(path: "/nowhere/worker")) {
      try WorkerProgram.find(environment: [WorkerProgram.variable: "/nowhere/worker"])
    }
    #expect(throws: TrialError.missingWorker(path: "/tmp")) { try WorkerProgram(path: "/tmp") }
  }
}
