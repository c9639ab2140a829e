import Foundation
import Testing
import VisionTransformer

@testable import Measurement

/// Processes that take all the processor time that they can get, until this is released.
private final class BusyProcesses {
  private let processes: [Process]

  init(count: Int) throws {
    processes = try (0..<count).map { _ in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      // Ends by itself, whatever becomes of the test.
      process.arguments = ["-c", "i=0; while [ $i -lt 60000000 ]; do i=$((i+1)); done"]
      try process.run()
      return process
    }
  }

  deinit {
    for process in processes {
      // What a thread of the concurrency pool starts has SIGTERM blocked.
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }
}

@Suite(.serialized) struct BusyMachineTests {
  private static let smallest = Configuration(
    shape: Shape(width: 48, depth: 3, mlpWidth: 96, heads: 3, patch: 16), device: "cpu", batch: 2, imageSize: 48,
    head: .gap, classes: 10, optimizer: .adam, precision: .float32, gradientClipping: .none, dataParallel: 1)

  /// What `count` steps take, or those that ten seconds have room for: the time of one.
  private func meanStep(_ runner: StepRunner, count: Int) -> Double {
    var sum = 0.0, steps = 0
    repeat {
      sum += runner.step().total.value
      steps += 1
    } while steps < count && sum < 10
    return sum / Double(steps)
  }

  // A step of 0.2 ms has about a hundred barriers. When its threads shared a processor, one used to spin at each while
  // the other waited for the processor: 450 to 600 ms a step. Now two threads take 1.5 to 4 times as long as one, in
  // alternating steps beside the same two processes and the machine's other work.
  @Test(.enabled(if: StepRunner.Options.processors >= 2))
  func twoThreadsBesideBusyProcessesTakeNoMultipleOfOne() throws {
    let one = try StepRunner(Self.smallest, options: StepRunner.Options(threads: 1))
    let two = try StepRunner(Self.smallest, options: StepRunner.Options(threads: 2))
    let busy = try BusyProcesses(count: StepRunner.Options.processors)
    defer { withExtendedLifetime(busy) {} }
    var alone = 0.0, together = 0.0
    for _ in 0..<5 {
      alone += meanStep(one, count: 50)
      together += meanStep(two, count: 50)
    }
    #expect(together < 30 * alone, "\(together / 5) s a step of two threads, \(alone / 5) of one")
  }
}
