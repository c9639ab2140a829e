import Answers
import Evidence
import EvidenceStore
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Reporting
import VisionTransformer

extension Route {
  /// Routes for sweeps, which the service runs in the background: start, list and cancel.
  static let sweeps: [Route] = [
    Route(
      name: "sweeps", path: "/v1/sweeps",
      summary: "The sweeps of the store, newest first: what was asked for, how far it is.",
      parameters: [
        Parameter("id", "Only this one.", .whole(1...(1 << 53))), Parameter.format([.json, .ndjson, .csv, .text]),
      ], forms: [.json, .ndjson, .csv, .text], problems: [.notFound, .conflict],
      work: .calculated { inquiry in
        let known = try inquiry.service.checkedSweeps()
        let id = inquiry.values.whole("id")
        let sweeps = id.map { id in known.filter { $0.id == id } } ?? known
        if let id, sweeps.isEmpty { throw Problem.noSweep(id) }
        var answer = inquiry.answer(sweeps, Listing<Sweep>.sweeps, command: ["runs", "sweeps"]) {
          Listing<Sweep>.sweeps.text(sweeps, terminal: $0)
        }
        if id != nil { answer.command = nil }
        return answer
      }),
    Route(
      name: "startSweep", method: .post, path: "/v1/sweeps",
      summary: "Asks for a sweep: every configuration of a grid is enumerated, measured or compiled, and stored.",
      body: Body(form: .json, schema: "SweepQuestion", keys: SweepBody.keys),
      success: .accepted,
      problems: [
        .unauthorized, .forbidden, .requestTimeout, .conflict, .contentTooLarge, .unprocessableContent,
        .tooManyRequests,
      ],
      work: .handled { try await $0.startSweep() }),
    Route(
      name: "cancelSweep", method: .delete, path: "/v1/sweeps", summary: "Cancels a sweep; what it has stored is kept.",
      parameters: [Parameter("id", "Which one.", .whole(1...(1 << 53)))],
      problems: [.unauthorized, .forbidden, .notFound, .conflict], work: .handled { try await $0.cancelSweep() }),
    Route(
      name: "sweepEvents", path: "/v1/sweeps/events",
      summary:
        "How far a sweep is, as server-sent events: `progress` with `id`, `done`, `total` and `status`, then `end`. A client that comes back with Last-Event-ID gets what is new.",
      parameters: [Parameter("id", "Which one.", .whole(1...(1 << 53)))], forms: [.events],
      problems: [.notFound, .conflict], work: .handled { try await $0.sweepEvents() }),
  ]
}

/// The body of a request for a sweep.
enum SweepBody {
  /// The keys: those of a map, and the kind of sweep.
  static let keys: [Parameter] =
    [
      Parameter("kind", "What is done with each configuration.", .choice(SweepKind.allCases.map(\.rawValue))),
      Parameter(
        "memory", "Of a compile: end it once the memory is known, in an eighth of the time.", .flag, standard: "false"),
    ] + Parameter.grid + Parameter.settings

  /// Length limit in bytes.
  static let longest = 1 << 16

  /// Reads the values of a body, with the same checks as for a query.
  ///
  /// - Throws: `Problem`.
  static func values(_ bytes: some Collection<UInt8>) throws(Problem) -> Values {
    let value: LooseValue
    do throws(JSONSyntaxError) { value = try LooseValue(json: bytes, atMost: longest) } catch {
      throw Problem(.badRequest, "the body is no JSON: \(error)")
    }
    guard case .object(let members) = value else {
      throw Problem(.badRequest, "the body must be an object, such as {\"kind\": \"enumerate\", \"grid\": \"figure8\"}")
    }
    var parts: [String] = []
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      let text: String
      switch value {
      case .null: continue
      case .string(let given): text = given
      case .integer(let number): text = "\(number)"
      case .boolean(let flag): text = "\(flag)"
      case .number, .array, .object:
        throw Problem(
          .unprocessableContent, key: excerpt(of: key), value: "\(value)", rule: "must be text or a whole number")
      }
      // Encoded as a query, so that the same reader checks both.
      let plain = CharacterSet.alphanumerics
      guard let key = key.addingPercentEncoding(withAllowedCharacters: plain),
        let text = text.addingPercentEncoding(withAllowedCharacters: plain)
      else { continue }
      parts.append(key + "=" + text)
    }
    return try Values(query: parts.joined(separator: "&"), keys)
  }
}

extension Handling {
  fileprivate func startSweep() async throws -> Response {
    let path = try state.sweepStore()
    try state.access.check(request.head)
    guard request.headers[.contentType]?.prefix(while: { $0 != ";" }).lowercased() == Form.json.essence else {
      throw Problem(.unsupportedMediaType, "/v1/sweeps takes \(Form.json.essence)")
    }
    let body = try await body(upTo: SweepBody.longest)
    let sweep = try await state.calculate(nil) { [state] flag in
      let values = try SweepBody.values(body.readableBytesView)
      guard let kind = values["kind"].flatMap({ SweepKind(rawValue: $0) }) else {
        throw Problem(
          .unprocessableContent, key: "kind", value: values["kind"].map { "\"\(excerpt(of: $0))\"" },
          rule: "must be one of " + SweepKind.allCases.map(\.rawValue).joined(separator: ", "))
      }
      let limits = state.configuration.limits
      let question = try SweepQuestion(
        kind, GridQuestion(values), memoryOnly: values.flag("memory"), most: limits.sweepConfigurations,
        AnswerContext(catalog: state.configuration.catalog, stop: flag.signal))
      return try state.add(question, to: path)
    }
    state.sweeps?.wake()
    var response = Response(.accepted, sweep.json, .json)
    response.headers[.location] = "/v1/sweeps?id=\(sweep.id)"
    return response
  }

  fileprivate func cancelSweep() async throws -> Response {
    let path = try state.sweepStore()
    try state.access.check(request.head)
    let id = try self.id
    let sweep = try await state.calculate(nil) { [state] _ in
      guard try state.sweep(id) != nil else { throw Problem.noSweep(id) }
      let store = try EvidenceStore.open(path: path, mode: .readWrite)
      defer { try? store.close() }
      guard let sweep = try store.cancelSweep(id) else { throw Problem.noSweep(id) }
      guard !sweep.status.isOver else {
        throw Problem(.conflict, "sweep \(id) is over: it is \(sweep.status.rawValue)")
      }
      return try store.sweep(id) ?? sweep
    }
    state.sweeps?.wake()
    return Response(.ok, sweep.json, .json)
  }

  fileprivate func sweepEvents() async throws -> Response {
    _ = try state.sweepStore()
    let id = try self.id
    guard try await state.calculate(nil, { [state] _ in try state.sweep(id) }) != nil else { throw Problem.noSweep(id) }
    let place = try StreamPlace.take(state)
    let events = SweepEvents(
      id: id, state: state, seen: request.headers[.lastEventID].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil })
    let gone = StopFlag()
    let departure = try await context.channel.pipeline.handler(type: Departure.self).get()
    departure.whenGone { gone.raise(.clientGone) }
    let body = ResponseBody { writer in
      defer { withExtendedLifetime(place) { departure.stay() } }
      try await events.write(to: &writer) { gone.abandonment != .none }
      try await writer.finish(nil)
    }
    return Response(
      status: .ok, headers: [.contentType: Form.events.mediaType, .cacheControl: "no-store"], body: body)
  }

  private var id: Int {
    get throws(Problem) {
      guard let id = values.whole("id") else {
        throw Problem(.unprocessableContent, key: "id", value: nil, rule: "must be the number of a sweep")
      }
      return id
    }
  }
}

extension Sweep {
  /// The sweep as JSON.
  fileprivate var json: [UInt8] {
    let sink = MemorySink()
    // Writing to memory cannot fail.
    try? Listing<Sweep>.sweeps.write([self], format: Form.json.format, to: sink, answer: .single)
    return sink.bytes
  }
}

extension Problem {
  fileprivate static func noSweep(_ id: Int) -> Problem {
    Problem(.notFound, "there is no sweep \(id); /v1/sweeps lists them")
  }
}

extension ServiceState {
  /// The path of the store that holds the sweeps.
  ///
  /// - Throws: `Problem` if there is no store.
  fileprivate func sweepStore() throws(Problem) -> String {
    try neededStore("sweeps need")
  }

  /// Every sweep, newest first.
  ///
  /// - Throws: `Problem` if there is no store; `StoreError`.
  fileprivate func checkedSweeps() throws -> [Sweep] {
    _ = try sweepStore()
    return try knownSweeps()
  }

  fileprivate func add(_ question: SweepQuestion, to path: String) throws -> Sweep {
    let store = try openToWrite(path)
    defer { try? store.close() }
    guard try store.openSweeps().count < configuration.limits.sweeps else {
      var problem = Problem(
        .tooManyRequests, "\(configuration.limits.sweeps) sweeps wait already; cancel one, or ask again later")
      problem.retryAfter = 60
      throw problem
    }
    return try store.addSweep(question.kind, words: question.words, total: question.total)
  }
}
