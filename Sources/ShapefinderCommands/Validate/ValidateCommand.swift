import Answers
import ArgumentParser
import Catalog
import EvidenceStore
import Reporting
import VisionTransformer

extension EvidenceGroup: ExpressibleByArgument {}

/// `shapefinder validate`.
struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "How far estimates can be trusted: held against what compilers said and what was measured.",
    discussion: """
      Without --store, against the evidence that comes with the program; with it, against your own compiles and trials. \
      Shows the errors of every quantity, how verdicts came out near and far from the limit, how often an estimate used as a \
      limit would have been too small, the rows farthest off, and whether what is stated of the estimates (shapes/accuracy) \
      holds. NDJSON and CSV have a row of evidence a line. Exit codes: 0 all statements hold, 1 one no longer does, 65 no \
      such evidence.

      Examples:

        shapefinder validate
        shapefinder validate --set held-out --worst 10
        shapefinder validate --evidence measured --svg measured.svg
        shapefinder validate --store mine.sqlite --format json
      """)

  @Option(help: "Only of this device.", completion: .deviceNames) var device: String?
  @Option(help: "Only what is compiled, or only what is measured.") var evidence: EvidenceKind?
  @Option(name: .customLong("set"), help: "Only this set; may be repeated.") var sets: [EvidenceGroup] = []
  @Option("Rows farthest off, of each quantity. (default: 3)", "n", transform: wholeNumber) var worst: Int?
  @Option(
    help: ArgumentHelp("Draw estimated against seen as SVG; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["svg"]), transform: svgPath)
  var svg: String?
  @Option(
    help: ArgumentHelp("Hold estimates against what this store knows.", valueName: "path"),
    completion: .file(extensions: ["sqlite"]))
  var store: String?
  @OptionGroup var catalog: CatalogOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if evidence == .estimated { throw ValidationError("--evidence takes compiled or measured") }
    if let worst, worst > 1000 { throw ValidationError("--worst goes to 1,000") }
    if svg == "-", output.given != nil { throw ValidationError("--svg - and --format both take standard output") }
  }

  func run() throws {
    // What is stated speaks of the bundled files: the user's own folder counts only for the user's own evidence.
    let isBundled = store == nil && catalog.directory == nil
    let files = try isBundled ? Catalog.bundled() : catalog.load()
    let context = AnswerContext.command(files, catchesSignals: false)
    let question = ValidateAnswer.Question(
      device: device, evidence: evidence, groups: Set(sets), worst: worst ?? 3)
    let answer = try ValidateAnswer(
      question, in: store.map { try EvidenceStore.open(path: $0, mode: .readOnly) }, context)
    if let svg { try writeText(ValidationDrawing(answer.report).svg(), to: svg) }
    if svg != "-" {
      try answer.report.write(output.format, to: FileDescriptorSink.standardOutput, terminal: output.terminal)
    }
    guard answer.report.validation.holds else {
      throw CommandError(status: .failure, message: "an accuracy that is stated no longer holds")
    }
  }
}
