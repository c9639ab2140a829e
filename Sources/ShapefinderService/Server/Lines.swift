import Answers
import Catalog
import HTTPTypes
import Hummingbird
import NIOCore
import Reporting
import Synchronization

extension Handling {
  /// Answers a stream of questions as they arrive; questions whose answers the client does not read are not worked on.
  func lines() throws -> Response {
    if let type = request.headers[.contentType].map({ $0.prefix { $0 != ";" }.lowercased() }),
      ![Form.ndjson.essence, Form.json.essence, "application/jsonl", "text/plain"].contains(type)
    {
      throw Problem(.unsupportedMediaType, "/v1/checks takes \(Form.ndjson.essence), one JSON object a line")
    }
    let place = try StreamPlace.take(state), known = try state.knownCompiles()
    let body = ResponseBody { [state, request] writer in
      defer { withExtendedLifetime(place) {} }
      let session = LineSession(catalog: state.configuration.catalog, known: known)
      for try await chunk in request.body {
        // Chunks are answered in pieces, so that a large one is not answered all at once.
        var rest = chunk
        while let piece = rest.readSlice(length: min(rest.readableBytes, 4096)), piece.readableBytes > 0 {
          let answers = try await state.workers.runIfActive { session.take(piece.readableBytesView) }
          if !answers.isEmpty { try await writer.write(ByteBuffer(bytes: answers)) }
        }
      }
      let answers = try await state.workers.runIfActive { session.finish() }
      if !answers.isEmpty { try await writer.write(ByteBuffer(bytes: answers)) }
      try await writer.finish(nil)
    }
    return Response(
      status: .ok, headers: [.contentType: Form.ndjson.mediaType, .cacheControl: "no-store"], body: body)
  }
}

/// The questions of one stream and their answers.
private final class LineSession: Sendable {
  private let state: Mutex<State>

  private struct State: Sendable {
    var splitter = QuestionSplitter()
    var answers: CheckLine
  }

  init(catalog: Catalog, known: KnownCompiles?) {
    let context = AnswerContext(catalog: catalog)
    state = Mutex(State(answers: CheckLine(context, known: known ?? KnownCompiles(catalog))))
  }

  func take(_ bytes: ByteBufferView) -> [UInt8] {
    state.withLock { state in
      let questions = state.splitter.take(bytes)
      return Self.answer(questions, &state)
    }
  }

  func finish() -> [UInt8] {
    state.withLock { state in
      let questions = state.splitter.finish()
      return Self.answer(questions, &state)
    }
  }

  private static func answer(_ questions: [Question], _ state: inout State) -> [UInt8] {
    let sink = MemorySink()
    var writer = RowWriter(CheckReport.listing(.line), format: .ndjson, to: sink)
    // Writing to memory cannot fail.
    for question in questions {
      switch state.answers.answer(question) {
      case .success(let input): try? writer.append(input)
      case .failure(let error): try? writer.append(error)
      }
    }
    try? writer.end()
    return sink.bytes
  }
}
