import Catalog
import Compilation
import Evidence
import Foundation
import Synchronization
import Testing
import VisionTransformer
import WorkerProcess

@testable import Answers

/// What a user would be told.
private final class Remarks: Sendable {
  let all = Mutex<[String]>([])
}

/// The evidence files of tasks: what is finished outlives the task, and is found once.
final class TaskFileTests {
  private let folder: URL
  private let catalog: Catalog
  private let remarks = Remarks()

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "shapefinder-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    catalog = try Catalog.bundled()
  }
  deinit { try? FileManager.default.removeItem(at: folder) }

  private var context: AnswerContext {
    let remarks = remarks
    return AnswerContext(catalog: catalog, remark: { remark in remarks.all.withLock { $0.append(remark) } })
  }
  private func path(_ name: String) -> String { folder.appending(path: name).path(percentEncoded: false) }
  private func text(_ name: String) -> String { (try? String(contentsOfFile: path(name), encoding: .utf8)) ?? "" }
  private var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)).sorted() }
  }

  private static let widths = [64, 128, 192]
  private func grid(depths: String = "1..6") throws -> Grid {
    try Grid(
      axes: Grid.Axes(
        depth: Grid.Axis(parsing: depths), width: Grid.Axis(Self.widths), heads: Grid.Axis([1]),
        mlpWidth: Grid.Axis([128]),
        patch: Grid.Axis([16])),
      settings: [Grid.Setting(name: "default", template: Configuration.Setting(classes: 10))])
  }

  /// Compiles a shard into a file, as a task does.
  @discardableResult
  private func task(
    _ compiler: StubCompiler, _ shard: Shard?, _ name: String, mode: CompileMode = .full, known: KnownAnswers = .init(),
    stop: WorkerStopSignal = .never
  ) throws -> (tally: SweepTally, asked: [Configuration]) {
    var context = context
    context.stop = stop
    let session = try CompileSession(
      compiler, settings: CompileSettings(), store: nil, command: "test", grid: "grid", context: context)
    let sweep = try CompileSweep(grid(), catalog, shard: shard, mode: mode)
    let file = try TaskFile(path(name), known: known, context)
    var observer = CountingObserver(), asked: [Configuration] = []
    let (tally, _) = try session.closeWithStore(file) {
      try sweep.run(session, mode: mode, jobs: 1, observer: &observer, file: file, heard: { _, _, _ in }) {
        asked.append(try #require($0.configuration))
      }
    }
    return (tally, asked)
  }

  private func compiler() -> StubCompiler { StubCompiler { StubCompiler.answer($0, total: Bytes(1 << 20)) } }

  @Test func theShardsOfACompileAreTheCompile() throws {
    var all: Set<Configuration> = [], weights: [[Double]] = []
    for index in 1...3 {
      let (tally, asked) = try task(compiler(), Shard(index: index, count: 3), "\(index).ndjson")
      #expect(tally.count == asked.count && tally.fits == asked.count)
      #expect(all.isDisjoint(with: asked))
      all.formUnion(asked)
      weights.append(asked.map { CompileClock.weight($0, mode: .full) })
    }
    #expect(all == Set(try grid().configurations))
    // The longest first.
    #expect(weights.allSatisfy { $0 == $0.sorted(by: >) })
    #expect((1...3).reduce(0) { $0 + text("\($1).ndjson").split(separator: "\n").count } == 18)
    #expect(try names == ["1.ndjson", "2.ndjson", "3.ndjson"])
  }

  @Test func aTaskThatRunsAgainAsksNothingTwice() throws {
    try task(compiler(), nil, "a.ndjson")
    let before = text("a.ndjson"), again = compiler()
    let (tally, _) = try task(again, nil, "a.ndjson")
    #expect(again.asked.isEmpty && tally.known == 18 && tally.fits == 18)
    #expect(text("a.ndjson") == before)
    // Unless it is told to.
    try task(again, nil, "a.ndjson", known: KnownAnswers(evidence: false))
    #expect(again.asked.count == 18 && text("a.ndjson").split(separator: "\n").count == 18)
  }

  /// What a task that was killed leaves is a journal, whose last line may be torn.
  @Test func aKilledTaskLosesOnlyTheLineThatWasCutOff() throws {
    try task(compiler(), nil, "whole.ndjson")
    let lines = text("whole.ndjson").split(separator: "\n")
    let torn = lines[..<7].joined(separator: "\n") + "\n" + lines[7].prefix(lines[7].count / 2)
    try Data(torn.utf8).write(to: folder.appending(path: "a.ndjson.elsewhere-7.journal"))
    let compiler = compiler(), (tally, _) = try task(compiler, nil, "a.ndjson")
    #expect(compiler.asked.count == 11 && tally.known == 7)
    #expect(
      remarks.all.withLock { $0.contains { $0.contains("a.ndjson.elsewhere-7.journal: the last line was cut off") } })
    #expect(Set(text("a.ndjson").split(separator: "\n")).count == 18)
    #expect(try names == ["a.ndjson", "whole.ndjson"])
  }

  @Test func twoAttemptsAtOneTaskLeaveEveryAnswerOnce() throws {
    // The second opens the file before the first has written it.
    let second = try TaskFile(path("a.ndjson"), context)
    try task(compiler(), nil, "whole.ndjson")
    let reader = ConfigurationReader(directory: catalog)
    let results = try text("whole.ndjson").split(separator: "\n").map { try reader.result(String($0)) }
    let first = try TaskFile(path("a.ndjson"), context)
    for result in results[..<12] { try first.append(result) }
    for result in results[6...] { try second.append(result) }
    _ = try first.close()
    _ = try second.close()
    #expect(Set(text("a.ndjson").split(separator: "\n")) == Set(text("whole.ndjson").split(separator: "\n")))
    #expect(text("a.ndjson").split(separator: "\n").count == 18)
  }

  @Test func whatTheMachineFailedIsTriedAgainAndWhatTheQuestionFailedIsNot() throws {
    let failing = StubCompiler { program in
      program.bytes.count % 2 == 0
        ? .failed(WorkerFailure(.killed(signal: 9))) : .failed(WorkerFailure(.timedOut(Seconds(5))))
    }
    let (first, _) = try task(failing, nil, "a.ndjson")
    let passing = first.mayPass
    #expect(first.failed == 18)
    try #require(passing > 0 && passing < 18)
    let error = #expect(throws: AnswerError.self) { try first.check() }
    #expect(error?.kind == .tryAgain)
    #expect(text("a.ndjson").contains(#""failure":{"reason":"timed-out","#))
    let working = compiler(), (second, _) = try task(working, nil, "a.ndjson")
    #expect(working.asked.count == passing && second.known == 18 - passing && second.fits == passing)
    #expect(#expect(throws: AnswerError.self) { try second.check() }?.kind == .failure)
    let (third, _) = try task(working, nil, "a.ndjson", known: KnownAnswers(failures: false))
    #expect(third.fits == 18)
    #expect(!text("a.ndjson").contains("failure"))
  }

  @Test func anAnswerOfTheMemoryAloneIsNoneToAFullCompile() throws {
    let line = { (name: String) in self.text(name).split(separator: "\n") }
    try task(compiler(), nil, "a.ndjson")
    // A full answer is one to a question of memory.
    let memory = compiler()
    try task(memory, nil, "a.ndjson", mode: .memory)
    #expect(memory.asked.isEmpty && line("a.ndjson").count == 18)
    let partial = text("a.ndjson").replacing(#""memoryOnly":false"#, with: #""memoryOnly":true"#)
      .replacing(/"stepSeconds":[^,]*,"imagesPerSecond":[^,]*,/, with: #""stepSeconds":null,"imagesPerSecond":null,"#)
    try Data(partial.utf8).write(to: folder.appending(path: "b.ndjson"))
    let full = compiler()
    try task(full, nil, "b.ndjson")
    #expect(full.asked.count == 18)
  }

  @Test func aStoppedTaskKeepsWhatItHas() throws {
    let count = Mutex(0)
    let counting = StubCompiler { program in
      count.withLock { $0 += 1 }
      return StubCompiler.answer(program, total: Bytes(1 << 20))
    }
    let error = #expect(throws: AnswerError.self) {
      try task(counting, nil, "a.ndjson", stop: WorkerStopSignal(descriptor: -1) { count.withLock { $0 >= 5 } })
    }
    #expect(
      error?.kind == .interrupted && error?.message?.contains("a.ndjson: 5 results") == true, "\(error?.message ?? "")")
    #expect(text("a.ndjson").split(separator: "\n").count == 5)
  }

  // MARK: Lines

  @Test func aLineIsSortedAsItsResultWouldBe() throws {
    try task(compiler(), nil, "a.ndjson")
    let reader = ConfigurationReader(directory: catalog)
    var identity = ConfigurationIdentity(), memory = EvidenceLine.Memory()
    for line in text("a.ndjson").split(separator: "\n") {
      let result = try reader.result(String(line))
      let read = try #require(Array(line.utf8).withUnsafeBytes { EvidenceLine($0) })
      #expect(read.key.configuration == identity(result.configuration))
      #expect(read.key.kind == EvidenceLine.kind(result.evidence) && read.failure == nil)
      #expect(read.key.isOfMemoryOnly == (result.isOfMemoryOnly == true))
      // What another program wrote with blanks is the same line.
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      let spaced = try JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted])
        .filter { $0 != UInt8(ascii: "\n") }
      #expect(Array(spaced).withUnsafeBytes { EvidenceLine.read($0, &memory, reader)?.key } == read.key)
    }
    for other in ["", "{}", "nonsense", #"{"shape":"ViT-G/14"}"#] {
      #expect(Array(other.utf8).withUnsafeBytes { EvidenceLine.read($0, &memory, reader) } == nil)
    }
  }

  @Test func whatIsScannedIsWhatTheStrictReaderReads() throws {
    try task(compiler(), nil, "a.ndjson")
    let reader = ConfigurationReader(directory: catalog),
      lines = text("a.ndjson").split(separator: "\n").map { Array($0.utf8) }
    var scanner = ResultScanner(), strictly = 0
    func scanned(_ line: [UInt8]) -> Result<StepResult, ConfigurationError> {
      line.withUnsafeBytes { bytes in
        Result { () throws(ConfigurationError) in
          try scanner.result(bytes) { bytes throws(ConfigurationError) in
            strictly += 1
            return try reader.result(bytes)
          }
        }
      }
    }
    func read(_ line: [UInt8]) -> Result<StepResult, ConfigurationError> {
      Result { () throws(ConfigurationError) in try reader.result(line) }
    }
    for line in lines { #expect(scanned(line) == read(line)) }
    // Lines of a setting and an origin that were seen are scanned.
    let before = strictly
    for line in lines { #expect(scanned(line) == read(line)) }
    #expect(strictly == before)
    // Whatever is changed in a line, both say the same of it.
    var source = SystemRandomNumberGenerator()
    for _ in 0..<3000 {
      var line = try #require(lines.randomElement(using: &source))
      let place = line.indices.randomElement(using: &source) ?? 0
      switch Int.random(in: 0..<3, using: &source) {
      case 0: line[place] = Array("0123456789-.e,:{}\"tfn ".utf8).randomElement(using: &source) ?? 0
      case 1: line.remove(at: place)
      default: line.insert(line[place], at: place)
      }
      #expect(scanned(line) == read(line), "\(String(decoding: line, as: UTF8.self))")
    }
  }
}
