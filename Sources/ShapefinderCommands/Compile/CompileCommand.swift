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
struct CompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract:
      "Asks the device's own compiler, without the device: whether a step fits, what is recomputed, how long it takes.",
    discussion: """
      A small shape takes some 20 seconds, ViT-G 10 minutes; with --memory, an eighth of that. Every answer is stored at once; \
      what the store knows is not compiled again. Ctrl-C stops; the same command then goes on. The exit code is 3 where nothing \
      fits, 65 where --program is not a module or must be exported differently, 69 where libtpu (`shapefinder plugin install \
      tpu`) or the worker is missing, 1 where a compile failed.

      Examples:

        shapefinder compile ViT-G/14 --batch 8 --memory
        shapefinder compile ViT-B/16 --print step.mlir
        shapefinder compile --program step.mlir --device tpu-v5e
        shapefinder compile --grid small --memory --jobs 2
        shapefinder compile --grid figure8 --width 1664 --heads 16 --frontier
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
  @OptionGroup(title: "Compile") var compile: CompileOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var storage: StoreOptions
  @Flag(help: "Store nothing, and ignore stored answers.") var noStore = false
  @OptionGroup var catalog: CatalogOptions

  /// The setting as given by options.
  var setting: GivenSetting { options.given }

  /// Limit on the configurations of one run.
  static let largestGrid = 10_000
  /// Limit on the columns of one run, each of which takes two compiles.
  static let mostColumns = 2_000

  func validate() throws {
    if noStore, storage.given != nil { throw ValidationError("--store and --no-store exclude each other") }
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
    if configurations != nil, !setting.isEmpty {
      throw ValidationError("--configurations brings its own configurations: leave out the options of a setting")
    }
    if program != nil, !setting.isEmptyExceptDevice {
      throw ValidationError("--program is compiled as it is: of the setting, only --device and --memory-limit apply")
    }
    if partitions != nil, program == nil {
      throw ValidationError("--partitions is for --program; a shape runs on --data-parallel cores")
    }
    if frontier, !question.isGrid {
      throw ValidationError("--frontier needs a grid: name one with --grid, or give axes")
    }
    if printed != nil, question.isGrid || configurations != nil || program != nil {
      throw ValidationError("--print writes the module of one shape")
    }
    if printed == "-", output.given != nil {
      throw ValidationError("--print takes standard output for itself: leave out --format, or give a file")
    }
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
      guard grid.count <= Self.largestGrid else { throw tooMany(grid.count, "configuration", Self.largestGrid) }
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
      try lines.answer(path, to: &answers, observer: { CompileDisplay(total: $0, jobs: jobs) }) { display in
        display.conclude(nil)
        display.clear()
      }
    }
  }

  func tooMany(_ count: Int, _ what: String, _ most: Int) -> CommandError {
    CommandError.usage(
      "\(counted(count, what)) is over the limit of \(grouped(most)); narrow it with --depth, --width, --mlp-width or --heads"
    )
  }

  func session(grid: String?, _ context: AnswerContext) throws -> CompileSession {
    // A missing component is reported before a store is created.
    let compiler = try compile.compiler()
    return try CompileSession(
      compiler, settings: compile.settings, known: compile.known, store: noStore ? nil : storage.open(.create),
      command: commandLine, grid: grid, context: context)
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

  /// The answer to one question, from the store or the compiler.
  private func compileOne(_ asked: CompileQuestion, _ context: AnswerContext) throws {
    let session = try session(grid: nil, context)
    var display = CompileDisplay(total: 1, jobs: 1)
    let (answer, stored) = try session.closeWithStore {
      var found: CompileAnswer?
      try session.ask([asked], mode: compile.mode, jobs: 1, observer: &display) { _, answer, _ in found = answer }
      guard let found else { throw SessionRun.Interrupted() }
      return found
    }
    let evidence: CompiledEvidence
    switch answer.outcome {
    case .refused(let error): throw CommandError.usage(error)
    case .failed(let reason):
      let known = answer.isNew ? "" : " (the store knows that from before; --retry-failed compiles it again)"
      throw CommandError(status: .failure, message: "\(asked.title): \(reason)\(known)")
    case .evidence(let found): evidence = found
    }
    var estimates = Estimators(context.catalog)
    let report = CompiledReport(answer, &estimates)
    if let result = evidence.result {
      try output.write([result], Listing<StepResult>.results, answer: .single) { report.text(terminal: $0) }
    } else {
      try output.write([evidence], Listing<CompiledEvidence>.compiledPrograms, answer: .single) {
        report.text(terminal: $0)
      }
    }
    if compile.memory, answer.isNew, evidence.report.isComplete {
      context.remark("the compiler's log did not tell the memory before the compile's end: this is a full compile")
    }
    if !answer.isNew {
      context.remark("known from \(evidence.provenance.time ?? "before"); --again compiles it once more")
    }
    if answer.isNew, let stored { context.remark(stored) }
    if evidence.verdict == .doesNotFit { throw CommandError.nothingFits }
  }
}
