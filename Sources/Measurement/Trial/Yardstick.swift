import CKernels
import Evidence
import Foundation
import VisionTransformer

/// A short piece of fixed work whose time tells what this machine has left of its cache, and how far its threads are apart.
///
/// A virtual machine does not see what slows its steps down for 10 to 30 seconds at a time. Its host may move one of two
/// processors to another part of the chip: threads then meet at a barrier in 280 ns and not in 72, read what the other wrote over
/// a long way, and a step of small kernels takes up to twice as long, while a copy of each thread's own runs as fast as ever
/// or faster (32 MiB of an AMD EPYC, two processors, twelve readings in each state within a tenth). Or somebody else uses
/// the last level of cache: a copy whose source and destination together take a quarter of it is pushed out, and what it then
/// reads from memory takes several times as long. So a pass is a copy, and meetings of all threads that take about as long.
///
/// Why a quarter: of a copy over all of the cache, or half of it, the least time of a pass differed by a fifth from process to
/// process, with where the system happened to put the pages, and of a quarter by a hundredth (32 MiB of an AMD EPYC, six
/// processes each, one thread).
public final class Yardstick {
  /// Bytes that are read and bytes that are written a pass, together.
  public let size: Bytes
  /// Threads that share a pass: those of the trials.
  public let threads: Int
  private let floats: Int
  private let memory: UnsafeMutablePointer<Float>

  /// The share of the last level of cache that both buffers take: one of so many.
  static let share = 4
  /// Sizes beyond which the cache of a machine is not followed: more than a core has for itself, and a pass under a millisecond.
  static let sizes = Bytes(4 << 20)...Bytes(16 << 20)
  /// Meetings of all threads after the copy of a pass: 37 us where the copy takes 48.
  static let meetings = 512
  /// Passes that only bring the buffers back into the cache.
  static let warmUp = 2
  /// Passes that are timed at least: their middle one is not that which a single interrupt held up.
  static let leastPasses = 9
  /// How long passes are timed, in seconds, once there are `leastPasses`.
  static let duration = 0.025

  /// A yardstick; its buffers, a quarter of the last level of cache within 4 to 16 MiB, stay where they are as long as it lives.
  public init(threads: Int, cache: Bytes = Machine.cache) {
    self.threads = max(1, threads)
    let bytes = min(max(Bytes(cache.count / Self.share), Self.sizes.lowerBound), Self.sizes.upperBound)
    floats = bytes.count / (2 * MemoryLayout<Float>.stride) / Self.rows * Self.rows
    size = Bytes(2 * floats * MemoryLayout<Float>.stride)
    memory = .allocate(capacity: 2 * floats)
    memory.initialize(repeating: 1, count: 2 * floats)
  }

  deinit { memory.deallocate() }

  /// What it is, in the provenance of its times: `copy of 4.00 MiB to 4.00 MiB and 512 meetings of 2 threads`. Times of one name
  /// are comparable on one machine.
  public var name: String {
    let half = Bytes(size.count / 2), copy = "copy of \(half) to \(half)"
    return threads == 1 ? "\(copy) by 1 thread" : "\(copy) and \(Self.meetings) meetings of \(threads) threads"
  }

  private static let rows = 1024

  /// The middle time of a pass, in seconds, over some 25 ms; nil where threads cannot be created.
  ///
  /// Its threads end before it returns: none spins beside a trial.
  public func read() -> Seconds? {
    guard let team = sf_team_create(Int32(clamping: threads)) else { return nil }
    defer { sf_team_destroy(team) }
    var arguments = sf_copy_arguments()
    arguments.blocks = 1
    arguments.rows = Int64(Self.rows)
    arguments.n = Int64(floats / Self.rows)
    arguments.x = UnsafePointer(memory)
    arguments.x_row = arguments.n
    arguments.y = memory + floats
    arguments.y_row = arguments.n
    arguments.factor = 1
    // Copies nothing: what is left of a call is the barrier after it.
    var nothing = sf_copy_arguments()
    return withUnsafePointers(to: &arguments, &nothing) { arguments, nothing in
      let meeting = sf_call(kernel: sf_copy, arguments: UnsafeRawPointer(nothing))
      let calls =
        [sf_call(kernel: sf_copy, arguments: UnsafeRawPointer(arguments))]
        + Array(repeating: meeting, count: threads == 1 ? 0 : Self.meetings)
      let clock = ContinuousClock()
      func pass() -> Seconds {
        let start = clock.now
        sf_team_run(team, calls, calls.count, nil)
        return Seconds((clock.now - start) / .seconds(1))
      }
      for _ in 0..<Self.warmUp { _ = pass() }
      var times: [Seconds] = []
      let start = clock.now
      while times.count < Self.leastPasses || (clock.now - start) / .seconds(1) < Self.duration { times.append(pass()) }
      return TimeSummary(times).median
    }
  }

  private func withUnsafePointers<Value, Result>(
    to first: inout Value, _ second: inout Value, _ body: (UnsafePointer<Value>, UnsafePointer<Value>) -> Result
  ) -> Result {
    withUnsafePointer(to: &first) { first in withUnsafePointer(to: &second) { second in body(first, second) } }
  }
}
