import WorkerProcess
import Answers
import ArgumentParser
import Catalog
import Measurement
import Reporting
import VisionTransformer

/// `shapefinder devices probe`.
struct DevicesProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Measures this machine and writes its device file, so that shapes can be estimated for it.",
    discussion: """
      Runs small training steps whose every kernel is timed, matrix products and copies: under a minute on an idle machine. \
      Every step is timed three times, and a fourth time where other work disturbed all three, as a reference loop before \
      and after each tells. From then on every command reads this file in place of the bundled `cpu`, which was measured on \
      another machine.

      Examples:

        shapefinder devices probe
        shapefinder devices probe --threads 4 --catalog my-shapes
        shapefinder check ViT-S/16 --device cpu --batch 8
      """)

  @Option(help: ArgumentHelp("Threads that share every kernel.", valueName: "n"))
  var threads: Int = StepRunner.Options.processors
  @Option(help: "Library for matrix products. (default: the fastest installed)")
  var products: MatrixProducts?
  @Option(help: ArgumentHelp("Name of the device.", valueName: "name"))
  var name = "cpu"
  @Option(
    name: .customLong("catalog"),
    help: ArgumentHelp(
      "Catalog folder to write to: <dir>/devices/<name>.yaml. (default: shapefinder/catalog in $XDG_DATA_HOME or "
        + "~/.local/share)", valueName: "dir"), completion: .directory)
  var directory: String?

  func validate() throws {
    guard (1...1024).contains(threads) else { throw ValidationError("--threads must be between 1 and 1024") }
    guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || "-_.".contains($0) }), !name.hasPrefix(".")
    else {
      throw ValidationError("--name must be a word of letters, digits, '-', '_' and '.'")
    }
  }

  func run() throws {
    let stop = WorkerStopSignal.signals()
    let probe = HostProbe(threads: threads, products: products)
    let steps = HostProbe.configurations.count, total = HostProbe.passes * steps
    var progress = Console.progress("steps", total: total)
    let reading: HostReading
    do {
      defer { progress.finish() }
      reading = try probe.read { done in
        if stop.isRequested() { throw Stopped(progress: "\(done) of \(total) steps") }
        progress.update(done)
      }
    } catch let stop as Stopped {
      throw stop.interrupted(kept: nil)
    } catch let error as MeasurementError {
      throw AnswerError(error)
    }
    let path = (directory ?? UserPlaces.own.catalog) + "/devices/\(name).yaml"
    try CompletedFile.write(reading.yaml, to: path, hint: "; give a folder with --catalog")
    remark("\(path): \(reading.summary)")
    if let doubt = reading.doubt { remark(doubt) }
  }
}
