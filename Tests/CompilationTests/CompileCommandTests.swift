import Foundation
import Testing

/// `shapefinder compile` as a user runs it, with a plugin in place of the compiler that answers at once.
final class CompileCommandTests {
  let fake: FakePlugin

  init() throws { fake = try FakePlugin() }
  deinit { fake.remove() }

  private struct Answer {
    var status: Int32
    var output: String
    var errors: String
  }

  private static let tiny = [
    "--width", "64", "--mlp-width", "64", "--heads", "1", "--patch", "16", "--image-size", "32", "--classes", "10",
    "--batch", "1",
  ]

  /// Puts a plugin that does what `definition` says where the first release would be installed.
  private func install(_ definition: String = "WORKS") throws {
    let folder = fake.path("cache/shapefinder/plugins/tpu-0.0.17.1")
    try? FileManager.default.removeItem(atPath: folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: fake.plugin(definition), toPath: folder + "/libtpu.so")
  }

  private var store: String { fake.path("compiled.sqlite") }

  /// The command with a store of its own, not yet run and silent.
  private func process(_ arguments: [String], store: Bool = true) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: BuildFolder.worker).deletingLastPathComponent().appending(path: "shapefinder")
    process.arguments = ["compile"] + arguments + (store ? ["--store", self.store] : [])
    process.environment = ProcessInfo.processInfo.environment.merging(["XDG_CACHE_HOME": fake.path("cache")]) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }

  /// What SQLite's shell answers of the store, a row a line; empty where there is no store yet.
  private func rows(_ sql: String) throws -> String {
    guard FileManager.default.fileExists(atPath: store) else { return "" }
    let shell = Process(), output = Pipe()
    shell.executableURL = URL(filePath: "/usr/bin/env")
    shell.arguments = ["sqlite3", "-cmd", ".timeout 5000", store, sql]
    shell.standardOutput = output
    shell.standardError = FileHandle.nullDevice
    try shell.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    shell.waitUntilExit()
    return text.trimmingCharacters(in: .newlines)
  }

  /// Runs the command to its end.
  private func compile(_ arguments: [String], store: Bool = true) throws -> Answer {
    let process = process(arguments, store: store), output = Pipe()
    let errors = fake.path("errors-\(UUID().uuidString)")
    try Data().write(to: URL(filePath: errors))
    process.standardOutput = output
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Answer(
      status: process.terminationStatus, output: text, errors: try String(contentsOfFile: errors, encoding: .utf8))
  }

  @Test func withoutAPluginTheExitCodeIs69AndNoStoreIsMade() throws {
    let answer = try compile(["ViT-S/16", "--batch", "8"])
    #expect(answer.status == 69)
    #expect(answer.errors.contains("shapefinder plugin install tpu"))
    #expect(!FileManager.default.fileExists(atPath: fake.path("compiled.sqlite")))
  }

  @Test func theModuleIsPrintedWithoutAPlugin() throws {
    let answer = try compile(Self.tiny + ["--depth", "1", "--print"], store: false)
    #expect(answer.status == 0)
    #expect(answer.output.hasPrefix("module @step") && answer.output.contains("tf.aliasing_output = 0"))
  }

  @Test func whatTheStoreKnowsIsNotCompiledAgain() throws {
    try install()
    let question = Self.tiny + ["--depth", "1", "--format", "json"]
    let first = try compile(question)
    #expect(first.status == 0, "\(first.errors)")
    let result = try #require(try JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [String: Any])
    #expect(result["evidence"] as? String == "compiled" && result["verdict"] as? String == "fits")
    let memory = try #require(result["memory"] as? [String: Any])
    // What the plugin says: see its statistics.
    #expect(memory["arguments"] as? Int == 100 && memory["code"] as? Int == 7)
    let second = try compile(question)
    #expect(second.output == first.output && second.errors.contains("known from"))
    #expect(try compile(question + ["--again"]).errors.contains("known from") == false)
  }

  @Test func aLibraryByItsPathIsToldApartFromAPinnedOne() throws {
    try install()
    let question = Self.tiny + ["--depth", "1", "--format", "json"], path = try fake.plugin("WORKS")
    #expect(try compile(question).status == 0)
    let own = try compile(question + ["--plugin", path])
    #expect(own.status == 0 && own.errors.contains("(file ") && own.errors.contains(path), "\(own.errors)")
    // The pinned compiler's answer is not its own.
    #expect(!own.errors.contains("known from"))
    let result = try #require(try JSONSerialization.jsonObject(with: Data(own.output.utf8)) as? [String: Any])
    let provenance = try #require(result["provenance"] as? [String: Any])
    let speaksFor = try #require(provenance["speaksFor"] as? String)
    #expect(speaksFor.contains(" of unknown version (file "))
    let notes = try #require(provenance["notes"] as? [String])
    #expect(notes.contains { $0.hasPrefix("of itself the compiler says: ") })
    #expect(try rows("SELECT count(DISTINCT compiler) FROM compile") == "2")
    #expect(try compile(question + ["--plugin", path]).errors.contains("known from"))
  }

  @Test(arguments: [
    (["--plugin", "/nowhere/libtpu.so"], 69, "/nowhere/libtpu.so is missing"),
    (["--plugin", "/etc/passwd"], 69, "/etc/passwd cannot be loaded"),
    (["--plugin", "0.0.1"], 64, "there are 0.0.17.1"), (["--compiler", "0.0.1"], 64, "there are 0.0.17.1"),
    (["--compiler", "/etc/passwd"], 64, "must be a version of libtpu"),
    (["--plugin", "0.0.17.1", "--compiler", "0.0.52"], 64, "is not the compiler that is asked, libtpu 0.0.17.1"),
  ]) func aCompilerThatIsNoneIsRefused(words: [String], status: Int32, message: String) throws {
    try install()
    let answer = try compile(Self.tiny + ["--depth", "1"] + words)
    #expect(answer.status == status && answer.errors.contains(message), "\(answer.status) \(answer.errors)")
    #expect(answer.output.isEmpty)
  }

  @Test func aSweepGoesOnWhereItStopped() throws {
    try install()
    let first = try compile(Self.tiny + ["--depth", "1..2", "--format", "ndjson"])
    #expect(first.status == 0 && first.output.split(separator: "\n").count == 2, "\(first.errors)")
    let second = try compile(Self.tiny + ["--depth", "1..4", "--format", "ndjson", "--jobs", "2"])
    #expect(
      second.status == 0 && second.errors.contains("4 configurations: 4 fit; 2 known already"), "\(second.errors)")
    let depths = try second.output.split(separator: "\n").map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return (object?["shape"] as? [String: Any])?["depth"] as? Int
    }
    #expect(depths == [1, 2, 3, 4])
  }

  @Test(.timeLimit(.minutes(2))) func aParentKilledLosesNothingAndCompilesNothingTwice() throws {
    try install("SLEEPS=30000")
    let depths = 24, sweep = Self.tiny + ["--depth", "1..\(depths)", "--jobs", "2"]
    var known = 0
    for _ in 0..<8 {
      let process = process(sweep)
      try process.run()
      usleep(UInt32.random(in: 80_000...300_000))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      let count = Int(try rows("SELECT count(*) FROM evidence")) ?? 0
      #expect(count >= known, "what was stored is gone")
      known = count
    }
    let last = try compile(sweep)
    #expect(last.status == 0, "\(last.errors)")
    #expect(last.errors.contains("\(depths) configurations: \(depths) fit"), "\(last.errors)")
    #expect(
      try rows("SELECT count(*), count(DISTINCT program_hash), count(verdict) FROM compile")
        == "\(depths)|\(depths)|\(depths)")
    #expect(try rows("SELECT count(*) FROM evidence") == "\(depths)")
    #expect(try rows("SELECT count(*) FROM run WHERE status = 'running'") == "0")
    #expect(try rows("PRAGMA integrity_check") == "ok")
  }

  @Test(.timeLimit(.minutes(2))) func aSignalStopsASweepAndTheSameCommandGoesOn() throws {
    try install("SLEEPS=100000")
    let process = process(Self.tiny + ["--depth", "1..200"])
    try process.run()
    while Int(try rows("SELECT count(*) FROM compile")) ?? 0 < 2 { usleep(20_000) }
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 130)
    let kept = try #require(Int(try rows("SELECT count(*) FROM compile")))
    #expect(try rows("SELECT status FROM run") == "interrupted")
    let rest = try compile(Self.tiny + ["--depth", "1..\(kept + 1)"])
    #expect(rest.status == 0 && rest.errors.contains("\(kept) known already"), "\(rest.errors)")
  }

  @Test func anAbortIsRecordedAndNotRetriedUnlessRequested() throws {
    try install("ABORTS")
    let question = Self.tiny + ["--depth", "1"]
    let first = try compile(question)
    #expect(first.status == 1 && first.errors.contains("crashed with signal 6"), "\(first.errors)")
    #expect(try compile(question).errors.contains("--retry-failed"))
    try install()
    #expect(try compile(question).status == 1)
    #expect(try compile(question + ["--retry-failed"]).status == 0)
  }

  @Test func aFrontierWhereAllFitsEndsAtTheLastDepth() throws {
    try install()
    let answer = try compile(Self.tiny + ["--depth", "1..5", "--frontier", "--format", "ndjson"])
    #expect(
      answer.status == 0 && answer.errors.contains("edges confirmed: 1 of 1, answers needed: "), "\(answer.errors)")
    #expect(answer.output.contains(#""depth":5"#))
  }

  @Test func aProgramOfOnesOwnIsCompiled() throws {
    try install()
    let file = fake.path("step.mlir")
    try "module {}".write(toFile: file, atomically: true, encoding: .utf8)
    let answer = try compile(["--program", file, "--device", "tpu-v4", "--partitions", "1"])
    #expect(
      answer.status == 0
        && answer.output.replacing("\n", with: " ").contains("step.mlir fits a tpu-v4 chip (2 cores, megacore)"),
      "\(answer.errors)")
    #expect(answer.errors.contains("as run 1: 1 program of your own"), "\(answer.errors)")
    #expect(try rows("SELECT total_bytes > 0, (SELECT count(total_gib) FROM compiles) FROM compile") == "1|1")
    try install("REFUSES=3")
    let refused = try compile(["--program", file, "--partitions", "1", "--again"])
    #expect(refused.status == 1 && refused.errors.contains("no, because of that"))
    #expect(try compile(["--program", fake.path("nowhere")]).status == 64)
  }

  @Test(arguments: [
    ("dense_resource<__elided__>", [], 65, "as `lowered.as_text()` of JAX does"),
    ("tensor<?x3x224x224xf32>", [], 65, "a number in place of every dimension"),
    (
      "mhlo.num_partitions = 8", ["--partitions", "4"], 64,
      "--partitions: 4 is not valid: the module is for 8 partitions"
    ),
    ("mhlo.num_partitions = 4096", [], 64, "is for 4,096 cores: at most 512 of tpu-v3 are compiled for at once"),
  ])
  func programsThatCannotCompileGetAnExportHintBeforeTheCompilerRuns(
    text: String, options: [String], status: Int32, words: String
  ) throws {
    let file = fake.path("exported.mlir")
    try "module { \(text) }".write(toFile: file, atomically: true, encoding: .utf8)
    // Without a compiler: it would be missed first.
    let answer = try compile(["--program", file] + options)
    #expect(answer.status == status && answer.errors.contains(words), "\(answer.errors)")
  }

  @Test(arguments: [
    ([], "nothing to compile"), (["ViT-S/16", "--program", "a"], "two questions"),
    (["ViT-S/16", "--frontier"], "--frontier needs a grid"),
    (["ViT-S/16", "--partitions", "2"], "--partitions is for --program"),
    (["--grid", "small", "--graph"], "--graph is for one shape"),
    (["ViT-S/16", "--graph", "--print"], "exclude each other"), (["--grid", "small", "--print"], "of one shape"),
    (["--grid", "figure8"], "is over the limit of 10,000"),
  ])
  func aWrongUseSaysWhatToGive(arguments: [String], words: String) throws {
    try install()
    let answer = try compile(arguments, store: false)
    #expect(answer.status == 64 && answer.errors.contains(words), "\(answer.errors)")
  }
}
