import Evidence
import HTTPTypes
import Hummingbird
import NIOCore
import Reporting
import ServiceLifecycle
import Synchronization

/// The progress of a sweep as server-sent events: `progress` while it runs, `end` once it is over.
///
/// Source: HTML Living Standard, section 9.2.
struct SweepEvents: Sendable {
  let id: Int
  let state: ServiceState
  /// The last count that the client has; events up to it are not sent again.
  var seen: Int?

  /// Time between checks of the sweep: at most five events a second.
  private static let interval = Duration.milliseconds(200)
  /// Silence after which a comment is sent to keep the stream alive.
  private static let silence = Duration.seconds(15)

  /// Writes events until the sweep is over, the client has gone, or the service stops.
  func write(to writer: inout any ResponseBodyWriter, isGone: @Sendable () -> Bool) async throws {
    var seen = seen, last: SweepStatus?
    var written = ContinuousClock.now
    try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
    while !isGone(), !Task.isShuttingDownGracefully {
      var text = ""
      guard let sweep = try await state.workers.runIfActive({ [state, id] in try state.sweep(id) }) else { return }
      let isNews = seen.map { sweep.done > $0 } ?? true
      if isNews || (last != nil && last != sweep.status && !sweep.status.isOver) {
        let count = max(sweep.done, seen ?? 0)
        text = "id: \(count)\nevent: progress\ndata: \(Self.data(sweep))\n\n"
        seen = count
      }
      last = sweep.status
      // Without a number, so that a client that reconnects gets the end again.
      if sweep.status.isOver { text += "event: end\ndata: \(Self.data(sweep))\n\n" }
      if text.isEmpty, ContinuousClock.now - written > Self.silence { text = ": \n\n" }
      if !text.isEmpty {
        try await writer.write(ByteBuffer(string: text))
        written = .now
      }
      if sweep.status.isOver { return }
      try await Task.sleep(for: Self.interval)
    }
  }

  private static func data(_ sweep: Sweep) -> String {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("id")
    writer.integer(sweep.id)
    writer.key("done")
    writer.integer(sweep.done)
    writer.key("total")
    writer.integer(sweep.total)
    writer.key("status")
    writer.string(sweep.status.rawValue)
    if let error = sweep.error {
      writer.key("error")
      writer.string(error)
    }
    writer.endObject()
    return writer.text
  }
}

/// One of the limited number of streams, occupied until it is released.
final class StreamPlace: Sendable {
  private let state: ServiceState

  private init(_ state: ServiceState) { self.state = state }

  /// Takes a place.
  ///
  /// - Throws: `Problem` if none is free.
  static func take(_ state: ServiceState) throws(Problem) -> StreamPlace {
    try state.streams.enter(upTo: state.configuration.limits.streams, "streams")
    return StreamPlace(state)
  }

  deinit { state.streams.subtract(1, ordering: .relaxed) }
}
