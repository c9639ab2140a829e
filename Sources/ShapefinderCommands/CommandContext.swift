import Answers
import Catalog
import Evidence
import WorkerProcess

/// The command line, quoted so that it can be typed again.
var commandLine: String {
  (["shapefinder"] + CommandLine.arguments.dropFirst().map(shellWord)).joined(separator: " ")
}

extension AnswerContext {
  /// The context that a command passes to its answers: remarks go to standard error.
  ///
  /// - Parameter catchesSignals: whether signals stop answers between two steps; otherwise a signal ends the process at
  ///   once.
  static func command(_ catalog: Catalog, catchesSignals: Bool = true) -> AnswerContext {
    AnswerContext(
      catalog: catalog, stop: catchesSignals ? .signals() : .never, remark: { ShapefinderCommands.remark($0) },
      remarkOnce: { ShapefinderCommands.remarkOnce($0) })
  }
}

extension AnswerContext {
  /// The exit code after a stop: a scheduler that takes the machine away may run the same command again.
  static var interruptedStatus: ExitStatus { Interruption.isTermination ? .tryAgain : .interrupted }
}

extension WorkerStopSignal {
  /// A stop signal for SIGINT and SIGTERM, which are caught from now on.
  static func signals() -> WorkerStopSignal {
    Interruption.install()
    return WorkerStopSignal(descriptor: Interruption.descriptor) { Interruption.isRequested }
  }
}

extension CommandError {
  /// The command's error for a question without an answer; a violation names the option rather than the key.
  init(_ error: AnswerError) {
    if let violation = error.violation {
      self = .usage(violation)
      return
    }
    self.init(status: ExitStatus(error.kind), message: error.message)
  }
}
