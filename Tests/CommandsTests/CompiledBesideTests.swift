import Catalog
import Estimation
import Evidence
import EvidenceStore
import Foundation
import Testing
import VisionTransformer

/// Compilers' answers from the store are shown before estimates, and are never blended with them.
@Suite final class CompiledBesideTests {
  let program: Program
  let catalog: Catalog

  init() throws {
    program = try Program()
    catalog = try Catalog.bundled()
  }
  deinit { program.remove() }

  private static let words = ["ViT-L/16", "--image-size", "384", "--optimizer", "adam", "--precision", "float32"]

  /// A configuration of that verdict.
  private func configuration(_ verdict: Verdict) throws -> (Configuration, [String]) {
    let estimator = Estimator(device: try catalog.device(named: "tpu-v3"))
    var configuration = Configuration(
      shape: try catalog.shape(named: "ViT-L/16"), shapeName: "ViT-L/16", imageSize: 384, optimizer: .adam,
      precision: .float32)
    let batch = try #require(
      (1...200).first {
        configuration.batch = $0
        return estimator.estimate(configuration).verdict == verdict
      })
    configuration.batch = batch
    return (configuration, Self.words + ["--batch", "\(batch)"])
  }

  /// What a compiler says of a configuration in a test.
  private func compiled(
    _ configuration: Configuration, _ verdict: Verdict, gibibytes: Double = 14.27,
    told: String = "memory fitting level 29",
    isOfMemoryOnly: Bool = false, time: String = "2026-01-02T03:04:05Z"
  ) -> StepResult {
    StepResult(
      configuration: configuration, evidence: .compiled, verdict: verdict, parameterCount: 346_616_729,
      memory: MemoryBreakdown(
        total: .gibibytes(gibibytes), limit: .gibibytes(15.48), livePeak: .gibibytes(66.73), arguments: .gibibytes(4),
        temporaries: .gibibytes(gibibytes - 4)),
      flopsPerImage: FLOPs(385e9), stepSeconds: isOfMemoryOnly ? nil : Seconds(2.7),
      provenance: Provenance(
        source: "libtpu", version: "0.0.17.1, " + told, speaksFor: "libtpu 0.0.17.1", time: time,
        isOfMemoryOnly: isOfMemoryOnly))
  }

  private func store(_ results: [StepResult], in name: String = ".local/share/shapefinder/shapefinder.sqlite") throws {
    let path = program.path(name)
    try FileManager.default.createDirectory(
      at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    let store = try EvidenceStore.open(path: path, mode: .create)
    let run = try store.beginRun(RunDescription(command: "compile", modelVersion: "libtpu 0.0.17.1"))
    try store.write(run: run) { writer in for result in results { try writer.append(result) } }
    try store.finishRun(run)
    try store.close()
  }

  private func check(_ words: [String], _ more: String...) throws -> Program.Answer {
    try program.run(["check"] + words + more)
  }

  // MARK: check

  @Test(arguments: Verdict.allCases, [Verdict.fits, .doesNotFit])
  func theCompilersVerdictComesFirstAndDecides(estimated: Verdict, said: Verdict) throws {
    let (configuration, words) = try configuration(estimated)
    let before = try check(words)
    #expect(before.status == (estimated == .doesNotFit ? 3 : 0))
    try store([compiled(configuration, said, gibibytes: said == .fits ? 14.27 : 16.5)])
    let answer = try check(words)
    #expect(answer.status == (said == .fits ? 0 : 3))
    let lines = answer.output.split(separator: "\n")
    #expect(
      lines[0].hasPrefix(
        said == .fits
          ? "ViT-L/16 fits a tpu-v3 core: 14.27 of 15.48 GiB (compiled; libtpu 0.0.17.1)"
          : "ViT-L/16 does not fit a tpu-v3 core: 16.50 of 15.48 GiB"), "\(lines[0])")
    #expect(answer.output.contains("Estimated, here and below: "))
    #expect(answer.output.contains("2026-01-02T03:04:05Z"))
    #expect(!answer.output.contains("To settle it"))
    // Both stand there, each under its own name.
    let json = try #require(try check(words, "--format", "json").lines().first)
    #expect(json["evidence"] as? String == "estimated" && json["verdict"] as? String == estimated.rawValue)
    let beside = try #require(json["compiled"] as? [String: Any])
    #expect(beside["evidence"] as? String == "compiled" && beside["verdict"] as? String == said.rawValue)
    #expect(
      (beside["memory"] as? [String: Any])?["total"] as? Int == Bytes.gibibytes(said == .fits ? 14.27 : 16.5).count)
    // The estimate is what it was.
    let alone = try #require(try check(words, "--format", "json", "--no-store").lines().first)
    #expect(alone["compiled"] is NSNull)
    #expect(alone["memory"] as? [String: NSObject] == json["memory"] as? [String: NSObject])
    let csv = try check(words, "--format", "csv").output.components(separatedBy: "\r\n")
    let header = csv[0].split(separator: ","), place = try #require(header.firstIndex(of: "compiled.verdict"))
    #expect(csv[1].contains(",\(said.rawValue),") && place > 0)
  }

  @Test func theStoreIsOnlyLookedAt() throws {
    let (configuration, words) = try configuration(.uncertain)
    // Nothing is made where there is none.
    #expect(try check(words).status == 0)
    #expect(!FileManager.default.fileExists(atPath: program.path(".local")))
    let name = ".local/share/shapefinder/shapefinder.sqlite"
    try store([compiled(configuration, .fits)])
    let before = try Data(contentsOf: URL(filePath: program.path(name)))
    #expect(try check(words).output.contains("(compiled; "))
    #expect(try check(words, "--no-store").output.hasPrefix("Uncertain whether"))
    #expect(try Data(contentsOf: URL(filePath: program.path(name))) == before)
    #expect(try program.shell("ls .local/share/shapefinder").output == "shapefinder.sqlite\n")
    // Another one, by the environment and by its name.
    try store([compiled(configuration, .doesNotFit, gibibytes: 17)], in: "own.sqlite")
    let own = try program.run(["check"] + words, environment: ["SHAPEFINDER_STORE": program.path("own.sqlite")])
    #expect(own.status == 3)
    #expect(try check(words, "--store", "own.sqlite").status == 3)
    #expect(try check(words, "--store", "own.sqlite", "--no-store").status == 64)
    #expect(try check(words, "--save", "--no-store").status == 64)
  }

  @Test func aStoreThatSomebodyWritesIsReadBesideHim() throws {
    let (configuration, words) = try configuration(.uncertain)
    try store([])
    let path = program.path(".local/share/shapefinder/shapefinder.sqlite")
    let writer = try EvidenceStore.open(path: path, mode: .readWrite)
    let run = try writer.beginRun(RunDescription(command: "compile", modelVersion: "1"))
    try writer.write(run: run) { try $0.append(compiled(configuration, .fits)) }
    // What was committed stands in the log that the writer keeps open.
    #expect(try check(words).output.contains("(compiled; "))
    try writer.close()
    #expect(try check(words).output.contains("(compiled; "))
  }

  @Test(arguments: [
    "printf nonsense-nonsense-nonsense >", "sqlite3 -cmd 'CREATE TABLE t (a)' -cmd .quit", "mkdir", ": >",
  ])
  func aDefaultStoreThatIsNoneTakesNothingFromTheAnswer(make: String) throws {
    let (_, words) = try configuration(.uncertain)
    let plain = try check(words)
    _ = try program.shell("mkdir -p .local/share/shapefinder; \(make) .local/share/shapefinder/shapefinder.sqlite")
    let answer = try check(words)
    #expect(answer.status == 0 && answer.output == plain.output)
    #expect(make.hasPrefix(":") ? answer.errors == "" : answer.errors.hasPrefix("not consulted: "), "\(answer.errors)")
    #expect(try check(words, "--no-store").errors == "")
  }

  @Test func ofSeveralCompilesTheUsualAndTheFullestCounts() throws {
    let (configuration, words) = try configuration(.uncertain)
    // Told to try less hard, and told to leave memory alone: other questions.
    try store([
      compiled(configuration, .doesNotFit, gibibytes: 16.1, told: "memory fitting level 0"),
      compiled(
        configuration, .doesNotFit, gibibytes: 16.2, told: "memory fitting level 29, xla_tpu_user_reserved_hbm_bytes=5"),
    ])
    #expect(try check(words).output.hasPrefix("Uncertain whether"))
    try store([compiled(configuration, .uncertain, gibibytes: 14.4, isOfMemoryOnly: true)])
    let open = try check(words)
    #expect(open.output.hasPrefix("Uncertain whether ViT-L/16 fits a tpu-v3 core: 14.40 of 15.48 GiB (compiled; "))
    // What stopped early did not settle it: the whole compile does.
    let last = try #require(open.output.split(separator: "\n").last)
    #expect(last.hasPrefix("  shapefinder compile ViT-L/16 --batch ") && !last.contains("--memory"))
    try store([compiled(configuration, .fits, gibibytes: 14.3)])
    try store([compiled(configuration, .uncertain, gibibytes: 14.41, isOfMemoryOnly: true)])
    #expect(try check(words).output.hasPrefix("ViT-L/16 fits a tpu-v3 core: 14.30 of 15.48 GiB (compiled; "))
  }

  @Test func linesHaveWhatCompilersSaidAndWhatCostsNothing() throws {
    let (configuration, _) = try configuration(.uncertain)
    try store([compiled(configuration, .fits)])
    let question = """
      {"shape": "ViT-L/16", "imageSize": 384, "optimizer": "adam", "precision": "float32", "batch": \(configuration.batch)}
      {"shape": "ViT-L/16"}

      """
    let rows = try program.run("check", "--configurations", "-", input: question).lines()
    #expect(rows.count == 2)
    #expect((rows[0]["compiled"] as? [String: Any])?["verdict"] as? String == "fits")
    #expect(rows[1]["compiled"] is NSNull)
    for row in rows {
      let memory = try #require(row["memory"] as? [String: Any])
      let limit = try #require(memory["limit"] as? Int), total = try #require(memory["total"] as? Int)
      #expect(row["headroom"] as? Int == limit - total)
      #expect((row["peak"] as? String)?.hasPrefix("the ") == true)
      #expect(row["largestBatch"] == nil && row.keys.contains("recomputation"))
    }
    let table = try program.run("check", "--configurations", "-", "--format", "table", input: question).output
    #expect(table.contains("compiled") && table.contains("fits, 14.27 GiB") && table.contains("estimated"))
  }

  // MARK: Grids

  @Test func gridsShowWhatCompilersSaidBeforeWhatIsEstimated() throws {
    _ = try program.run("enumerate", "small", "--store", "s.sqlite")
    let reader = try EvidenceStore.open(path: program.path("s.sqlite"), mode: .readOnly)
    let estimates = try reader.evidence(.estimated)
    try reader.close()
    let fits = try #require(estimates.first { $0.verdict == .fits }),
      unfit = try #require(estimates.last { $0.verdict == .doesNotFit })
    let same = try #require(estimates.last { $0.verdict == .fits })
    // One against its estimate, one with it, one for a grid of its own.
    var elsewhere = same.configuration
    elsewhere.batch = 9
    try store(
      [compiled(fits.configuration, .doesNotFit), compiled(same.configuration, .fits), compiled(elsewhere, .fits)],
      in: "s.sqlite")
    #expect(unfit.configuration != fits.configuration)

    let title = "Compiled in the store, of these: 2; 1 fits, 1 does not fit; 1 against the estimate"
    for command in [["enumerate", "small"], ["map", "small"]] {
      let answer = try program.run(command + ["--store", "s.sqlite"], bytes: [])
      #expect(answer.output.hasPrefix(title), "\(command): \(answer.output.prefix(300))")
      let rows = answer.output.split(separator: "\n").dropFirst(3).prefix(2)
      #expect(rows.first?.hasPrefix(fits.configuration.shape.description) == true, "\(rows)")
      #expect(rows.first?.contains("does not fit  14.27 GiB  fits") == true, "\(rows)")
      let alone = try program.run(command + ["--no-store"], bytes: [])
      #expect(!alone.output.contains("ompiled"))
    }
    let svg = try program.run("map", "small", "--store", "s.sqlite", "--svg", "-").output
    #expect(svg.contains("Compiled in the store, of") && !svg.contains("<script"))
    #expect(svg.components(separatedBy: "r=\"2\"").count - 1 == 2)
    let rows = try program.run("map", "small", "--store", "s.sqlite", "--format", "ndjson").lines()
    #expect(rows.compactMap { $0["compiled"] as? [String] }.filter { !$0.isEmpty }.count == 2)

    // Rows: one a configuration, the compiler's answer beside the estimate.
    let lines = try program.run("enumerate", "small", "--store", "s.sqlite", "--format", "ndjson").lines()
    #expect(lines.count == 192 && lines.allSatisfy { $0["evidence"] as? String == "estimated" })
    let said = lines.compactMap { $0["compiled"] as? [String: Any] }
    #expect(said.count == 2 && said.allSatisfy { $0["evidence"] as? String == "compiled" })
    let table = try program.run("enumerate", "small", "--store", "s.sqlite", "--limit", "192").output
    #expect(table.contains("does not fit, 14.27 GiB") && table.contains("estimated"))
    let csv = try program.run("enumerate", "small", "--store", "s.sqlite", "--format", "csv").output
    #expect(csv.hasPrefix("shape,") && csv.contains(",compiled.verdict,"))
    // What is not asked of the store costs nothing and shows nothing.
    #expect(try program.run("map", "small", "--no-store", "--store", "s.sqlite").status == 64)
  }

  @Test func whatACompilerSettledDecidesWhatIsListedCountedAndDrawn() throws {
    _ = try program.run("enumerate", "small", "--store", "s.sqlite")
    let reader = try EvidenceStore.open(path: program.path("s.sqlite"), mode: .readOnly)
    let estimates = try reader.evidence(.estimated)
    try reader.close()
    let fits = try #require(estimates.first { $0.verdict == .fits }).configuration
    let unfit = try #require(estimates.last { $0.verdict == .doesNotFit }).configuration
    let before = estimates.count { $0.verdict == .fits }
    // What leaves it open changes nothing.
    let open = try #require(estimates.last { $0.verdict == .fits }).configuration
    try store([compiled(fits, .doesNotFit), compiled(unfit, .fits), compiled(open, .uncertain)], in: "s.sqlite")

    func shapes(_ words: String...) throws -> [[String: Any]] {
      try program.run(["enumerate", "small", "--store", "s.sqlite", "--format", "ndjson"] + words).lines()
    }
    func holds(_ rows: [[String: Any]], _ configuration: Configuration) -> Bool {
      rows.contains { row in
        (row["shape"] as? [String: Any])?["width"] as? Int == configuration.shape.width
          && (row["shape"] as? [String: Any])?["depth"] as? Int == configuration.shape.depth
          && (row["shape"] as? [String: Any])?["mlpWidth"] as? Int == configuration.shape.mlpWidth
          && row["head"] as? String == configuration.head.rawValue
          && row["optimizer"] as? String == configuration.optimizer.rawValue
      }
    }
    for order in [[], ["--sort", "parameter-count"]] {
      let listed = try program.run(
        ["enumerate", "small", "--store", "s.sqlite", "--format", "ndjson", "--fits"] + order)
      let rows = try listed.lines()
      #expect(rows.count == before)
      #expect(holds(rows, unfit) && !holds(rows, fits) && holds(rows, open))
      #expect(listed.errors.contains("\(before) fit, 2 verdicts by what a compiler said"), "\(listed.errors)")
      // The row's own verdict stays the estimate's.
      let verdicts = rows.filter { $0["compiled"] is [String: Any] }.compactMap { $0["verdict"] as? String }
      #expect(verdicts.sorted() == ["does-not-fit", "fits"])
    }
    let alone = try program.run("enumerate", "small", "--no-store", "--format", "ndjson", "--fits").lines()
    #expect(alone.count == before && holds(alone, fits) && !holds(alone, unfit))
    let stored = try EvidenceStore.open(path: program.path("s.sqlite"), mode: .readOnly)
    #expect(try stored.evidence(.estimated).count { $0.verdict == .fits } == before)
    try stored.close()

    // A map of the store itself, and of its estimates alone.
    func fitting(_ words: String...) throws -> Int {
      try program.run(["map", "small", "--from-store", "--store", "s.sqlite", "--format", "ndjson"] + words).lines()
        .count { $0["fitsIn"] is String }
    }
    let drawn = try program.run("map", "small", "--store", "s.sqlite", "--format", "ndjson").lines()
    #expect(try fitting() == drawn.count { $0["fitsIn"] is String })
    let estimated = try program.run("map", "small", "--no-store", "--format", "ndjson").lines()
    #expect(try fitting("--evidence", "estimated") == estimated.count { $0["fitsIn"] is String })
    let map = try program.run("map", "small", "--store", "s.sqlite", "--plain", "--panels", "all")
    #expect(map.output.contains("°"), "\(map.output)")
    #expect(!(try program.run("map", "small", "--no-store", "--plain").output.contains("°")))
  }

  @Test func theDefaultStoreIsLookedAtByMapWithoutBeingMade() throws {
    #expect(try program.run("map", "small").status == 0)
    #expect(!FileManager.default.fileExists(atPath: program.path(".local")))
    let shape = Shape(width: 1408, depth: 40, mlpWidth: 6144, heads: 16, patch: 14)
    try store([compiled(Configuration(shape: shape), .fits)])
    #expect(try program.run("map", "small").output.hasPrefix("Compiled in the store, of these: 1; 1 fits"))
    #expect(try !program.run("map", "small", "--no-store").output.contains("Compiled"))
  }

  // MARK: What settles it

  @Test func theCommandAsksTheCompilerTheSameQuestion() throws {
    let (_, words) = try configuration(.uncertain)
    let answer = try check(words)
    let lines = answer.output.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("To settle it, typically about ") && $0.hasSuffix(" s:") })
    #expect(
      lines.last.map(String.init)
        == "  shapefinder compile ViT-L/16 --batch \(words.last ?? "") --image-size 384 --optimizer adam --precision float32 --memory"
    )
    // Where the answer is looked for, there it goes.
    let named = try check(words, "--store", "my store.sqlite", "--format", "json")
    let settle = try #require(try named.lines().first?["settle"] as? [String: Any])
    #expect((settle["command"] as? String)?.hasSuffix(" --memory --store 'my store.sqlite'") == true)
    #expect(settle["isTypical"] as? Bool == true && (settle["seconds"] as? Double).map { $0 > 5 && $0 < 120 } == true)
  }

  /// Shapes, settings and limits that are not usual, of more recomputed blocks than are scheduled; the command's words are
  /// those of `check`.
  @Test(arguments: [
    "--width 1024 --depth 129 --mlp-width 4096 --heads 16 --patch 16 --optimizer sgd --rematerialization full --batch 8 --head token",
    "ViT-G/14 --depth 130 --optimizer sgd --rematerialization full --gradient-clipping global-norm --data-parallel 16",
    "ViT-B/16 --depth 129 --optimizer sgd --rematerialization full --device tpu-v4 --memory-limit 8GiB",
    "ViT-B/16 --depth 129 --optimizer sgd --rematerialization full --memory-limit 8589934593B",
    "ViT-B/16 --depth 129 --optimizer sgd --rematerialization full --memory-limit 15854MiB",
    "ViT-B/16 --depth 133 --optimizer sgd --rematerialization full --head gap",
    "ViT-B/16 --layers scanned --memory-limit 2710MiB",
  ])
  func theCommandsWordsAreTheConfiguration(words: String) throws {
    let asked = try #require(try check(words.split(separator: " ").map(String.init), "--format", "json").lines().first)
    let settle = try #require(asked["settle"] as? [String: Any])
    let command = try #require(settle["command"] as? String)
    #expect(command.hasPrefix("shapefinder compile "))
    let again = try program.shell(
      "\"$shapefinder\" "
        + command.replacing("shapefinder compile", with: "check").replacing(" --memory ", with: " ")
        .replacing(#/\ --memory$/#, with: "") + " --format json")
    let configuration = try #require(try again.lines().first)
    for key in Configuration.Key.allCases.map(\.rawValue) + Configuration.ShapeKey.allCases.map(\.rawValue) {
      let (a, b) = (asked[key] as? NSObject, configuration[key] as? NSObject)
      #expect(a == b, "\(key): \(command)")
    }
  }

  private func evidence(_ result: StepResult, seconds: Seconds) -> CompiledEvidence {
    let report = CompileReport(
      programHash: "a", plugin: "libtpu 0.0.17.1",
      compiler: CompilerIdentity(interface: "0.69", platform: "tpu", version: "1", deviceKind: "TPU v3", cores: 8),
      topology: CompileTopology(name: "v3:2x2"), options: CompilerOptions(), log: CompilerLog(), seconds: seconds)
    return CompiledEvidence(
      title: "other", device: "tpu-v3", report: report, verdict: result.verdict, memory: result.memory,
      stepSeconds: nil, provenance: result.provenance, result: result)
  }

  @Test func thisMachinesOwnCompilesTellTheTime() throws {
    let (configuration, words) = try configuration(.uncertain)
    try store([])
    let path = program.path(".local/share/shapefinder/shapefinder.sqlite")
    let writer = try EvidenceStore.open(path: path, mode: .readWrite)
    let run = try writer.beginRun(RunDescription(command: "compile", modelVersion: "1"))
    var other = configuration
    other.batch = 1
    try writer.record(
      CompileRecord(
        key: CompileKey(programHash: "a", compiler: "libtpu 0.0.17.1", topology: "{}", options: "{}"), mode: .memory,
        configuration: other, provenance: compiled(other, .fits).provenance, device: "tpu-v3", limit: .gibibytes(15.48),
        programSize: Bytes(10),
        outcome: .answer(evidence(compiled(other, .fits, isOfMemoryOnly: true), seconds: Seconds(600))),
        time: "2026-01-02T03:04:05Z"), run: run)
    try writer.close()
    // The same shape took ten minutes here.
    #expect(try check(words).output.contains("To settle it, on this machine about 10 min:"))
  }

  @Test func settingsWithoutACommandGetNone() throws {
    // No topology of so many cores; a verdict that is settled.
    for words in [
      ["ViT-B/16", "--depth", "129", "--optimizer", "sgd", "--rematerialization", "full", "--data-parallel", "100000"],
      ["ViT-B/16"],
    ] {
      let answer = try check(words, "--format", "json")
      #expect(try answer.lines().first?["settle"] is NSNull)
      #expect(!(try check(words).output.contains("To settle it")))
    }
  }
}
