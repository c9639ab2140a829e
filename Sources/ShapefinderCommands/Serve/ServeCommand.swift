import ArgumentParser
import Foundation
import WorkerProcess

/// `shapefinder serve`: becomes the service, a separate program, so that the command line does not link a server.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serves the answers over HTTP, and a page to look at them.",
    discussion: """
      The options are the service's own: see `shapefinder serve --help` where it is built (`make build`).

      Examples:

        shapefinder serve
        shapefinder serve --port 0 --no-store
      """)

  /// Name of the service's file, beside the program's.
  static let program = "shapefinder-service"

  @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("Options of the service.", valueName: "option"))
  var options: [String] = []

  func run() throws {
    let path = WorkerProgram.beside(Self.program)
    var words = ([path] + options).map { strdup($0) } + [nil]
    execv(path, &words)
    // `execv` returns only if the service could not be started.
    throw CommandError(
      status: .missingComponent,
      message: "\(path) cannot be started: \(String(cString: strerror(errno))); `make build` builds it")
  }
}
