import Evidence
import HTTPTypes
import Hummingbird
import NIOCore
import Reporting
import ServiceLifecycle
import Synchronization

/// How far a sweep is, as server-sent events: `progress` as it goes on, `end` once it is over.
///
/// Source: HTML Living Standard, section 9.2.
struct SweepEvents: Sendable {
  let id: Int
  let state: ServiceState
  /// The count that the client has; an event with it or less is no news.
  var seen: Int?

  /// How often the sweep is looked at: at most five events a second.
  private static let interval = Duration.milliseconds(200)
  /// Silence after which a comment says that the stream lives.
  private static let silence = Duration.seconds(15)

  /// Writes events until the sweep is over, the client has gone or the service stops.
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
      // Without a number: who comes back after it is told of the end again.
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

/// One of the streams that a service has room for, until nobody holds it.
final class StreamPlace: Sendable {
  private let state: ServiceState

  private init(_ state: ServiceState) { self.state = state }

  /// A place.
  ///
  /// - Throws: `Problem` where there is none.
  static func take(_ state: ServiceState) throws(Problem) -> StreamPlace {
    // Counted before it is looked at; what was too much is taken back with the place.
    let count = state.streams.add(1, ordering: .relaxed).newValue, place = StreamPlace(state)
    guard count <= state.configuration.limits.streams else {
      throw Problem.tooMany("streams")
    }
    return place
  }

  deinit { state.streams.subtract(1, ordering: .relaxed) }
}
