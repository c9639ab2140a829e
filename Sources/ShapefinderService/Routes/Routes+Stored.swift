import Answers
import Evidence
import EvidenceStore
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Reporting
import Selection
import Synchronization
import VisionTransformer

extension Route {
  private static let tables: [Form] = [.json, .ndjson, .csv, .text]

  /// Routes for the contents of the store.
  static let stored: [Route] = [
    Route(
      name: "runs", path: "/v1/runs",
      summary: "The runs of the store: what was asked, when, by which model, and how it ended.",
      parameters: [Parameter.format(tables)], forms: tables,
      work: .calculated { inquiry in
        let runs = try inquiry.service.glance { try $0.runs() } ?? []
        return inquiry.answer(runs, Listing<Run>.runs, command: ["runs"]) {
          Listing<Run>.runs.text(runs, format: .table, terminal: $0)
        }
      }),
    Route(
      name: "results", path: "/v1/results",
      summary:
        "What the store knows, page by page, in the order of storing or of a key; `next` is the token of the page after it.",
      parameters: ResultQuestion.parameters + [Parameter.format(tables)], forms: tables,
      work: .calculated { try $0.results() }),
    Route(
      name: "importEvidence", method: .post, path: "/v1/evidence",
      summary:
        "Stores results as one run: a line each, or a CSV. What is no result is refused and left out; what is known changes nothing.",
      body: Body(form: .ndjson, schema: "Result"),
      problems: [.unauthorized, .forbidden, .requestTimeout, .conflict, .contentTooLarge, .unprocessableContent],
      work: .handled { try await $0.importEvidence() }),
  ]
}

/// A question for stored results.
struct ResultQuestion {
  let filter: ResultFilter
  let run: Int?
  let limit: Int

  /// Largest and default number of results on a page.
  static let most = 1000, usual = 100

  private static let magnitudes: [(key: String, quantity: EstimateQuantity, summary: String)] = [
    ("ParameterCount", .parameterCount, "parameters"), ("Depth", .depth, "encoder blocks"),
    ("Width", .width, "width"), ("ImagesPerSecond", .imagesPerSecond, "images a second on one core"),
  ]

  /// The parameters, the same as the options of `runs export`.
  static let parameters: [Parameter] =
    [
      Parameter("device", "Only of this device.", .text(example: "tpu-v3")),
      Parameter("optimizer", "Only under this optimizer.", .choice(Optimizer.allCases.map(\.rawValue))),
      Parameter("evidence", "Only what is known in this way.", .choice(EvidenceKind.allCases.map(\.rawValue))),
      Parameter("shape", "Only of this shape, whatever it was called.", .text(example: "ViT-G/14")),
      Parameter(
        "host", "Only measured on this host: its name, or a part of its processor, threads or library.",
        .text(example: "2 threads")),
      Parameter("run", "Only what this run stored or confirmed.", .whole(1...(1 << 53))),
      Parameter("verdict", "Only this verdict.", .choice(Verdict.allCases.map(\.rawValue))),
    ]
    + magnitudes.flatMap { magnitude in
      [("min", "Least"), ("max", "Most")].map { end, word in
        Parameter("\(end)\(magnitude.key)", "\(word) \(magnitude.summary).", .text(example: "24"))
      }
    } + [
      Parameter("minTotal", "Least total bytes.", .size(example: "1GiB")),
      Parameter("maxTotal", "Most total bytes.", .size(example: "15.48GiB")),
      Parameter(
        "sort", "Key to sort by, least first; with a minus, largest first.", .text(example: "-imagesPerSecond")),
      Parameter("limit", "Results of a page.", .whole(1...most), standard: "\(usual)"),
      Parameter("after", "The token `next` of the page before.", .text(example: "token")),
    ]

  /// - Throws: `ConfigurationError`.
  init(_ values: Values) throws(ConfigurationError) {
    var ends: [(EstimateQuantity, Double?, Double?)] = []
    for magnitude in Self.magnitudes {
      ends.append(
        (magnitude.quantity, try values.magnitude("min" + magnitude.key), try values.magnitude("max" + magnitude.key)))
    }
    var sizes: [Double?] = []
    for key in ["minTotal", "maxTotal"] {
      do { sizes.append(try values[key].map { Double(try Bytes(parsing: $0).count) }) } catch {
        throw values.failure(key, "must be a size, such as 12GiB")
      }
    }
    ends.append((.total, sizes[0], sizes[1]))
    var order: (EstimateQuantity, Bool)?
    if let key = values["sort"] {
      let isDescending = key.hasPrefix("-")
      guard let quantity = EstimateQuantity(named: isDescending ? String(key.dropFirst()) : key) else {
        throw values.failure(
          "sort", "must be one of " + EstimateQuantity.allCases.map(\.rawValue).joined(separator: ", "))
      }
      order = (quantity, isDescending)
    }
    let verdict: Verdict? = try values.word("verdict")
    filter = ResultFilter(ends: ends, verdicts: verdict.map { [$0] } ?? [], order: order, limit: nil)
    run = values.whole("run")
    limit = values.whole("limit") ?? Self.usual
  }

  /// The part of a query that selects results, the same for every page.
  static func text(_ values: Values) -> String {
    parameters.map(\.name).filter { $0 != "limit" && $0 != "after" }.map { "\($0)=\(values[$0] ?? "")" }
      .joined(separator: "&")
  }
}

extension Inquiry {
  /// A page of stored results.
  fileprivate func results() throws -> Answer {
    let question = try ResultQuestion(values), asked = ResultQuestion.text(values)
    let evidence = try EvidenceFilter(
      device: values["device"], optimizer: values["optimizer"], evidence: values["evidence"], shape: values["shape"],
      host: values["host"], context)
    let token = values["after"].map { PageToken($0, question: asked) }
    let notOfHere = Problem(
      .unprocessableContent, key: "after", value: values["after"].map { "\"\(excerpt(of: $0))\"" },
      rule: "must be the token `next` of a page of the same question to the same store")
    if let token, token == nil { throw notOfHere }
    let found: (results: [StepResult], next: ResultPlace?)
    do {
      found =
        try service.glance { store in
          try StoredResults(store, run: question.run, question.filter, about: evidence, stop: context.stop)
            .page(after: token??.place, limit: question.limit)
        } ?? ([], nil)
    } catch StoreError.invalidValue {
      throw notOfHere
    } catch let error as StoreError {
      guard case .noSuchRun = error else { throw error }
      throw Problem(.unprocessableContent, key: "run", value: values["run"], rule: "\(error)")
    }
    let next = found.next.map { PageToken($0, question: asked).text }
    if next != nil {
      context.remark("truncated: these are \(grouped(found.results.count)) results, and there are more after them")
    }
    var answer: Answer
    if form.isDocument {
      var writer = JSONWriter()
      writer.beginObject()
      writer.key("results")
      writer.beginArray()
      for result in found.results { writer.result(result) }
      writer.endArray()
      writer.key("next")
      writer.value(.optional(next))
      writer.key("truncated")
      writer.boolean(next != nil)
      writer.endObject()
      writer.lineBreak()
      answer = Answer(writer.bytes, command: command(exportWords(question)))
    } else {
      answer = self.answer(found.results, .results, command: exportWords(question)) {
        Listing<StepResult>.results.text(found.results, terminal: $0)
      }
    }
    // The command line has no pages.
    if token != nil { answer.command = nil }
    answer.next = next.map { next in
      let names = ResultQuestion.parameters.map(\.name) + ["format"]
      let query: [String] = names.compactMap { name in
        guard let value = name == "after" ? next : values[name] else { return nil }
        return name + "=" + percentEncoded(value)
      }
      return "/v1/results?" + query.joined(separator: "&")
    }
    return answer
  }

  private func exportWords(_ question: ResultQuestion) -> [String] {
    var words = ["runs", "export"]
    if let run = question.run { words.append("\(run)") }
    for name in ResultQuestion.parameters.map(\.name) where !["run", "sort", "limit", "after"].contains(name) {
      if let value = values[name] { words += ["--" + name.optionName, value] }
    }
    if let key = values["sort"] { words.append("--sort=" + key) }
    return words + ["--limit", "\(question.limit)"]
  }
}

extension Handling {
  /// Reads the whole body.
  ///
  /// - Throws: `Problem` for a body that is too long, or that does not arrive in time.
  func body(upTo most: Int) async throws -> ByteBuffer {
    let seconds = state.configuration.limits.seconds, body = request.body
    return try await withThrowingTaskGroup(of: ByteBuffer?.self) { group in
      group.addTask {
        do { return try await body.collect(upTo: most) } catch is NIOTooManyBytesError {
          throw Problem(.contentTooLarge, "a body has at most \(grouped(most)) bytes: send less at a time")
        } catch {
          // Whatever reading it throws is of the client's making: chunks that are none, a connection that is gone.
          throw Problem(.badRequest, "the body is not what its headers say: it broke off, or its chunks are not valid")
        }
      }
      group.addTask {
        try await Task.sleep(for: .seconds(seconds))
        return nil
      }
      defer { group.cancelAll() }
      guard let first = try await group.next(), let body = first else {
        throw Problem(.requestTimeout, "the body did not come within \(seconds) seconds")
      }
      return body
    }
  }

  /// Stores the evidence in the body.
  fileprivate func importEvidence() async throws -> Response {
    let path = try state.neededStore("evidence needs")
    try state.access.check(request.head)
    let type = request.headers[.contentType]?.prefix { $0 != ";" }.lowercased()
    let types = [Form.ndjson, .json, .csv].map(\.essence) + ["application/jsonl", "text/plain"]
    guard let type, types.contains(type) else {
      throw Problem(.unsupportedMediaType, "/v1/evidence takes \(Form.ndjson.essence), a result a line, or a CSV")
    }
    let limits = state.configuration.limits
    try state.imports.enter(upTo: limits.imports, "imports")
    defer { state.imports.subtract(1, ordering: .relaxed) }
    let body = try await body(upTo: limits.importBytes)
    let answer = try await state.calculate(nil) { [state] flag in
      try state.configuration.checkRoom()
      return try state.importEvidence(Array(buffer: body), to: path, flag)
    }
    return Response(.ok, answer, .json)
  }
}

extension ServiceState {
  /// Most errors that are listed; further ones are only counted.
  private static let reportedErrors = 20

  fileprivate func importEvidence(_ bytes: [UInt8], to path: String, _ flag: StopFlag) throws -> [UInt8] {
    let remarks = Remarked()
    let context = AnswerContext(
      catalog: configuration.catalog, stop: flag.signal, remark: { remarks.take($0) })
    var refused = 0, errors: [LineError] = []
    var opened: EvidenceStore?
    // The store is not created for an invalid body.
    func store() throws -> EvidenceStore {
      let store = try openToWrite(path)
      opened = store
      return store
    }
    defer { try? opened?.close() }
    let run = try ImportedResults([.bytes(bytes, name: "the body")], context).store(
      in: store(),
      command: (["shapefinder", "runs", "import", "-"] + configuration.storeWords).map(shellWord)
        .joined(separator: " "), progress: { _ in }
    ) { _, error in
      refused += 1
      if refused <= Self.reportedErrors { errors.append(error) }
    }?.run
    var writer = JSONWriter()
    writer.beginObject()
    for (key, number) in [
      ("run", run?.id), ("new", run?.counts.new), ("confirmed", run?.counts.confirmed),
      ("revised", run?.counts.revised), ("refused", refused),
    ] {
      writer.key(key)
      writer.value(.optional(number))
    }
    writer.key("errors")
    writer.beginArray()
    for error in errors { error.write(to: &writer) }
    writer.endArray()
    writer.key("remarks")
    writer.beginArray()
    for remark in remarks.all { writer.string(remark) }
    writer.endArray()
    writer.endObject()
    writer.lineBreak()
    return writer.bytes
  }
}

/// A value encoded for a query.
func percentEncoded(_ text: String) -> String {
  let plain = CharacterSet.alphanumerics.intersection(CharacterSet(charactersIn: "!"..."~"))
    .union(CharacterSet(charactersIn: "-._~"))
  return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
}
