import NIOCore
import Synchronization

/// Detects that a client has gone, so that work on its answer stops: a page whose slider has moved sends a new request.
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

  /// Calls `action` when the client goes, or immediately if it has gone.
  func whenGone(_ action: @escaping @Sendable () -> Void) {
    let isGone = gone.withLock { actions in
      actions?.append(action)
      return actions == nil
    }
    if isGone { action() }
  }

  /// Forgets the actions, because the answer is ready.
  func stay() { gone.withLock { if $0 != nil { $0 = [] } } }

  private func leave() {
    let actions = gone.withLock { actions in
      defer { actions = nil }
      return actions ?? []
    }
    for action in actions { action() }
  }
}
