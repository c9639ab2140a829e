import NIOCore
import Synchronization

/// Tells when a client has gone, so that nobody goes on with its answer: a page whose slider moved on asks anew.
final class Departure: ChannelInboundHandler, RemovableChannelHandler, Sendable {
  typealias InboundIn = Any

  private let gone = Mutex<[@Sendable () -> Void]?>([])

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed { leave() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    leave()
    context.fireChannelInactive()
  }

  /// Has `action` called when the client goes; at once, where it has gone.
  func whenGone(_ action: @escaping @Sendable () -> Void) {
    let isGone = gone.withLock { actions in
      actions?.append(action)
      return actions == nil
    }
    if isGone { action() }
  }

  /// Forgets what was to be called: the answer is there.
  func stay() { gone.withLock { if $0 != nil { $0 = [] } } }

  private func leave() {
    let actions = gone.withLock { actions in
      defer { actions = nil }
      return actions ?? []
    }
    for action in actions { action() }
  }
}
