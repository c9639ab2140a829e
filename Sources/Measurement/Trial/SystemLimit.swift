import CProcess
import Foundation
import VisionTransformer

/// The operating system's limit on a worker, behind the arena's own: a refusal by the arena is an answer, while a
/// runaway process is stopped.
enum SystemLimit {
  /// Private memory that a worker may have besides the step: code, oneDNN's JIT, lists of calls, this module's data.
  static let allowance = Bytes(256 << 20)
  /// The allowance for each thread: its stack (8 MiB) and OpenBLAS's buffers (32 MiB).
  static let allowancePerThread = Bytes(64 << 20)

  /// Limits this process to its current memory plus `limit` and the allowance, and makes it the first that the system
  /// kills if memory runs out: better to lose a trial than the sweep.
  static func set(_ limit: Bytes, threads: Int) {
    let threads = Bytes(allowancePerThread.count * max(1, min(threads, 4096)))
    let total = limit + allowance + threads + (data ?? .zero)
    _ = sfp_limit_data(UInt64(max(0, total.count)))
    _ = sfp_write_no_core()
    try? "500".write(toFile: "/proc/self/oom_score_adj", atomically: false, encoding: .utf8)
  }

  /// Private writable memory of this process, counted as the limit counts it.
  private static var data: Bytes? {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmData:") }),
      let value = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    return Bytes(value << 10)
  }
}
