import ArgumentParser
import Foundation
import WorkerProcess

/// `shapefinder serve`: becomes the service, which is a program of its own, so that who only asks builds no server.
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
    // Only what could not be started comes back.
    throw CommandError(
      status: .missingComponent,
      message: "\(path) cannot be started: \(String(cString: strerror(errno))); `make build` builds it")
  }
}
