import Evidence
import Foundation
import Reporting
import VisionTransformer

/// A sweep that many tasks share, as it is written to a file: the question, how it is dealt out, and what it costs.
///
/// The file has the question as a command line and not as a list: with the same catalog and version it is the same grid,
/// which `fingerprint` shows.
package struct SweepPlan: Codable, Sendable {
  /// The arguments that ask the question, from the subcommand on.
  package var command: [String]
  /// The number of tasks, each with a shard of its own.
  package var tasks: Int
  /// The folder with the tasks' evidence files.
  package var folder: String
  /// The number of configurations.
  package var configurations: Int
  /// The sum of the configurations' identities, in hexadecimal.
  package var fingerprint: String
  /// Processors that a task uses.
  package var processors: Int
  /// Bytes of memory that a task needs; nil if the step decides.
  package var memory: Int?
  /// Expected seconds of all tasks together.
  package var seconds: Double
  /// Expected seconds of the longest task.
  package var longestTask: Double
  /// Expected seconds of the longest configuration, which no number of tasks shortens.
  package var longest: Double
  /// Version of the program that made it.
  package var version: String

  /// The file where none is named.
  package static let usualPath = "sweep.json"
  /// Expected seconds of a task where no number of tasks is given: long enough that its start does not count.
  private static let usualTask = 1800.0
  /// The most tasks where no number is given: what schedulers take as one array unless they are told otherwise.
  ///
  /// Source: slurm.conf(5), MaxArraySize: 1001 by default.
  private static let usualMost = 1000

  /// Plans a sweep.
  ///
  /// - Parameters:
  ///   - command: the arguments that ask the question, from the subcommand on.
  ///   - tasks: the number of tasks; nil for one for each half hour of work.
  /// - Throws: `AnswerError` for a grid without configurations, and more tasks than there can be.
  package init(_ question: ShardedQuestion, command: [String], tasks: Int?, folder: String) throws(AnswerError) {
    var works: [(identity: UInt64, seconds: Double)] = [], sum: UInt64 = 0
    works.reserveCapacity(question.grid.count)
    question.walk { identity, configuration in
      works.append((identity, question.seconds(configuration)))
      sum &+= identity
    }
    guard !works.isEmpty else { throw AnswerError(.invalid, "the grid has no configuration") }
    let seconds = works.reduce(0) { $0 + $1.seconds }
    let usual = min(Double(min(works.count, Self.usualMost)), max(1, (seconds / Self.usualTask).rounded(.up)))
    let count = try Shard(index: 1, count: tasks ?? Int(usual)).count
    var loads = [Double](repeating: 0, count: count)
    for work in works { loads[Shard.index(of: work.identity, count: count) - 1] += work.seconds }
    self.command = command
    self.tasks = count
    self.folder = folder
    configurations = works.count
    fingerprint = String(sum, radix: 16)
    processors = question.processors
    memory = question.memory?.count
    self.seconds = seconds
    longestTask = loads.max() ?? 0
    longest = works.reduce(0) { max($0, $1.seconds) }
    version = programVersion
  }

  /// Reads a plan.
  ///
  /// - Throws: `AnswerError` for a file that is none.
  package static func read(_ path: String) throws(AnswerError) -> SweepPlan {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw AnswerError(.badData, "\(path) cannot be read; `shapefinder sweep plan` writes such a file")
    }
    do { return try JSONDecoder().decode(SweepPlan.self, from: data) } catch {
      throw AnswerError(.badData, "\(path) is no plan of a sweep; `shapefinder sweep plan` writes one")
    }
  }

  /// The file's text.
  package var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    // Only finite numbers and texts, which cannot fail.
    return String(decoding: (try? encoder.encode(self)) ?? Data(), as: UTF8.self) + "\n"
  }

  /// The question as a command line.
  package var question: String { (["shapefinder"] + command).map(shellWord).joined(separator: " ") }

  /// The command line of a task, which is told by its scheduler which one it is.
  package var task: String { "\(question) --shard auto/\(tasks) --output \(shellWord(folder + "/"))" }

  /// Checks that the question, asked now, has the configurations of the plan.
  ///
  /// - Throws: `AnswerError`.
  func check(count: Int, sum: UInt64) throws(AnswerError) {
    guard count == configurations, String(sum, radix: 16) == fingerprint else {
      throw AnswerError(
        .badData,
        "`\(question)` has other configurations than when it was planned with version \(version): "
          + "\(grouped(configurations)) then, \(grouped(count)) now; give the same --catalog, or plan it anew")
    }
  }

  /// The columns of a plan.
  package static var listing: Listing<SweepPlan> {
    @Sendable func duration(_ seconds: Double) -> Styled {
      Styled(seconds < 1 ? "under a second" : SweepProgress.clock(seconds))
    }
    return Listing([
      .text("question", "question") { $0.question }, .integer("configurations", "configurations") { $0.configurations },
      .integer("tasks", "tasks") { $0.tasks }, .integer("processors", "processors each") { $0.processors },
      .init("longest", "longest", .right, text: { duration($0.longest) }, value: { .number($0.longest) }),
      .init(
        "longestTask", "longest task", .right, text: { duration($0.longestTask) }, value: { .number($0.longestTask) }),
      .init("seconds", "all tasks", .right, text: { duration($0.seconds) }, value: { .number($0.seconds) }),
      .init(
        "processorHours", "processor hours", .right,
        text: { Styled(fixed($0.processorHours, digits: $0.processorHours < 10 ? 2 : 0)) },
        value: { .number($0.processorHours) }), .init("folder") { .text($0.folder) },
      .init("fingerprint") { .text($0.fingerprint) }, .init("task") { .text($0.task) },
    ])
  }

  private var processorHours: Double { seconds * Double(processors) / 3600 }
}
