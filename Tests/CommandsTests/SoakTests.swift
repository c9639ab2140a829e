import Foundation
import Testing

/// The main job over and over: every round enumerates and stores the same grid. `SHAPEFINDER_SOAK_SECONDS` says for how long.
@Suite final class SoakTests {
  static let seconds = ProcessInfo.processInfo.environment["SHAPEFINDER_SOAK_SECONDS"].flatMap(Double.init) ?? 0

  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  /// Most resident memory of a process so far, in KiB, as Linux states it; nil once it is gone.
  private func most(_ process: Process) -> Int? {
    let status = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
    return status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?.split(separator: " ").dropFirst().first
      .flatMap { Int($0) }
  }

  @Test func enumeratingAndStoringTakesNoMoreMemoryAndLosesNothing() throws {
    let end = ContinuousClock.now + .seconds(Self.seconds)
    var first: (rows: String, kibibytes: Int)?
    repeat {
      let process = program.process(["enumerate", "small", "--store", "soak.sqlite"])
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      var kibibytes = 0
      while process.isRunning {
        kibibytes = max(kibibytes, most(process) ?? 0)
        usleep(1000)
      }
      #expect(process.terminationStatus == 0)
      let rows = try program.sqlite("soak.sqlite", "SELECT count(*) FROM evidence")
      if let first {
        #expect(rows == first.rows)
        #expect(kibibytes < first.kibibytes + 32 << 10)
      } else {
        first = (rows, kibibytes)
      }
    } while ContinuousClock.now < end
    #expect(Int(first?.rows ?? "") ?? 0 > 0)
  }
}
