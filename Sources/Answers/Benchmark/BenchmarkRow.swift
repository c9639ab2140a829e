import Foundation
import Reporting
import VisionTransformer

/// One benchmark with its rounds.
package struct BenchmarkRow: Sendable {
  /// What is timed.
  var subject: String
  /// Number of units (estimates, stored rows) in a round.
  var count: Int
  /// Seconds of each round.
  var seconds: [Double]
  /// Target rate in units a second (Architecture, "Speed targets").
  var targetRate: Double?
  /// Median ratio of the rate to the yardstick's in the same round, and the target of that ratio.
  var ratio: (value: Double, target: Double)?
  /// Target time in seconds.
  var targetSeconds: Double?
  /// Peak memory of the process (for a child, of that child) so far.
  var peakMemory: Bytes

  /// The median round; for an even number, the mean of the middle two.
  var median: Double {
    let sorted = seconds.sorted()
    guard !sorted.isEmpty else { return 0 }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
  var rate: Double? { count > 1 && median > 0 ? Double(count) / median : nil }
  /// Whether the target is met; nil if there is none.
  var isMet: Bool? {
    if let ratio { return ratio.value >= ratio.target }
    if let targetRate, let rate { return rate >= targetRate }
    return targetSeconds.map { median <= $0 }
  }

  /// The columns for tables and machine-readable output.
  package static var listing: Listing<BenchmarkRow> {
    Listing([
      .text("benchmark", "benchmark") { $0.subject }, .integer("count", "n") { $0.count },
      .integer("rounds", "rounds", rank: .detail) { $0.seconds.count },
      .seconds("medianSeconds", "median") { Seconds($0.median) },
      .seconds("minimumSeconds", "least", rank: .detail) { Seconds($0.seconds.min() ?? 0) },
      .seconds("maximumSeconds", "most", rank: .detail) { Seconds($0.seconds.max() ?? 0) },
      .number("rate", "a second", digits: 0) { $0.rate },
      .number("ratio", "ratio", digits: 2) { $0.ratio?.value },
      .init(
        "isMet", "target",
        text: { row in
          guard let isMet = row.isMet else { return "–" }
          return Styled(row.targetText, isMet ? .good : .bad)
        }, value: { $0.isMet.map { .boolean($0) } ?? .null }),
      .bytes("peakMemory", "peak memory") { $0.peakMemory },
    ])
  }

  private var targetText: String {
    let word = isMet == true ? "met" : "missed"
    if let ratio { return "\(word): \(fixed(ratio.target, digits: 2))" }
    if let targetRate { return "\(word): \(grouped(Int(targetRate)))/s" }
    return "\(word): \(Seconds(targetSeconds ?? 0))"
  }
}

/// Peak memory of processes.
enum PeakMemory {
  /// Peak memory of this process so far.
  static var ofThisProcess: Bytes { bytes(of: 0) }
  /// The largest peak memory of any child that has ended.
  static var ofChildren: Bytes { bytes(of: -1) }

  private static func bytes(of whom: Int32) -> Bytes {
    // RUSAGE_SELF is 0 and RUSAGE_CHILDREN -1 everywhere, but their types in Swift differ.
    var usage = rusage()
    getrusage(whom, &usage)
    // In KiB, according to getrusage(2) of Linux.
    return Bytes(usage.ru_maxrss * 1024)
  }
}
