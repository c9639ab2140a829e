import CKernels
import Foundation
import VisionTransformer

/// A short piece of fixed work whose time tells how much of its cache and memory bandwidth this machine has left.
///
/// Steps share the last level of cache and the memory with whatever else runs on the host, also outside of a virtual machine,
/// which no counter of the system shows: on a shared host they are slower for 10 to 30 seconds at a time. A copy whose source
/// and destination together take a quarter of that cache runs from it while nothing else does; whoever else uses cache or memory
/// pushes it out, and what it then reads from memory takes several times as long.
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

  /// What it is, in the provenance of its times: `copy of 4.00 MiB to 4.00 MiB, 2 threads`. Times of one name are comparable
  /// on one machine.
  public var name: String {
    let half = Bytes(size.count / 2)
    return "copy of \(half) to \(half), \(threads) thread\(threads == 1 ? "" : "s")"
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
    return withUnsafePointer(to: &arguments) { arguments in
      let calls = [sf_call(kernel: sf_copy, arguments: UnsafeRawPointer(arguments))]
      let clock = ContinuousClock()
      func pass() -> Seconds {
        let start = clock.now
        sf_team_run(team, calls, 1, nil)
        return Seconds((clock.now - start) / .seconds(1))
      }
      for _ in 0..<Self.warmUp { _ = pass() }
      var times: [Seconds] = []
      let start = clock.now
      while times.count < Self.leastPasses || (clock.now - start) / .seconds(1) < Self.duration { times.append(pass()) }
      return TimeSummary(times).median
    }
  }
}
