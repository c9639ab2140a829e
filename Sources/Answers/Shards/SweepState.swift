import Evidence
import Reporting
import VisionTransformer

/// How far the tasks of a plan are: the difference of the plan and their files.
package struct SweepState: Sendable {
  /// One shard.
  package struct Row: Sendable, Hashable {
    /// The shard.
    package var shard: Int
    /// Configurations of the shard.
    package internal(set) var total = 0
    /// Those with an answer.
    package internal(set) var done = 0
    /// Those that came to none, by the reason.
    package internal(set) var failed: [String: Int] = [:]
    /// How many of them may succeed if they are tried again.
    package internal(set) var mayPass = 0

    /// Those that nobody has come to yet.
    package var missing: Int { total - done - failures }
    /// Those that came to no answer.
    package var failures: Int { failed.values.reduce(0, +) }
    /// Whether there is nothing left to do.
    package var isDone: Bool { done == total }

    /// `2 timed-out, 1 killed`.
    var reasons: String {
      failed.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\(grouped($0.value)) \($0.key)" }
        .joined(separator: ", ")
    }
  }

  /// The shards, in order.
  package private(set) var rows: [Row]
  /// Answers to other questions in the same folder.
  package private(set) var others = 0
  /// Files whose last line was cut off, or is being written.
  package let torn: [String]
  /// Lines that are no evidence.
  package let foreign: Int
  /// Number of files.
  package let files: Int

  /// Compares a plan with the files of its folder.
  ///
  /// - Throws: `AnswerError` for a plan of other configurations, and a file that cannot be read.
  package init(_ plan: SweepPlan, _ question: ShardedQuestion, _ context: AnswerContext) throws {
    var lines = try ShardLines(plan.folder)
    var answered: Set<UInt64> = [], failed: [UInt64: EvidenceLine.Failure] = [:]
    let kind = EvidenceLine.kind(question.evidence), needsAll = question.kind == .compile && !question.isOfMemoryOnly
    var others = 0
    try lines.walk(context) { line, _, _ in
      guard line.key.kind == kind, !(needsAll && line.key.isOfMemoryOnly) else {
        others += 1
        return
      }
      if let failure = line.failure {
        failed[line.key.configuration] = failure
      } else {
        answered.insert(line.key.configuration)
      }
    }
    var rows = (1...plan.tasks).map { Row(shard: $0) }, count = 0, sum: UInt64 = 0, matched = 0
    question.walk { identity, _ in
      count += 1
      sum &+= identity
      let place = Shard.index(of: identity, count: plan.tasks) - 1
      rows[place].total += 1
      if answered.contains(identity) {
        rows[place].done += 1
        matched += 1
      } else if let failure = failed[identity] {
        rows[place].failed[failure.reason, default: 0] += 1
        if failure.mayPass { rows[place].mayPass += 1 }
      }
    }
    try plan.check(count: count, sum: sum)
    self.rows = rows
    self.others = others + answered.count - matched
    torn = lines.torn
    foreign = lines.foreign
    files = lines.files.count
  }

  /// The number of configurations that `count` counts in a shard.
  private func sum(_ count: (Row) -> Int) -> Int { rows.reduce(0) { $0 + count($1) } }

  /// `180 of 192 configurations done, 2 failed (2 timed-out), 10 missing in 3 of 16 shards; 2 files end in a cut line`.
  package var summary: String {
    var text = "\(grouped(sum(\.done))) of \(counted(sum(\.total), "configuration")) done"
    var all = Row(shard: 0)
    for row in rows { all.failed.merge(row.failed) { $0 + $1 } }
    if all.failures > 0 { text += ", \(grouped(all.failures)) failed (\(all.reasons))" }
    let missing = sum(\.missing)
    if missing > 0 {
      text +=
        ", \(grouped(missing)) missing in \(grouped(rows.count { $0.missing > 0 })) of \(counted(rows.count, "shard"))"
    }
    if !torn.isEmpty { text += "; \(counted(torn.count, "file ends", many: "files end")) in a line that was cut off" }
    if foreign > 0 { text += "; \(counted(foreign, "line is", many: "lines are")) no evidence" }
    if others > 0 { text += "; \(counted(others, "line answers", many: "lines answer")) other questions" }
    return text
  }

  /// The numbers of the shards that are to be run again, as schedulers take them: `3,7-9`.
  package var left: String {
    var ranges: [ClosedRange<Int>] = []
    for row in rows where row.missing > 0 || row.mayPass > 0 {
      if let last = ranges.last, last.upperBound == row.shard - 1 {
        ranges[ranges.count - 1] = last.lowerBound...row.shard
      } else {
        ranges.append(row.shard...row.shard)
      }
    }
    return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(
      separator: ",")
  }

  /// Throws what a script goes by: to be tried again where something is missing, or failed and may pass; a failure where
  /// the rest failed for good.
  package func check() throws(AnswerError) {
    if !left.isEmpty { throw AnswerError(.tryAgain, "to be run again: tasks \(left)") }
    if rows.contains(where: { !$0.isDone }) {
      throw AnswerError(.failure, "the rest failed for good; the same command with --retry-failed tries it again")
    }
  }

  /// The shards that are not done, as a table; empty if all are.
  package func text(terminal: Terminal) -> String {
    let left = rows.filter { !$0.isDone }
    return left.isEmpty ? "" : Self.listing.text(left, terminal: terminal)
  }

  /// The columns of the shards.
  package static var listing: Listing<Row> {
    Listing([
      .integer("shard", "shard", isCount: false) { $0.shard }, .integer("total", "configurations") { $0.total },
      .integer("done", "done") { $0.done }, .integer("failed", "failed") { $0.failures },
      .integer("missing", "missing") { $0.missing }, .text("reasons", "why") { $0.reasons },
    ])
  }
}
