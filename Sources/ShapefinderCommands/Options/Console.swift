import ArgumentParser
import Foundation
import Reporting
import Synchronization
import VisionTransformer

extension ColorChoice: ExpressibleByArgument {}

/// `--color` and `--quiet`, for every command.
struct ConsoleOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Colours. (default: auto)", valueName: "when", visibility: .hidden))
  var color: ColorChoice?
  @Flag(name: .shortAndLong, help: "No remarks, no progress; errors stay.")
  var quiet = false

  /// Called once, after the command line is parsed and before the command runs.
  func validate() { Console.settle(color: color ?? .auto, isQuiet: quiet) }
}

/// The terminal, as the command line wants it used.
enum Console {
  private static let settings = Mutex((color: ColorChoice.auto, isQuiet: false))

  /// Stores what the command line says; one that is planned within it adds to that.
  static func settle(color: ColorChoice, isQuiet: Bool) {
    settings.withLock { $0 = (color == .auto ? $0.color : color, isQuiet || $0.isQuiet) }
  }

  /// Whether remarks and progress are left out.
  static var isQuiet: Bool { settings.withLock(\.isQuiet) }

  /// The capabilities of standard output.
  static var output: Terminal { terminal(1) }
  /// The capabilities of standard error; no redrawing if silence is wanted.
  static var errors: Terminal {
    var terminal = terminal(2)
    if isQuiet { terminal.isInteractive = false }
    return terminal
  }

  /// Progress on standard error, or none.
  static func progress(_ noun: String, total: Int?, isShown: Bool = true) -> ProgressReporter {
    var terminal = errors
    if !isShown { terminal.isInteractive = false }
    return ProgressReporter(noun, total: total, terminal: terminal, isSilent: isQuiet)
  }

  private static func terminal(_ descriptor: Int32) -> Terminal {
    Terminal.detect(descriptor, color: settings.withLock(\.color))
  }
}

/// Writes an error to standard error, after which the command continues.
func complain(_ text: String) {
  try? FileDescriptorSink.standardError.show(Console.errors.lines(of: "error: " + visible(text)))
}

/// Writes a remark to standard error, wrapped to the terminal's width. A reader that has left changes nothing.
func remark(_ text: String) {
  guard !Console.isQuiet else { return }
  try? FileDescriptorSink.standardError.show(Console.errors.lines(of: visible(text)))
}

/// Writes a remark that a batch of questions needs only once: how a name was understood.
func remarkOnce(_ text: String) {
  let isNew = remarked.withLock { $0.count < mostRemarks && $0.insert(text).inserted }
  if isNew { remark(text) }
}

private let remarked = Mutex<Set<String>>([])
/// Number of remarks that are remembered; every line of a file of names may have its own.
private let mostRemarks = 1000
