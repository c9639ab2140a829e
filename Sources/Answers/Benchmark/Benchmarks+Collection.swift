import Catalog
import Evidence
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

extension Benchmarks {
  /// A sweep of a thousand tasks that have all ended: how long it takes to see that, and to bring their files together in a
  /// store, beside the bare loop of inserts, in turn.
  func collected() throws -> [BenchmarkRow] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "shapefinder-benchmark-\(UUID().uuidString)")
      .path(percentEncoded: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let context = AnswerContext(catalog: try Catalog.bundled())
    let searched = try collectedGrid().searched(context), question = ShardedQuestion.enumerating(searched)
    let plan = try SweepPlan(question, command: ["enumerate"], tasks: Self.tasks, folder: folder)
    try write(searched, plan, context)
    func collect(_ round: Int) throws -> Double {
      let path = "\(folder)/\(round).sqlite"
      defer { for ending in ["", "-wal", "-shm"] { unlink(path + ending) } }
      let start = ContinuousClock.now
      var stored = 0
      let store = try EvidenceStore.open(path: path, mode: .create)
      stored =
        try SweepCollection(plan, question, context).store(
          in: store, command: "benchmark", progress: { _ in }, refuse: { _, _ in })?.outcome.run.counts.new ?? 0
      try store.close()
      guard stored == plan.configurations else {
        throw AnswerError(.failure, "\(grouped(stored)) of \(grouped(plan.configurations)) rows were collected")
      }
      return (ContinuousClock.now - start) / .seconds(1)
    }
    let subject = "of \(grouped(plan.tasks)) tasks"
    var status = try time("status \(subject)", count: plan.configurations) {
      try SweepState(plan, question, context).check()
    }
    status.targetSeconds = 5
    announce("rows collected \(subject)", plan.configurations)
    var bare: [Double] = [], seconds: [Double] = []
    // The first round is not counted.
    for round in 0...rounds where round < 2 || seconds.reduce(0, +) < Self.budget {
      let rate = try StoreBenchmark.bare(rows: plan.configurations)
      try pause()
      let taken = try collect(round)
      try pause()
      guard round > 0 else { continue }
      bare.append(Double(plan.configurations) / rate)
      seconds.append(taken)
    }
    func row(_ subject: String, _ seconds: [Double]) -> BenchmarkRow {
      BenchmarkRow(
        subject: subject, count: plan.configurations, seconds: seconds, peakMemory: PeakMemory.ofThisProcess)
    }
    var collected = row("rows collected \(subject)", seconds)
    let ratios = zip(bare, seconds).map { $0 / $1 }.sorted()
    collected.ratio = (ratios[(ratios.count - 1) / 2], 0.5)
    return [status, row("rows inserted by a bare loop", bare), collected]
  }

  /// Tasks of the sweep.
  private static var tasks: Int { 1000 }
  /// The most rows of the sweep, which take a gigabyte as text.
  private static var mostRows: Int { 1_000_000 }

  /// A thousand configurations for each width.
  private func collectedGrid() -> GridQuestion {
    let widths = max(1, min(rows, Self.mostRows) / 1000)
    return GridQuestion(
      name: nil, depth: "1..100", width: "512..\(504 + 8 * widths) by 8", mlpWidth: "1024..5632 by 512", heads: "1",
      patch: "16", setting: GivenSetting())
  }

  /// Writes the files of the plan's tasks, as those would.
  private func write(_ searched: SearchedGrid, _ plan: SweepPlan, _ context: AnswerContext) throws {
    announce("rows written as files of tasks", plan.configurations)
    let walk = GridWalk(searched: searched, filter: .init(), stop: context.stop)
    var texts = [[UInt8]](repeating: [], count: plan.tasks), identity = ConfigurationIdentity()
    func append(_ index: Int) throws {
      let shard = try Shard(index: index + 1, count: plan.tasks)
      let path = ShardFolder.path(.enumerate, grid: nil, shard, output: plan.folder + "/")
      let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw AnswerError(.init(errno: errno), "\(path) cannot be written") }
      defer { close(descriptor) }
      try texts[index].withUnsafeBytes { try FileDescriptorSink(descriptor).write($0) }
      texts[index].removeAll(keepingCapacity: true)
    }
    try CompletedFile.makeFolder(of: plan.folder + "/file")
    _ = try walk.run { finding in
      let index = Shard.index(of: identity(finding.configuration), count: plan.tasks) - 1
      texts[index] += EvidenceLine.text(walk.result(finding)) + [UInt8(ascii: "\n")]
      if texts[index].count > 1 << 16 { try append(index) }
      return true
    }
    for index in texts.indices { try append(index) }
  }
}
