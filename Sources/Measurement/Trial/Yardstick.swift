import CKernels
import Evidence
import Foundation
import VisionTransformer

/// A short piece of fixed work, whose time shows how much of its cache this machine has left and how far apart its
/// threads are.
///
/// A virtual machine cannot see what slows its steps down for 10 to 30 seconds at a time. Its host may move one of two
/// processors to another part of the chip: threads then meet at a barrier in 280 ns rather than 72 and read each
/// other's writes over a longer path, and a step of small kernels takes up to twice as long, while each thread's
/// private copy runs as fast as ever or faster (32 MiB of an AMD EPYC, two processors, twelve readings in each state
/// within a tenth). Or other work uses the last-level cache: a copy whose source and destination together take a
/// quarter of it is evicted, and then reads from memory, which takes several times as long. So a pass is a copy,
/// followed by barriers of all threads that take about as long.
///
/// Why a quarter: for a copy over the whole cache or half of it, the least time of a pass varied by a fifth between
/// processes, depending on where the system had put the pages; for a quarter, by a hundredth (32 MiB of an AMD EPYC,
/// six processes each, one thread).
public final class Yardstick {
  /// Bytes read and written in a pass, together.
  public let size: Bytes
  /// Threads that share a pass, as many as in the trials.
  public let threads: Int
  private let floats: Int
  private let memory: UnsafeMutablePointer<Float>

  /// Both buffers together take one part in this many of the last-level cache.
  static let share = 4
  /// Limits on the size, whatever the cache: larger than a core's private cache, with a pass under a millisecond.
  static let sizes = Bytes(4 << 20)...Bytes(16 << 20)
  /// Barriers of all threads after the copy of a pass: 37 us when the copy takes 48.
  static let meetings = 512
  /// Passes that only load the buffers into the cache.
  static let warmUp = 2
  /// The least number of timed passes: their median is not affected by a single interrupt.
  static let leastPasses = 9
  /// How long passes are timed, in seconds, beyond `leastPasses`.
  static let duration = 0.025

  /// A yardstick; its buffers, a quarter of the last-level cache between 4 and 16 MiB, stay in place as long as it
  /// lives.
  public init(threads: Int, cache: Bytes = Machine.cache) {
    self.threads = max(1, threads)
    let bytes = min(max(Bytes(cache.count / Self.share), Self.sizes.lowerBound), Self.sizes.upperBound)
    floats = bytes.count / (2 * MemoryLayout<Float>.stride) / Self.rows * Self.rows
    size = Bytes(2 * floats * MemoryLayout<Float>.stride)
    memory = .allocate(capacity: 2 * floats)
    memory.initialize(repeating: 1, count: 2 * floats)
  }

  deinit { memory.deallocate() }

  /// The name in the provenance of its times: `copy of 4.00 MiB to 4.00 MiB and 512 meetings of 2 threads`. Times under
  /// one name are comparable on one machine.
  public var name: String {
    let half = Bytes(size.count / 2), copy = "copy of \(half) to \(half)"
    return threads == 1 ? "\(copy) by 1 thread" : "\(copy) and \(Self.meetings) meetings of \(threads) threads"
  }

  private static let rows = 1024

  /// The median time of a pass, in seconds, over about 25 ms; nil if threads cannot be created.
  ///
  /// Its threads end before it returns, so that none spins beside a trial.
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
    // Copies nothing, so that only the barrier after the call remains.
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
