import Answers
import ArgumentParser
import Catalog
import Compilation
import Evidence
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

/// `shapefinder compile`.
struct CompileCommand: ShardedCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract:
      "Asks the device's compiler, without the device, whether a step fits.",
    discussion: """
      A small shape takes 20 seconds, ViT-G 10 minutes; with --memory, an eighth. Every answer is stored at once; what the \
      store knows is not compiled again. Ctrl-C stops; the same command goes on. Exit codes: 3 nothing fits, 65 --program must \
      be exported differently, 69 libtpu (`shapefinder plugin install tpu`) or the worker is missing, 1 a compile failed.

      Examples:

        shapefinder compile ViT-G/14 --batch 8 --memory
        shapefinder compile ViT-B/16 --graph
        shapefinder compile --grid figure8 --width 1664 --heads 16 --frontier
        shapefinder compile --grid small --memory --jobs 2 --shard auto/16
        shapefinder compile --configurations questions.ndjson > answers.ndjson
      """)

  @OptionGroup(title: "Shape or grid") var question: ShapeOrGridOptions
  @OptionGroup(title: "Setting") var options: SettingOptions<AnyDevice>
  @Option(
    help: ArgumentHelp("Compile a file of JSON objects; - is standard input.", valueName: "file"),
    completion: .file(extensions: ["ndjson", "jsonl", "json"]))
  var configurations: String?
  @Option(
    help: ArgumentHelp("Compile a StableHLO module, as JAX lowers it.", valueName: "file"),
    completion: .file(extensions: ["mlir", "mlirbc", "stablehlo"]))
  var program: String?
  @Option(
    "With --program: cores it is divided over. (default: what it says, else 1)", "n", visibility: .hidden,
    transform: atLeastOne)
  var partitions: Int?
  @Flag(help: "Find the largest depth that fits in each column.")
  var frontier = false
  @Option(
    name: .customLong("print"), defaultAsFlag: "-",
    help: ArgumentHelp("Write the StableHLO module instead of compiling it.", valueName: "file"),
    completion: .file(extensions: ["mlir"]))
  var printed: String?
  @Option(defaultAsFlag: "", help: ArgumentHelp("Replay its scheduler, write its graph to a file.", valueName: "file"))
  var graph: String?
  @OptionGroup var shards: ShardOptions
  @OptionGroup(title: "Compile") var compile: CompileOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var storage: StoreOptions
  @Flag(help: "Store nothing, and ignore stored answers.") var noStore = false
  @OptionGroup var catalog: CatalogOptions

  /// The setting as given by options.
  var setting: GivenSetting { options.given }

  func validate() throws {
    if noStore, storage.given != nil { throw ValidationError("--store and --no-store exclude each other") }
    try shards.check(isGrid: isGrid, isFrontier: frontier, storage, noStore: noStore)
    let sources = [
      question.asksSomething ? "a shape or a grid" : nil, configurations.map { _ in "--configurations" },
      program.map { _ in "--program" },
    ].compactMap(\.self)
    guard !sources.isEmpty else {
      throw ValidationError(
        "nothing to compile: give a shape such as ViT-S/16, its numbers, --grid, --configurations or --program; see "
          + "`shapefinder shapes` and `shapefinder grids`")
    }
    if sources.count > 1 {
      throw ValidationError("\(sources[0]) and \(sources[1]) are two questions: give one of them")
    }
    let isOneShape = !question.isGrid && configurations == nil
    let broken: [(Bool, rule: String)] = [
      (
        configurations != nil && !setting.isEmpty,
        "--configurations brings its own configurations: leave out the options of a setting"
      ),
      (
        program != nil && !setting.isEmptyExceptDevice,
        "--program is compiled as it is: of the setting, only --device and --memory-limit apply"
      ),
      (partitions != nil && program == nil, "--partitions is for --program; a shape runs on --data-parallel cores"),
      (frontier && !question.isGrid, "--frontier needs a grid: name one with --grid, or give axes"),
      (printed != nil && (!isOneShape || program != nil), "--print writes the module of one shape"),
      (graph != nil && !isOneShape, "--graph is for one shape or program"),
      (printed != nil && graph != nil, "--print and --graph exclude each other: the one does not compile"),
      (
        printed == "-" && output.given != nil,
        "--print takes standard output for itself: leave out --format, or give a file"
      ),
    ]
    if let rule = broken.first(where: \.0)?.rule { throw ValidationError(rule) }
  }

  private var isGrid: Bool { question.isGrid && configurations == nil }

  func sharded(_ context: AnswerContext) throws -> ShardedQuestion {
    try ShardOptions.check(isGrid: isGrid, isFrontier: frontier)
    let (name, grid) = try question.gridQuestion(setting).load(context)
    return try .compiling(grid, name: name, mode: compile.mode, jobs: compile.jobs ?? 1, context)
  }

  func run() throws {
    let context = AnswerContext.command(try catalog.load())
    if let configurations { return try compileLines(configurations, context) }
    if let program { return try compileProgram(program, context) }
    guard question.isGrid else {
      let configuration = try Configuration(question.shapeQuestion, setting, context)
      if let printed {
        return try writeText(String(decoding: try module(configuration).bytes, as: UTF8.self), to: printed)
      }
      let asked: CompileQuestion
      do { asked = try CompileQuestion(configuration, context.catalog) } catch { throw CommandError.usage(error) }
      return try compileOne(asked, context)
    }
    let (name, grid) = try question.gridQuestion(setting).load(context)
    do {
      if frontier { return try compileFrontier(grid, name: name, context) }
      try compileGrid(grid, name: name, context)
    } catch let error as ConfigurationError {
      throw CommandError.usage(error)
    }
  }

  private func compileLines(_ path: String, _ context: AnswerContext) throws {
    let jobs = compile.jobs ?? 1
    let lines = CompileLines(
      context: context, session: try session(grid: nil, context), mode: compile.mode, jobs: jobs)
    var answers = AnsweredLines(.results, output, flushesEachRow: true)
    try answers.write { answers in
      try lines.answer(path, to: &answers, observer: { display(total: $0) }) { display in
        display.conclude(nil)
        display.clear()
      }
    }
  }

  func session(grid: String?, keeps: Bool = true, _ context: AnswerContext) throws -> CompileSession {
    // A missing component is reported before a store is created.
    try CompileSession(
      Compiler(plugin: compile.plugin, asked: setting.compiler, context), settings: compile.settings,
      known: compile.known,
      store: noStore || !keeps ? nil : storage.open(.create),
      command: commandLine, grid: grid, context: context)
  }

  /// A display of compiles on standard error.
  func display(
    total: Int, isShown: Bool = true, map: @escaping (Terminal) -> String = { _ in "" }
  ) -> CompileDisplay {
    CompileDisplay(
      total: total, jobs: compile.jobs ?? 1, on: Console.errors, remark: { remark($0) }, isShown: isShown, map: map)
  }

  private func module(_ configuration: Configuration) throws -> CompileProgram {
    do { return try CompileProgram(configuration) } catch { throw CommandError.usage(error) }
  }

  private func compileProgram(_ path: String, _ context: AnswerContext) throws {
    try compileOne(
      CompileQuestion(
        file: path, partitions: partitions, device: setting.device, limit: setting.memoryLimit, context.catalog),
      context)
  }

  private func replay(_ asked: CompileQuestion, _ file: String, _ context: AnswerContext) throws {
    var display = display(total: 1)
    let report = try GraphAnswer(
      asked, Compiler(plugin: compile.plugin, asked: setting.compiler, context), settings: compile.settings,
      observer: &display, context
    ).report
    if !file.isEmpty { try writeText(report.file, to: file) }
    try report.write(output.format, to: FileDescriptorSink.standardOutput, terminal: output.terminal)
  }

  /// The answer to one question, from the store or the compiler.
  private func compileOne(_ asked: CompileQuestion, _ context: AnswerContext) throws {
    if let graph { return try replay(asked, graph, context) }
    let session = try session(grid: nil, context)
    var display = display(total: 1)
    let (answer, stored) = try session.closeWithStore {
      var found: CompileAnswer?
      try session.ask([asked], mode: compile.mode, jobs: 1, observer: &display) { _, answer, _ in found = answer }
      guard let found else { throw SessionRun.Interrupted() }
      return found
    }
    let evidence = try answer.found()
    var estimates = Estimators(context.catalog)
    let report = CompiledReport(answer, &estimates)
    if let result = evidence.result {
      try output.write([result], Listing<StepResult>.results, answer: .single) { report.text(terminal: $0) }
    } else {
      try output.write([evidence], Listing<CompiledEvidence>.compiledPrograms, answer: .single) {
        report.text(terminal: $0)
      }
    }
    if let remark = answer.remark(memoryOnly: compile.memory) { context.remark(remark) }
    if answer.isNew, let stored { context.remark(stored) }
    if evidence.verdict == .doesNotFit { throw CommandError.nothingFits }
  }
}
