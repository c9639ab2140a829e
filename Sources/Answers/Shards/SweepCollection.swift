import Catalog
import Evidence
import EvidenceStore
import Reporting
import VisionTransformer

/// What the tasks of a plan have found, brought together in a store, in the order of the plan: the store is then that of a
/// sweep by a single process.
package struct SweepCollection {
  private let plan: SweepPlan
  private let question: ShardedQuestion
  private let context: AnswerContext

  /// The files of a plan.
  package init(_ plan: SweepPlan, _ question: ShardedQuestion, _ context: AnswerContext) {
    self.plan = plan
    self.question = question
    self.context = context
  }

  /// A line by its place.
  private struct Place {
    /// Place of its configuration in the plan; after all others for a line that the plan does not have.
    var order: Int
    var file: Int
    var range: Range<Int>
  }

  /// Stores every result as one run.
  ///
  /// - Parameters:
  ///   - store: opened once the files have proved readable.
  ///   - progress: receives the number of results that have been read.
  ///   - refuse: receives the file, and why a line of it was left out.
  /// - Returns: what was stored, and the names of the files.
  /// - Throws: as `ImportedResults.store`; `AnswerError` for a plan of other configurations.
  package func store(
    in store: @autoclosure () throws -> EvidenceStore, command: String, progress: (Int) -> Void,
    refuse: (String, LineError) -> Void
  ) throws -> ImportAnswer? {
    var orders: [UInt64: Int] = [:], sum: UInt64 = 0
    orders.reserveCapacity(plan.configurations)
    question.walk { identity, _ in
      orders[identity] = orders.count
      sum &+= identity
    }
    try plan.check(count: orders.count, sum: sum)
    var lines = try ShardLines(plan.folder), places: [Place] = [], failures = 0
    try lines.walk(context) { line, file, range in
      guard line.failure == nil else {
        failures += 1
        return
      }
      places.append(Place(order: orders[line.key.configuration] ?? orders.count, file: file, range: range))
    }
    for file in lines.torn {
      refuse(file, LineError(line: nil, rule: "the last line was cut off, or is being written; it is left out"))
    }
    guard !lines.files.isEmpty else {
      throw AnswerError(.badData, "\(plan.folder) has no evidence files: run the tasks first")
    }
    let inOrder = Self.order(of: places, configurations: orders.count)
    let reader = ConfigurationReader(directory: context.catalog)
    var scanner = ResultScanner()
    let recording = Recording(
      store: try store(),
      description: RunDescription(command: command, grid: question.name, modelVersion: "as collected"),
      remark: context.remark)
    var refused = lines.foreign + lines.torn.count
    let (_, run) = try recording.record { store in
      for (count, index) in inOrder.enumerated() {
        if count % 1024 == 0 {
          if context.stop.isRequested() { throw Stopped(progress: counted(count, "result")) }
          progress(count)
        }
        let place = places[index], file = lines.files[place.file]
        let read = file.data.withUnsafeBytes { bytes in
          Result { () throws(ConfigurationError) in
            try scanner.result(UnsafeRawBufferPointer(rebasing: bytes[place.range]), reader)
          }
        }
        let failure: LineError?
        switch read {
        case .success(let result): failure = try ImportedResults.stored(result, store)
        case .failure(let error): failure = LineError(line: nil, error)
        }
        if let failure {
          refused += 1
          refuse(file.path, failure)
        }
      }
    }
    return run.map {
      ImportAnswer(lines.files.map(\.path), .init(run: $0, refused: refused, failures: failures))
    }
  }

  /// The indexes of lines in the order of the plan; those of one configuration stay in the order of the files.
  private static func order(of places: [Place], configurations: Int) -> [Int] {
    // One more for lines that the plan does not have: every configuration's lines begin where those before it end.
    var next = [Int](repeating: 0, count: configurations + 2)
    for place in places { next[place.order + 1] += 1 }
    for order in 1..<next.count { next[order] += next[order - 1] }
    var indexes = [Int](repeating: 0, count: places.count)
    for (index, place) in places.enumerated() {
      indexes[next[place.order]] = index
      next[place.order] += 1
    }
    return indexes
  }
}
