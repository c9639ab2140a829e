import CProcess
import Foundation
import VisionTransformer

/// The operating system's limit behind the arena's: what the arena is refused is an answer, what goes wild is stopped.
enum SystemLimit {
  /// Private memory beyond the step that a worker may have: code, the JIT of oneDNN, lists of calls, this module's own.
  static let allowance = Bytes(256 << 20)
  /// The same a thread: its stack (8 MiB) and the buffers that OpenBLAS keeps for each (32 MiB).
  static let allowancePerThread = Bytes(64 << 20)

  /// Limits this process to what it has now, `limit` and the allowance, and makes it the first that the system ends for want
  /// of memory: a trial is lost sooner than the sweep.
  static func set(_ limit: Bytes, threads: Int) {
    let threads = Bytes(allowancePerThread.count * max(1, min(threads, 4096)))
    let total = limit + allowance + threads + (data ?? .zero)
    _ = sfp_limit_data(UInt64(max(0, total.count)))
    _ = sfp_write_no_core()
    try? "500".write(toFile: "/proc/self/oom_score_adj", atomically: false, encoding: .utf8)
  }

  /// Private writable memory of this process as the limit counts it.
  private static var data: Bytes? {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmData:") }),
      let value = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    return Bytes(value << 10)
  }
}
