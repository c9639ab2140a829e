import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Closes a connection whose next request head is not complete in time. A client that sends a byte now and then is
/// never idle, and would otherwise keep its connection forever.
final class HeadDeadline: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart

  private let time: TimeAmount
  /// When the next head must be complete; nil while a request is answered.
  private var deadline: NIODeadline?
  /// The one clock of the connection. It runs to an earlier deadline and then starts again, because moving it with every
  /// request would cost more than answering a small one.
  private var clock: Scheduled<Void>?
  /// Requests whose answers are not complete.
  private var open = 0

  /// - Parameter seconds: the time from the start of the connection, or from the end of the previous answer, to the end
  ///   of a request's head.
  init(seconds: Int) { time = .seconds(Int64(seconds)) }

  func handlerAdded(context: ChannelHandlerContext) { if context.channel.isActive { start(context) } }
  func handlerRemoved(context: ChannelHandlerContext) { clock?.cancel() }

  func channelActive(context: ChannelHandlerContext) {
    start(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    clock?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .head = unwrapInboundIn(data) {
      open += 1
      deadline = nil
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) {
      open -= 1
      if open <= 0 { start(context) }
    }
    context.write(data, promise: promise)
  }

  private func start(_ context: ChannelHandlerContext) {
    let end = NIODeadline.now() + time
    deadline = end
    if clock == nil { run(to: end, context) }
  }

  private func run(to end: NIODeadline, _ context: ChannelHandlerContext) {
    let own = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    clock = context.eventLoop.scheduleTask(deadline: end) {
      let (handler, context) = own.value
      handler.clock = nil
      guard let deadline = handler.deadline else { return }
      if deadline <= .now() {
        context.channel.close(mode: .all, promise: nil)
      } else {
        handler.run(to: deadline, context)
      }
    }
  }
}
