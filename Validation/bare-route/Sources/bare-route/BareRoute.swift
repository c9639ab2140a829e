import Hummingbird
import Logging

/// Answers `/health` as the service does, by a route of Hummingbird's own router, at the port that is its argument.
@main struct BareRoute {
  static func main() async throws {
    var logger = Logger(label: "bare-route")
    logger.logLevel = .critical
    let router = Router()
    router.get("/health") { _, _ in "alive\n" }
    let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8644
    let application = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: nil), logger: logger)
    try await application.runService()
  }
}
