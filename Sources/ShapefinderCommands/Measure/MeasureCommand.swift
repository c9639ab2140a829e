import Answers
import ArgumentParser
import Catalog
import EvidenceStore
import Measurement
import Reporting
import VisionTransformer
import WorkerProcess

/// `shapefinder measure`.
struct MeasureCommand: ShardedCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure",
    abstract:
      "Runs real training steps on this machine and measures their time and memory: one shape, many, or a grid.",
    discussion: """
      Each shape runs in a process of its own, in float32, on synthetic images. Every answer is stored at once; what the store knows \
      is not measured again. Ctrl-C stops; the same command then goes on. Trials that other work held up are marked as \
      disturbed. The exit code is 3 where nothing fits, 69 where the worker or its library is missing, 1 where a trial failed.

      Examples:

        shapefinder measure ViT-S/16 --batch 8 --classes 1000 --optimizer adam
        shapefinder measure --grid cpu --memory-limit 2GiB
        shapefinder measure --grid cpu --shard 3/8
        shapefinder measure --configurations questions.ndjson > answers.ndjson
      """)

  @OptionGroup var question: MeasureOptions
  @Option(
    help: ArgumentHelp("Measure a file of JSON objects; - is standard input.", valueName: "file"),
    completion: .file(extensions: ["ndjson", "jsonl", "json"]))
  var configurations: String?
  @OptionGroup var shards: ShardOptions
  @OptionGroup(title: "Trial") var trial: TrialOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var storage: StoreOptions
  @Flag(help: "Store nothing, and ignore stored answers.") var noStore = false
  @OptionGroup var catalog: CatalogOptions

  func validate() throws {
    if noStore, storage.given != nil { throw ValidationError("--store and --no-store exclude each other") }
    try shards.check(isGrid: isGrid, storage, noStore: noStore)
    if configurations != nil {
      guard question.isEmpty else {
        throw ValidationError("--configurations brings its own configurations: leave out the shape and its options")
      }
    } else if !question.asked.asksSomething {
      throw ValidationError(
        "nothing to measure: give a shape such as ViT-S/16, its numbers, --grid, or --configurations; see `shapefinder "
          + "shapes` and `shapefinder grids`")
    }
  }

  private var isGrid: Bool { question.asked.isGrid && configurations == nil }

  func sharded(_ context: AnswerContext) throws -> ShardedQuestion {
    try ShardOptions.check(isGrid: isGrid)
    return .measuring(try MeasuredGrid(question.asked.gridQuestion(question.setting), context), trial.plan, context)
  }

  func run() throws {
    let context = AnswerContext.command(try catalog.load())
    if let configurations {
      let lines = MeasureLines(context: context, session: try session(grid: nil, context))
      var answers = AnsweredLines(.results, output, flushesEachRow: true)
      return try answers.write { try lines.answer(configurations, to: &$0) }
    }
    guard question.asked.isGrid else {
      return try measureOne(Configuration(measuring: question.asked.shapeQuestion, question.setting, context), context)
    }
    try measureGrid(MeasuredGrid(question.asked.gridQuestion(question.setting), context), context)
  }

  private func session(grid: String?, keeps: Bool = true, _ context: AnswerContext) throws -> TrialSession {
    let runner: TrialProcess
    do throws(WorkerError) { runner = TrialProcess(try WorkerProgram.find()) } catch { throw AnswerError(error) }
    return try TrialSession(
      runner, trial.plan, store: noStore || !keeps ? nil : storage.open(.create), command: commandLine, grid: grid,
      context: context)
  }

  private func measureOne(_ configuration: Configuration, _ context: AnswerContext) throws {
    let session = try session(grid: nil, context)
    let (answer, stored) = try session.closeWithStore {
      var progress = Console.progress("steps", total: nil)
      defer { progress.finish() }
      var steps = 0
      do {
        return try session.answer(configuration) { event in
          if case .step = event { steps += 1 }
          progress.update(steps)
        }
      } catch let error as ConfigurationError {
        throw CommandError.usage(error)
      }
    }
    switch answer {
    case .failed(let failure, let isNew):
      let known = isNew ? "" : " (the store knows that from before; --retry-failed measures it again)"
      throw CommandError(
        status: failure.mayPass ? .tryAgain : .failure,
        message: "\(configuration.title): \(failure.explanation)\(known)")
    case .evidence(let result, let report, let isNew):
      var estimates = MachineEstimates(context.catalog, threads: trial.threadsUsed)
      let input = MeasureReport.Input(result: result, trial: report, estimate: estimates.estimate(configuration))
      try output.write([result], Listing<StepResult>.results, answer: .single) { terminal in
        MeasureReport.text(input, terminal: terminal)
      }
      if !isNew { context.remark("known from \(result.provenance.time ?? "before"); --again measures it once more") }
      if isNew, let stored { context.remark(stored) }
      if result.verdict == .doesNotFit { throw CommandError.nothingFits }
    }
  }
}

extension MeasureCommand {
  /// `measure --grid`: a growing map, and rows as they come.
  private func measureGrid(_ grid: MeasuredGrid, _ context: AnswerContext) throws {
    let path = shards.path(.measure, grid: grid.name, storage, noStore: noStore)
    let session = try session(grid: grid.name, keeps: path == nil, context)
    let file = try path.map { try TaskFile($0, known: session.plan.known, context) }
    var sweep = MeasureSweep(grid, shard: shards.shard, file: file, session: session, context: context)
    let start = ContinuousClock.now
    let title = (shards.shard.map { "shard \($0) of " } ?? "") + grid.title
    let (_, stored) = try session.closeWithStore(file) { try measureAll(&sweep, title, session) }
    let seconds = Seconds((ContinuousClock.now - start) / .seconds(1))
    context.remark(sweep.tally.summary + "; \(seconds)" + (stored.map { "; \($0)" } ?? ""))
    try sweep.tally.check()
  }

  private func measureAll(_ sweep: inout MeasureSweep, _ title: String, _ session: TrialSession) throws {
    let weights = try sweep.weights()
    var display = SweepDisplay(
      SweepProgress(weights: weights, steps: session.plan.progressSteps, start: 0), total: weights.count,
      on: Console.errors, remark: { remark($0) }, isShown: !output.scrolls)
    display.announce(title, known: weights.count { $0 == nil }, worker: session.provenance.speaksFor ?? "")
    var rows: [SweepRow] = []
    let maps = sweep.maps
    var answers = AnsweredLines(
      output.writer(.results, expectsErrors: true, flushesEachRow: true) { terminal in
        guard !rows.isEmpty else { return "" }
        return Listing<SweepRow>.sweep.text(rows, terminal: terminal) + "\n" + maps.text(terminal)
      })
    try answers.write { answers in
      try sweep.run(observer: &display) { row in
        rows.append(row)
        try answers.take(
          row.input.map { .success($0.result) }
            ?? .failure(LineError(line: nil, value: row.configuration.title, rule: row.failure ?? "no answer")))
      }
    }
  }
}
