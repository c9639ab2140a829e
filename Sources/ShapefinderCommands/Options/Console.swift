import ArgumentParser
import Foundation
import Reporting
import Synchronization
import VisionTransformer

extension ColorChoice: ExpressibleByArgument {}

/// `--color` and `--quiet`, of every command.
struct ConsoleOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Colours. (default: auto)", valueName: "when", visibility: .hidden))
  var color: ColorChoice?
  @Flag(name: .shortAndLong, help: "No remarks, no progress; errors stay.")
  var quiet = false

  /// Called once, as the command line has been read and before the command runs.
  func validate() { Console.settle(color: color ?? .auto, isQuiet: quiet) }
}

/// The terminal as this command line wants it used.
enum Console {
  private static let settings = Mutex((color: ColorChoice.auto, isQuiet: false))

  /// Keeps what the command line says.
  static func settle(color: ColorChoice, isQuiet: Bool) { settings.withLock { $0 = (color, isQuiet) } }

  /// Whether remarks and progress are left out.
  static var isQuiet: Bool { settings.withLock(\.isQuiet) }

  /// What standard output can show.
  static var output: Terminal { terminal(1) }
  /// What standard error can show; of what changes while it is looked at nothing where silence is wanted.
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
    Terminal.detect(
      descriptor, environment: ProcessInfo.processInfo.environment, color: settings.withLock(\.color))
  }
}

/// An error on standard error after which the command goes on.
func complain(_ text: String) {
  try? FileDescriptorSink.standardError.show(Console.errors.lines(of: "error: " + visible(text)))
}

/// A remark on standard error, in lines of a terminal's width. A reader that has gone changes nothing.
func remark(_ text: String) {
  guard !Console.isQuiet else { return }
  try? FileDescriptorSink.standardError.show(Console.errors.lines(of: visible(text)))
}

/// A remark that a whole batch of questions needs to hear once: how a name was understood.
func remarkOnce(_ text: String) {
  let isNew = remarked.withLock { $0.count < mostRemarks && $0.insert(text).inserted }
  if isNew { remark(text) }
}

private let remarked = Mutex<Set<String>>([])
/// Remarks that are remembered; a file of names may have one a line.
private let mostRemarks = 1000
