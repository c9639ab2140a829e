import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// The HTTP service: answers, the page, and the server that runs them.
package struct ShapefinderService {
  private let configuration: ServiceConfiguration
  private let logger: Logger

  /// A service.
  package init(_ configuration: ServiceConfiguration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
  }

  /// Serves until SIGINT or SIGTERM, or until the task is cancelled; requests that were accepted are answered first.
  ///
  /// - Parameters:
  ///   - port: 0 for any free port.
  ///   - catchesSignals: whether signals stop the service; otherwise only cancelling the task does.
  ///   - whenReady: receives the port once connections are accepted.
  package func run(
    host: String, port: Int, catchesSignals: Bool = true,
    whenReady: @escaping @Sendable (Int) -> Void
  ) async throws {
    let limits = configuration.limits, state = ServiceState(configuration, host: host, logger: logger)
    state.workers.start()
    let application = Application(
      responder: ServiceResponder(state),
      server: .http1(
        configuration: .init(
          additionalChannelHandlers: [
            LastWord(seconds: limits.stopSeconds), Departure(), HeadDeadline(seconds: limits.idleSeconds),
          ],
          idleTimeout: TimeAmount.seconds(Int64(limits.idleSeconds)),
          httpDecoderConfiguration: .init(
            maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes, maxHeaderFieldCount: 100))),
      configuration: .init(
        address: .hostname(host, port: port), serverName: nil,
        availableConnectionsDelegate: .maximum(limits.connections, logger: logger)),
      onServerRunning: { whenReady($0.localAddress?.port ?? port) }, logger: logger)
    var group = ServiceGroupConfiguration(
      services: [.init(service: application)] + (state.sweeps.map { [.init(service: $0)] } ?? []),
      gracefulShutdownSignals: catchesSignals ? [.sigterm, .sigint] : [], logger: logger)
    group.maximumGracefulShutdownDuration = .seconds(limits.stopSeconds)
    // A task that is cancelled amid accepting drops connections that NIO then traps over (apple/swift-nio, issue 2813): the
    // service runs in a task of its own and stops as after a signal.
    let services = ServiceGroup(configuration: group)
    let serving = Task { try await services.run() }
    try await withTaskCancellationHandler {
      try await serving.value
    } onCancel: {
      Task { await services.triggerGracefulShutdown() }
    }
    try await state.workers.shutdownGracefully()
  }
}
