import Answers
import ArgumentParser
import Reporting

/// `shapefinder compare`.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Shapes side by side: bytes, verdict, speed, and what a training run takes.",
    discussion: """
      Every figure is that of `check`. What a compiler said and what was measured of the same step, if the store has it, \
      stands below the estimates, each under its own heading. --device takes a list, or all (TPUs): one shape then has a device a row, with what a chip does. Where shapes differ \
      in more than the shape, give --configurations. JSON and CSV have a shape a row, with its ratios to the first. Exit codes: \
      0 some fit or are uncertain, 3 none fits.

      Examples:

        shapefinder compare ViT-L/16 ViT-H/14 ViT-g/14
        shapefinder compare ViT-g/14 ViT-G/14 --device tpu-v3,tpu-v4 --examples 3e9
        shapefinder compare B/16 L/16 --epochs 300 --dataset-size 1.28M --chips 32
      """)

  @Argument(
    help: ArgumentHelp("Names (`shapefinder shapes`), or models' JSON files.", valueName: "shapes"),
    completion: .shapeNames)
  var shapes: [String] = []
  @OptionGroup(title: "Setting") var options: SettingOptions<AnyDevice>
  @OptionGroup(title: "Training run") var budget: BudgetOptions
  @Option(
    help: ArgumentHelp("Compare JSON objects of a file; - is standard input.", valueName: "file"),
    completion: .file(extensions: ["ndjson", "jsonl", "json"]))
  var configurations: String?
  @OptionGroup var store: StoreOptions
  @Flag(help: "Do not look in the store.") var noStore = false
  @OptionGroup var catalog: CatalogOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if noStore, store.given != nil { throw ValidationError("--no-store excludes --store") }
    if configurations != nil, !shapes.isEmpty || !options.given.isEmpty {
      throw ValidationError("--configurations brings its own configurations: leave out shapes and their options")
    }
  }

  func run() throws {
    try Self.answer(
      CompareQuestion(
        shapes: shapes.map { ShapeQuestion(name: $0) }, setting: options.given, file: configurations,
        budget: budget.question),
      noStore ? nil : store, output, .command(try catalog.load(), catchesSignals: false))
  }

  /// Answers here and for `check` on several devices.
  static func answer(
    _ question: CompareQuestion, _ store: StoreOptions?, _ output: OutputOptions, _ context: AnswerContext
  ) throws {
    var answer = try CompareAnswer(question, context)
    try store?.glance { try answer.consult($0) }
    let rows = answer.rows
    try output.write(rows, CompareReport.listing(rows)) { CompareReport.text(rows, terminal: $0) }
    if answer.nothingFits { throw CommandError.nothingFits }
  }
}
