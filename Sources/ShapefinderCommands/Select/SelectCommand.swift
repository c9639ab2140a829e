import Answers
import ArgumentParser
import EvidenceStore
import Reporting
import Selection
import VisionTransformer

extension SelectQuestion.Rule: ExpressibleByArgument {}

/// `shapefinder select`.
struct SelectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "select",
    abstract: "Chooses which shape to train, by a rule and within a budget.",
    discussion: """
      The rule together, the paper's, grows depth, width and MLP-width alike from ViT-H/14; compute-optimal by SoViT's \
      exponents from ViT-So400m/14, within a budget. Exit code 3 where nothing meets everything.

      Examples:

        shapefinder select large --optimizer adam-half --batch 32
        shapefinder select figure8 --examples 3e9 --max-core-days 5000
        shapefinder select large --rule compute-optimal --max-flops-per-image 1T
        shapefinder select large --optimizer adafactor --front --svg front.svg
      """)

  @OptionGroup(title: "Grid") var grid: GridOptions
  @Option(help: "What makes one shape better.") var rule = SelectQuestion.Rule.together
  @Option(
    help: ArgumentHelp("Where the ray begins. (default: the rule's)", valueName: "shape"), completion: .shapeNames)
  var base: String?
  @Option(parsing: .unconditional, help: ArgumentHelp("Fewest parameters.", valueName: "n"), transform: magnitude)
  var minParameters: Double?
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Most parameters.", valueName: "n", visibility: .hidden),
    transform: magnitude)
  var maxParameters: Double?
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Fewest images a second on one core.", valueName: "n"),
    transform: magnitude)
  var minImagesPerSecond: Double?
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Most forward FLOPs an image.", valueName: "n"), transform: magnitude)
  var maxFlopsPerImage: Double?
  @OptionGroup(title: "Training run") var budget: BudgetOptions
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Most core-days (chip-days) of steps.", valueName: "days"),
    transform: magnitude)
  var maxCoreDays: Double?
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Most FLOPs of the training.", valueName: "n", visibility: .hidden),
    transform: magnitude)
  var maxTrainingFlops: Double?
  @Option(
    name: [.customShort("n"), .long], parsing: .unconditional,
    help: ArgumentHelp("Most shapes of a setting.", valueName: "n"), transform: atLeastOne)
  var limit = 5
  @Flag(help: "The front of size, FLOPs and speed instead.") var front = false
  @Option(
    help: ArgumentHelp("Draw the front as SVG; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["svg"]), transform: svgPath)
  var svg: String?
  @Option(help: ArgumentHelp("Choose from stored results: compiled or measured.", valueName: "evidence"))
  var fromStore: EvidenceKind?
  @Option(help: ArgumentHelp("With --from-store measured: on this host.", visibility: .hidden)) var host: String?
  @OptionGroup var output: OutputOptions
  @OptionGroup var storage: StoreOptions
  @Flag(help: "Store nothing, and do not look in the store.") var noStore = false
  @OptionGroup var catalog: CatalogOptions

  /// Most shapes of a setting.
  static let largestLimit = 1000

  func validate() throws {
    if noStore, storage.given != nil || fromStore != nil {
      throw ValidationError("--no-store excludes --store and --from-store")
    }
    if host != nil, fromStore != .measured { throw ValidationError("--host needs --from-store measured") }
    if fromStore == .estimated { throw ValidationError("--from-store takes compiled or measured") }
    if limit > Self.largestLimit { throw ValidationError("--limit goes to \(grouped(Self.largestLimit))") }
    if svg == "-", output.given != nil { throw ValidationError("--svg - and --format both take standard output") }
  }

  func run() throws {
    let context = AnswerContext.command(try catalog.load())
    let searched = try grid.question.searched(context)
    let answer = try fromStore.map { try stored($0, searched, context) } ?? estimated(searched, context)
    let report = answer.report
    if let svg {
      guard let setting = report.settings.first, report.settings.count == 1 else {
        throw CommandError.usage(
          "a drawing shows one setting, this grid has \(report.settings.count): give --head and --optimizer")
      }
      try writeText(FrontDrawing(setting).svg(), to: svg)
    }
    if svg != "-" {
      let limit = output.format.limit(nil, ofTable: 20) ?? .max
      try output.write(front ? report.front : report.choices, SelectionReport.listing) { terminal in
        front ? report.frontText(limit: limit, terminal: terminal) : report.text(terminal: terminal)
      }
    }
    if report.isEmpty { throw CommandError.nothingFits }
  }

  private func question() throws -> SelectQuestion {
    let bounds: [(SelectionConstraint, Double?)] = [
      (.minParameters, minParameters), (.maxParameters, maxParameters), (.minImagesPerSecond, minImagesPerSecond),
      (.maxFLOPsPerImage, maxFlopsPerImage), (.maxTrainingFLOPs, maxTrainingFlops), (.maxDeviceDays, maxCoreDays),
    ]
    return SelectQuestion(
      grid: try grid.question, rule: rule, base: base,
      bounds: Dictionary(uniqueKeysWithValues: bounds.compactMap { key, value in value.map { (key, $0) } }),
      budget: budget.question, limit: limit)
  }

  private func estimated(_ searched: SearchedGrid, _ context: AnswerContext) throws -> SelectAnswer {
    let question = try question()
    var progress = Console.progress("configurations", total: searched.grid.count)
    defer { progress.finish() }
    let store = try noStore ? nil : storage.open(.create)
    let known = try store.map { try KnownCompiles(context.catalog, in: $0) }
    let answer = try SelectAnswer(question, searched, known: known, context) { progress.update($0) }
    progress.finish()
    let recording = Recording(
      store: store, description: .estimates(commandLine, grid: searched.name), remark: context.remark)
    let (_, run) = try recording.record { store in for result in answer.results { try store(result) } }
    try store?.close()
    if let run { remark(run.summary) }
    return answer
  }

  private func stored(
    _ evidence: EvidenceKind, _ searched: SearchedGrid, _ context: AnswerContext
  ) throws -> SelectAnswer {
    try SelectAnswer(try question(), searched, from: storage.open(.readOnly), evidence, host: host, context)
  }
}
