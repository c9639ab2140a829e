import Answers
import ArgumentParser
import Catalog
import EvidenceStore
import Reporting
import VisionTransformer

/// `shapefinder check`.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Says whether a shape fits, where the bytes go, and what would make it fit.",
    discussion: """
      Defaults are the paper's own training: a \(Configuration.Defaults.head.title) over the \
      \(grouped(Configuration.Defaults.classes)) classes of JFT-3B, \(Configuration.Defaults.optimizer.title), one of \
      \(Configuration.Defaults.dataParallel) cores. For ImageNet give --classes 1000 --head token --optimizer adam. Always: \
      parameters in float32, all of them on every core; no EMA copy, no accumulation, nothing frozen; no input pipeline, no \
      evaluation. What a compiler said of the same step, if the store has it, comes first. Exit codes: 0 fits or uncertain, \
      3 does not fit; with --configurations 65 where a line could not be answered, else 0.

      Examples:

        shapefinder check ViT-G/14 --batch 8 --optimizer adafactor
        shapefinder check ViT-G/14 --depth 56 --suggest
        shapefinder check ViT-L/16 --epochs 300 --dataset-size 1.28M --chips 32
        shapefinder check ViT-L/16 --device all
        shapefinder check ViT-g/14 --timeline --svg timeline.svg
        shapefinder check --configurations questions.ndjson > answers.ndjson
      """)

  @OptionGroup var question: ConfigurationOptions
  @OptionGroup(title: "Training run") var budget: BudgetOptions
  @Option(
    help: ArgumentHelp("Answer a file of JSON objects; - is standard input.", valueName: "file"),
    completion: .file(extensions: ["ndjson", "jsonl", "json"]))
  var configurations: String?
  @Flag(help: ArgumentHelp("Say what would save memory, even where it fits."))
  var suggest = false
  @Flag(help: "Draw the live bytes over the step.")
  var timeline = false
  @Option(
    help: ArgumentHelp("Write that drawing as SVG; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["svg"]), transform: svgPath)
  var svg: String?
  @Flag(
    help: ArgumentHelp("Print the commands that ask JAX and the real compiler the same question.", visibility: .hidden))
  var reproduce = false
  @Flag(help: "Store the answer; so does --store.")
  var save = false
  @OptionGroup var store: StoreOptions
  @Flag(help: "Do not look in the store.") var noStore = false
  @OptionGroup var catalog: CatalogOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if noStore, save || store.given != nil { throw ValidationError("--no-store excludes --store and --save") }
    if configurations != nil {
      guard question.isEmpty, budget.question.isEmpty else {
        throw ValidationError(
          "--configurations brings its own configurations: leave out the shape, its options and the training run")
      }
      guard !suggest, !timeline, svg == nil, !reproduce else {
        throw ValidationError(
          "--suggest, --timeline, --svg and --reproduce are for one shape, not for --configurations")
      }
    }
    if [suggest, timeline, reproduce].count(where: { $0 }) > 1 {
      throw ValidationError("--suggest, --timeline and --reproduce are different answers: give one of them")
    }
    if svg == "-", output.given != nil || timeline {
      throw ValidationError("--svg - takes standard output for itself: leave out --format and --timeline")
    }
  }

  func run() throws {
    // Not in `validate()`, so that an unknown option is reported first.
    guard configurations != nil || question.hasShape else {
      throw CommandError.usage(
        "no shape: give a name such as ViT-G/14, its numbers, or --configurations; see `shapefinder shapes`")
    }
    let context = AnswerContext.command(try catalog.load(), catchesSignals: configurations != nil)
    if let configurations { return try answerLines(configurations, context) }
    if question.setting.asksSeveralDevices {
      guard !suggest, !timeline, svg == nil, !reproduce, !save else {
        throw CommandError.usage("--suggest, --timeline, --svg, --reproduce and --save are of one device: name it")
      }
      return try CompareCommand.answer(
        CompareQuestion(shapes: [question.shape.question], setting: question.setting, budget: budget.question),
        noStore ? nil : store, output, context)
    }
    let plan = try TrainingPlan(budget.question), shape = try question.shape.question.read(context)
    let configuration = try Configuration(shape, question.setting, context)
    if reproduce { return try reproduction(of: configuration, context.catalog) }
    var answer = try CheckAnswer(configuration, of: shape, question.setting, context.catalog)
    try plan?.check(answer.estimator.device)
    answer.plan = plan
    try consult(&answer, context.catalog)
    if saves {
      let recorder = try recorder()
      try recorder.record(answer.result)
      try recorder.finish(.finished)
    }
    try write(answer)
    if answer.verdict == .doesNotFit { throw CommandError.nothingFits }
  }

  private var saves: Bool { save || store.given != nil }

  private func answerLines(_ path: String, _ context: AnswerContext) throws {
    let recorder = saves ? try recorder() : nil
    let known =
      try (noStore ? nil : store.glance { try KnownCompiles(context.catalog, in: $0) })
      ?? KnownCompiles(context.catalog)
    let lines = CheckLines(context: context, recorder: recorder, known: known)
    var answers = AnsweredLines(
      CheckReport.listing(.line, showsCompiled: !known.isEmpty), output,
      whenReaderLeaves: recorder.map { _ in { remark(Recording.readerHasGone) } })
    try answers.write { try lines.answer(path, to: &$0) }
  }

  private func recorder() throws -> Recorder {
    try Recorder(store.open(.create), .estimates(commandLine), remark: { remark($0) })
  }

  /// Adds what the store knows: a compiler's answer, and the expected duration of the command that settles an uncertain
  /// answer.
  private func consult(_ answer: inout CheckAnswer, _ catalog: Catalog) throws {
    var times: [EvidenceStore.CompileTime] = []
    if !noStore {
      answer.compiled =
        try store.glance { store in
          if answer.result.verdict == .uncertain { times = (try? store.compileTimes()) ?? [] }
          return try KnownCompiles(catalog, of: answer.configuration, in: store)[answer.configuration]
        } ?? nil
    }
    answer.settling = Settling(catalog: catalog, places: self.catalog.words + store.words, times: times)
  }

  private func write(_ answer: CheckAnswer) throws {
    if let svg {
      try writeText(answer.timeline().svg(), to: svg)
      if svg == "-" { return }
    }
    if timeline {
      let drawing = try answer.timeline()
      try output.write(drawing.rows, Timeline.listing) { terminal in
        answer.headline(terminal) + "\n" + drawing.text(terminal: terminal)
      }
    } else {
      let input = answer.input(suggests: suggest)
      try output.write([input], CheckReport.listing(.one), answer: .single) { terminal in
        CheckReport.text(input, terminal: terminal)
      }
    }
  }

  private func reproduction(of configuration: Configuration, _ catalog: Catalog) throws {
    let device = try catalog.device(named: configuration.device)
    if let refusal = OracleQuestion.refusal(configuration, usable: device.usableMemory) {
      throw CommandError.usage(refusal)
    }
    // The oracle does not know names from a user's own catalog.
    var asked = configuration
    if self.catalog.directory != nil { asked.shapeName = nil }
    let questions = OracleQuestion.all(asked)
    try output.write(questions, OracleQuestion.listing) { _ in OracleQuestion.script(questions) }
  }
}
