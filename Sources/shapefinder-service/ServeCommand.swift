import ArgumentParser
import Answers
import CoreMetrics
import Foundation
import Logging
import Reporting
import ShapefinderService

/// `shapefinder serve` as a separate program.
@main
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shapefinder serve",
    abstract: "Serves the answers over HTTP, and a page to look at them.",
    usage: "shapefinder serve [option ...]",
    discussion: """
      Open the address that it prints. The API is under /v1; /openapi.json describes it. What compilers said, if the store has \
      it, comes first. SIGTERM and Ctrl-C answer what was accepted, then end it.

      With a store, clients may start sweeps: a grid that is enumerated, measured or compiled into it, one after another; the next \
      start goes on with what is not finished. At an address that others reach, that takes a token of 16 or more characters, \
      from --token-file or SHAPEFINDER_TOKEN.

      Examples:

        shapefinder serve
        shapefinder serve --port 0 --no-store
        shapefinder serve --host 0.0.0.0 --store shapes.sqlite
        curl 'http://localhost:8642/v1/check?shape=ViT-G/14&batch=8'
      """)

  @Option(help: "Address to listen at; 0.0.0.0 for every one of this machine.") var host = "127.0.0.1"
  @Option(help: "Port; 0 for any that is free.") var port = 8642
  @Option(help: ArgumentHelp("Store. (default: $SHAPEFINDER_STORE or ~/.local/share)", valueName: "path")) var store:
    String?
  @Flag(help: "Do not look in a store.") var noStore = false
  @Option(
    help: ArgumentHelp(
      "File of the token that sweeps and evidence need. (default: $SHAPEFINDER_TOKEN)", valueName: "path"))
  var tokenFile: String?
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Origin whose pages may read answers; may be repeated. (default: none)", valueName: "origin"))
  var corsOrigin: [String] = []
  @Option(help: ArgumentHelp("Folder of your own shapes, devices and grids.", valueName: "dir")) var catalog: String?
  @Option(
    name: [.customLong("log-level"), .customLong("log")],
    help: ArgumentHelp("What is logged; at info, a line a request.", valueName: "level")) var logLevel = Logger.Level
    .warning
  @Option(help: "Form of the log's lines.") var logFormat = LineLog.Format.text

  func validate() throws {
    guard (0...65535).contains(port) else { throw ValidationError("--port: must be between 0 and 65535") }
    for origin in corsOrigin where !ServiceConfiguration.isOrigin(origin) {
      throw ValidationError("--cors-origin: \(origin) is no origin, such as https://notebooks.example.org, nor *")
    }
    if noStore, store != nil { throw ValidationError("--no-store excludes --store") }
  }

  func run() async throws {
    FileDescriptorSink.reportClosedPipes()
    let places = UserPlaces.own
    var configuration = ServiceConfiguration(
      catalog: try places.catalog(catalog), storePath: noStore ? nil : store ?? places.store, version: programVersion,
      catalogWords: catalog.map { ["--catalog", $0] } ?? [], storeWords: store.map { ["--store", $0] } ?? [])
    configuration.token = try token()
    configuration.origins = Set(corsOrigin)
    let level = logLevel, format = logFormat, secret = configuration.token
    LoggingSystem.bootstrap { label in
      LineLog(label: label, format, level: level, token: secret) {
        $0.withUnsafeBytes { try? FileDescriptorSink.standardError.write($0) }
      }
    }
    MetricsSystem.bootstrap(configuration.metrics)
    let host = host
    let shown = host.contains(":") ? "[\(host)]" : host
    try await ShapefinderService(configuration, logger: Logger(label: "shapefinder")).run(host: host, port: port) {
      port in
      try? FileDescriptorSink.standardOutput.show("http://\(shown):\(port)/\n")
    }
  }
}

extension ServeCommand {
  /// The given token, which is hidden from the programs that run sweeps.
  private func token() throws -> AccessToken? {
    let variable = "SHAPEFINDER_TOKEN"
    let given = ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    unsetenv(variable)
    let text: String, source: String
    if let tokenFile {
      source = "--token-file"
      do { text = try String(contentsOfFile: tokenFile, encoding: .utf8) } catch {
        throw ValidationError("--token-file: \(tokenFile) cannot be read")
      }
    } else if let given {
      (text, source) = (given, variable)
    } else {
      return nil
    }
    guard let token = AccessToken(text) else {
      throw ValidationError(
        "\(source): a token has \(AccessToken.shortest) or more visible ASCII characters, and no blanks")
    }
    return token
  }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
extension LineLog.Format: ExpressibleByArgument {}
