import Answers
import ArgumentParser
import EvidenceStore
import Reporting
import VisionTransformer

extension ConstantGroup: ExpressibleByArgument {}

/// `shapefinder calibrate`.
struct CalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Fits the constants that theory leaves open in a TPU's model to what its compiler said.",
    discussion: """
      Without --store, to the evidence that comes with the program; with it, to your own compiles. One step in four is set \
      aside before, and tells whether the fit is any good. A constant that the evidence cannot determine keeps its value, with \
      the reason: too few rows (n), no row tells (range), others do nearly the same (rank). The file that --output writes is \
      read with --catalog. Hosts are calibrated by `shapefinder devices probe`. Exit codes: 0 done, 1 the held-out error does \
      not fall, and nothing is written, 65 the evidence determines nothing.

      Examples:

        shapefinder calibrate --only packing
        shapefinder calibrate --store mine.sqlite --output my-shapes
        shapefinder check ViT-G/14 --catalog my-shapes
        shapefinder calibrate --only cycles --constants cycles.product --constants cycles.loop
      """)

  @Option(help: "(default: tpu-v3)", completion: .deviceNames) var device = Configuration.Defaults.device
  @Option(
    help: ArgumentHelp("Fit to what this store knows.", valueName: "path"), completion: .file(extensions: ["sqlite"]))
  var store: String?
  @Option(help: "Only this group of constants; may be repeated.") var only: [ConstantGroup] = []
  @Option(help: ArgumentHelp("Only this constant; may be repeated.", valueName: "name")) var constants: [String] = []
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write the calibration: to a .yaml file, or to a catalog folder as calibrations/<device>.yaml.", valueName: "path"
    ),
    completion: .file(extensions: ["yaml"]))
  var output: String?
  @Flag(help: "Write it though the held-out error does not fall.") var force = false
  @OptionGroup var catalog: CatalogOptions
  @OptionGroup var form: OutputOptions

  func run() throws {
    let context = AnswerContext.command(try catalog.load(), catchesSignals: false)
    var progress: ProgressReporter?
    let answer = try CalibrateAnswer(
      .init(device: device, groups: Set(only), constants: constants),
      in: try store.map { try EvidenceStore.open(path: $0, mode: .readOnly) }, context
    ) { settled, all in
      progress = progress ?? Console.progress("constants", total: all)
      progress?.update(settled)
    }
    progress?.finish()
    try answer.report.write(form.format, to: FileDescriptorSink.standardOutput, terminal: form.terminal)
    try answer.write(to: output, force: force)
  }
}
