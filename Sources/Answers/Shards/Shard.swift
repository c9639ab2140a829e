import Evidence
import Synchronization
import VisionTransformer

/// A part of a grid, for one task of many: `3/8` is the third of eight.
///
/// Configurations are dealt by their identity, which no machine, order or grid changes: the shards of a grid are disjoint,
/// and together they are the grid.
package struct Shard: Sendable, Hashable, CustomStringConvertible {
  /// Its place, from 1.
  package let index: Int
  /// The number of shards.
  package let count: Int

  /// The most shards of one grid: as many as a scheduler's largest array.
  ///
  /// Source: slurm.conf(5), MaxArraySize: at most 4,000,001.
  package static let most = 4_000_001

  /// - Throws: `AnswerError`.
  package init(index: Int, count: Int) throws(AnswerError) {
    guard (1...Self.most).contains(count) else {
      throw Self.error("\(index)/\(count)", "there are 1 to \(grouped(Self.most)) shards")
    }
    guard (1...count).contains(index) else {
      throw Self.error("\(index)/\(count)", "the first is 1/\(count), the last \(count)/\(count)")
    }
    self.index = index
    self.count = count
  }

  /// `3/8`, or `auto` and `auto/8` in a task of a scheduler, whose variables say which it is.
  ///
  /// - Parameter variable: the value of a variable of the environment.
  /// - Throws: `AnswerError`.
  package init(parsing text: String, variable: (String) -> String?) throws(AnswerError) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let count = parts.count == 2 ? Int(parts[1]) : nil
    if parts[0] == "auto", parts.count == 1 || count != nil {
      let task = try SchedulerTask(variable, count: count)
      guard let count = task.count else {
        throw Self.error(
          text,
          "\(task.source) says which task it is, and not of how many: give auto/n, or n in \(SchedulerTask.countVariable)"
        )
      }
      guard (1...max(1, count)).contains(task.index) else {
        throw Self.error(
          text, "\(task.source) makes it task \(task.index) of \(count): number the tasks \(task.range(count))")
      }
      try self.init(index: task.index, count: count)
      return
    }
    guard let count, let index = Int(parts[0]) else {
      throw Self.error(text, "give i/n, such as 3/8 for the third of eight, or auto in a task of a scheduler")
    }
    try self.init(index: index, count: count)
  }

  package var description: String { "\(index)/\(count)" }

  /// `0003-of-0008`: in the order of the shards where names are sorted.
  package var name: String {
    let width = max(4, "\(count)".count)
    func padded(_ number: Int) -> String { String(repeating: "0", count: width - "\(number)".count) + "\(number)" }
    return padded(index) + "-of-" + padded(count)
  }

  /// The shard of a configuration, by its identity, from 1.
  package static func index(of identity: UInt64, count: Int) -> Int { Int(identity % UInt64(count)) + 1 }

  /// Whether the configuration with that identity is of this shard.
  package func contains(_ identity: UInt64) -> Bool { Self.index(of: identity, count: count) == index }

  /// A closure that says whether a configuration is of this shard, for one thread at a time.
  func dealer() -> @Sendable (Configuration) -> Bool {
    let identity = Mutex(ConfigurationIdentity())
    return { configuration in identity.withLock { contains($0(configuration)) } }
  }

  private static func error(_ text: String, _ rule: String) -> AnswerError {
    AnswerError(.invalid, notValid("--shard", excerpt(of: text), rule))
  }
}

extension Array {
  /// The elements by their work, the most first; those of equal work stay in order.
  func longestFirst(_ work: (Element) -> Double) -> [Element] {
    let works = map(work)
    return indices.sorted { (a: Int, b: Int) in works[a] != works[b] ? works[a] > works[b] : a < b }.map { self[$0] }
  }
}

/// Which task of an array this process is, as its scheduler says.
package struct SchedulerTask: Sendable, Hashable {
  /// The variable that says it.
  package var source: String
  /// Its place, from 1.
  package var index: Int
  /// The number of tasks; nil if the scheduler does not say.
  package var count: Int?
  private var first: Int

  /// The variable for the number of tasks, for schedulers that have none.
  package static let countVariable = "SHAPEFINDER_SHARDS"

  /// A scheduler's variables.
  private struct Convention {
    /// Which task it is.
    var index: String
    /// Number of the first task.
    var first: Int
    /// Variables of the first number, the step and the number of tasks.
    var array: (first: String, step: String, count: String)?
  }

  /// Sources: sbatch(1), "OUTPUT ENVIRONMENT VARIABLES"; kubernetes.io/docs/concepts/workloads/controllers/job,
  /// "Completion mode"; HyperQueue, "Task arrays"; parallel(1), "PARALLEL_SEQ".
  private static let conventions = [
    Convention(
      index: "SLURM_ARRAY_TASK_ID", first: 1,
      array: ("SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP", "SLURM_ARRAY_TASK_COUNT")),
    Convention(index: "JOB_COMPLETION_INDEX", first: 0), Convention(index: "HQ_TASK_ID", first: 1),
    Convention(index: "PARALLEL_SEQ", first: 1),
  ]

  /// The task of this environment.
  ///
  /// - Parameters:
  ///   - variable: the value of a variable.
  ///   - given: the number of tasks, if it is given; an array may then name a few of them.
  /// - Throws: `AnswerError` outside every scheduler, and within two of them.
  package init(_ variable: (String) -> String?, count given: Int? = nil) throws(AnswerError) {
    let set = Self.conventions.filter { variable($0.index) != nil }
    guard let scheduler = set.first else {
      throw AnswerError(
        .invalid,
        "--shard auto is for a task of a scheduler, and none of \(Self.conventions.map(\.index).joined(separator: ", ")) is set: "
          + "give --shard i/n")
    }
    guard set.count == 1 else {
      throw AnswerError(
        .invalid,
        "--shard auto: both \(set[0].index) and \(set[1].index) are set, and only one can be meant: give --shard i/n")
    }
    func number(_ name: String) throws(AnswerError) -> Int? {
      guard let text = variable(name) else { return nil }
      guard let value = Int(text) else {
        throw AnswerError(.invalid, "--shard auto: \(name) is \(LooseValue.string(text)), and no number")
      }
      return value
    }
    source = scheduler.index
    guard let id = try number(scheduler.index) else { throw AnswerError(.invalid, "--shard auto: no \(source)") }
    let said = try number(Self.countVariable)
    count = given ?? said
    first = scheduler.first
    index = id - first + 1
    // Without the number of tasks, the array's own are all.
    if count == nil, let array = scheduler.array, let least = try number(array.first) {
      count = try number(array.count)
      let step = max(1, try number(array.step) ?? 1)
      index = (id - least) / step + 1
    }
  }

  /// The numbers of `count` tasks: `0 to 7`.
  func range(_ count: Int) -> String { "\(first) to \(first + count - 1)" }
}
