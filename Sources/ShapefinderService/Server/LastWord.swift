import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Delays closing a connection until its last answer is sent. When the service stops, the library closes a connection
/// as soon as that answer is written, and the part that the client has not yet received would be lost.
final class LastWord: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = HTTPResponsePart

  private let most: TimeAmount
  /// Number of answers whose end has not yet been sent.
  private var pending = 0
  private var isClosing = false

  /// - Parameter seconds: the longest time that a close waits.
  init(seconds: Int) { most = .seconds(Int64(seconds)) }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
    pending += 1
    let sent = promise ?? context.eventLoop.makePromise()
    let own = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    sent.futureResult.whenComplete { _ in
      let (handler, context) = own.value
      handler.pending -= 1
      if handler.isClosing, handler.pending == 0 { context.close(promise: nil) }
    }
    context.write(data, promise: sent)
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    guard mode == .all, pending > 0 else { return context.close(mode: mode, promise: promise) }
    context.channel.closeFuture.cascade(to: promise)
    guard !isClosing else { return }
    isClosing = true
    let own = NIOLoopBound(context, eventLoop: context.eventLoop)
    let clock = context.eventLoop.scheduleTask(in: most) { own.value.close(promise: nil) }
    context.channel.closeFuture.whenComplete { _ in clock.cancel() }
  }
}
