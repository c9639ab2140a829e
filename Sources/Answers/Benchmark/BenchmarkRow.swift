import Foundation
import Reporting
import VisionTransformer

/// One thing that was timed over several rounds.
package struct BenchmarkRow: Sendable {
  /// What was timed.
  var subject: String
  /// What is counted: estimates, stored rows.
  var count: Int
  /// Seconds of each round.
  var seconds: [Double]
  /// Pieces a second that are aimed at (Architecture, "Speed targets").
  var targetRate: Double?
  /// Rate over that of the yardstick in the same round, the median; and the ratio that is aimed at.
  var ratio: (value: Double, target: Double)?
  /// Seconds that are aimed at.
  var targetSeconds: Double?
  /// The most memory that the process (for a child, that child) has taken so far.
  var peakMemory: Bytes

  /// The middle round, of an even number the mean of the two.
  var median: Double {
    let sorted = seconds.sorted()
    guard !sorted.isEmpty else { return 0 }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
  var rate: Double? { count > 1 && median > 0 ? Double(count) / median : nil }
  /// Whether the target is met; nil where there is none.
  var isMet: Bool? {
    if let ratio { return ratio.value >= ratio.target }
    if let targetRate, let rate { return rate >= targetRate }
    return targetSeconds.map { median <= $0 }
  }

  /// What a table and machines get of it.
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

/// Memory that processes took.
enum PeakMemory {
  /// The most that this process has taken so far.
  static var ofThisProcess: Bytes { bytes(of: 0) }
  /// The most that any ended child has taken.
  static var ofChildren: Bytes { bytes(of: -1) }

  private static func bytes(of whom: Int32) -> Bytes {
    // RUSAGE_SELF is 0 and RUSAGE_CHILDREN -1 everywhere, but not of one type in Swift.
    var usage = rusage()
    getrusage(whom, &usage)
    // KiB, says getrusage(2) of Linux.
    return Bytes(usage.ru_maxrss * 1024)
  }
}
