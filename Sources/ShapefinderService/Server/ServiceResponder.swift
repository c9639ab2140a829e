import Answers
import HTTPTypes
import Hummingbird
import NIOCore
import Reporting
import VisionTransformer

/// Answers requests according to the table of routes; other addresses are files of the page, or problems.
struct ServiceResponder: HTTPResponder {
  let state: ServiceState
  private let routes = Route.all.byPath
  private let page = Page()

  private let crossOrigin: CrossOrigin

  init(_ state: ServiceState) {
    self.state = state
    crossOrigin = CrossOrigin(origins: state.configuration.origins)
  }

  func respond(to request: Request, context: ServiceContext) async throws -> Response {
    let start = ContinuousClock.now
    let line = RequestLine(request, logger: context.logger, token: state.configuration.token)
    var response: Response, name = "none", address = "none"
    do {
      let path = request.uri.path
      if let methods = routes[path] {
        if let preflight = crossOrigin.preflight(request, methods: methods.keys) {
          return finished(preflight, request, line, name: "preflight", address: "preflight", since: start)
        }
        let route = try route(request, methods)
        (name, address) = (route.name, route.path)
        response = try await answer(route, request, context)
      } else {
        response = try page.response(request)
        (name, address) = ("page", "page")
      }
    } catch {
      let problem = Problem(error)
      if problem.status.code >= 500, !(error is Problem) {
        context.logger.error(
          "no answer", metadata: ["request": "\(line.id)", "route": "\(address)", "error": "\(error)"])
      }
      response = Response(problem)
    }
    return finished(response, request, line, name: name, address: address, since: start)
  }

  /// Adds the headers that all answers have, then counts and logs the answer.
  private func finished(
    _ answer: Response, _ request: Request, _ line: RequestLine, name: String, address: String,
    since start: ContinuousClock.Instant
  ) -> Response {
    var response = answer
    crossOrigin.mark(&response, of: request)
    response.headers.append(HTTPField(name: .xContentTypeOptions, value: "nosniff"))
    response.headers.add(.referrerPolicy, "no-referrer")
    response.headers.add(.requestID, line.id)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    state.metrics.count(route: name, method: request.method.rawValue, status: response.status.code, seconds: seconds)
    return line.response(request.method == .head ? response.createHeadResponse() : response, route: address)
  }

  /// The route of a method; HEAD uses the route of GET.
  private func route(_ request: Request, _ methods: [HTTPRequest.Method: Route]) throws -> Route {
    if let route = methods[request.method] ?? (request.method == .head ? methods[.get] : nil) { return route }
    var names = methods.keys.map(\.rawValue)
    if methods[.get] != nil { names.append("HEAD") }
    var problem = Problem(.methodNotAllowed, "\(request.uri.path) takes \(names.sorted().joined(separator: " and "))")
    problem.allowed = names.sorted().joined(separator: ", ")
    throw problem
  }

  private func answer(_ route: Route, _ request: Request, _ context: ServiceContext) async throws -> Response {
    let query = request.uri.query
    guard query?.utf8.count ?? 0 <= state.configuration.limits.queryBytes else {
      throw Problem(.uriTooLong, "a query has at most \(state.configuration.limits.queryBytes) bytes")
    }
    switch route.work {
    case .told(let tell):
      _ = try Values(query: query, route.parameters)
      let answer = try tell(state)
      return Response(.ok, answer.body, route.forms[0])
    case .lookedUp(let lookUp):
      _ = try Values(query: query, route.parameters)
      let answer = try await state.calculate(nil) { [state] _ in try lookUp(state) }
      return Response(.ok, answer.body, route.forms[0])
    case .calculated(let calculate):
      return try await kept(route, request, context, query: query ?? "", calculate)
    case .handled(let handle):
      let values = try Values(query: query, route.parameters)
      return try await handle(Handling(request: request, context: context, values: values, state: state))
    }
  }

  /// Returns a kept answer, or calculates one and keeps it.
  private func kept(
    _ route: Route, _ request: Request, _ context: ServiceContext, query: String,
    _ calculate: @escaping @Sendable (Inquiry) throws -> Answer
  ) async throws -> Response {
    let form = try form(route, request, query: query)
    let key = KeptAnswers.Key(route: route.name, query: query, form: form, store: state.storeStamp)
    if let kept = state.kept[key] { return response(kept, request) }
    let values = try Values(query: query, route.parameters)
    // If the query sets a form, that form is used, whatever the client accepts.
    let asked = try linkedForm(route, values) ?? form
    if let version = values["version"], version != state.answersVersion {
      throw Problem(
        .unprocessableContent, key: "version", value: "\"\(excerpt(of: version))\"",
        rule: "is not the version of these answers, which is \(state.answersVersion); /v1/options says it")
    }
    let departure = try await context.channel.pipeline.handler(type: Departure.self).get()
    let (answer, remarks) = try await state.calculate(departure) { [state] flag in
      let remarks = Remarked()
      let answer = try calculate(
        Inquiry(
          values: values, form: asked,
          context: AnswerContext(
            catalog: state.configuration.catalog, stop: flag.signal, remark: { remarks.take($0) }), service: state))
      return (answer, remarks.all)
    }
    let tag = "\"\(hexadecimal(answer.body))\""
    let kept = KeptAnswers.Kept(
      body: ByteBuffer(bytes: answer.body), tag: tag,
      headers: headers(
        of: answer, asked, tag: tag, remarks: remarks, isImmutable: answer.isTimeless && values["version"] != nil))
    state.kept.keep(kept, for: key)
    return response(kept, request)
  }

  /// The form that a client accepts; any form if it accepts none and the query sets one.
  private func form(_ route: Route, _ request: Request, query: String) throws(Problem) -> Form {
    if let form = Form.wanted(request.headers[.accept], among: route.forms) { return form }
    guard query.contains("format=") else {
      throw Problem(.notAcceptable, "\(route.path) comes as " + route.forms.map(\.essence).joined(separator: ", "))
    }
    return route.forms[0]
  }

  /// The form that a query sets; nil if it sets none.
  private func linkedForm(_ route: Route, _ values: Values) throws(Problem) -> Form? {
    guard let word = values["format"] else { return nil }
    guard let form = Form(rawValue: word), route.forms.contains(form) else {
      throw Problem(
        .unprocessableContent, key: "format", value: "\"\(word)\"",
        rule: "must be one of " + route.forms.map(\.rawValue).joined(separator: ", "))
    }
    return form
  }

  /// Caches may keep the answer for a year, because the address contains the version of the answer.
  ///
  /// Source: RFC 8246.
  private static let immutable = "public, max-age=31536000, immutable"

  private func headers(
    of answer: Answer, _ form: Form, tag: String, remarks: [String], isImmutable: Bool
  ) -> HTTPFields {
    var headers: HTTPFields = [
      .eTag: tag, .cacheControl: isImmutable ? Self.immutable : "no-cache", .vary: "Accept",
      .contentType: form.mediaType, .contentLength: "\(answer.body.count)",
    ]
    if let command = answer.command { headers.add(.command, command) }
    if let next = answer.next { headers.add(.link, "<\(next)>; rel=\"next\"") }
    if !remarks.isEmpty { headers.add(.remark, remarks.joined(separator: "; ")) }
    return headers
  }

  private func response(_ kept: KeptAnswers.Kept, _ request: Request) -> Response {
    guard request.headers[.ifNoneMatch].map({ $0.contains(kept.tag) || $0 == "*" }) ?? false else {
      return Response(status: .ok, headers: kept.headers, body: ResponseBody(byteBuffer: kept.body))
    }
    var headers = kept.headers
    headers[.contentType] = nil
    headers[.contentLength] = nil
    return Response(status: .notModified, headers: headers)
  }
}

extension Response {
  init(_ status: HTTPResponse.Status, _ body: [UInt8], _ form: Form) {
    self.init(
      status: status,
      headers: [.contentType: form.mediaType, .contentLength: "\(body.count)", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
  }

  init(_ problem: Problem) {
    self.init(problem.status, problem.body, .problem)
    if let allowed = problem.allowed { headers[.allow] = allowed }
    if problem.status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
    if let seconds = problem.retryAfter { headers[.retryAfter] = "\(seconds)" }
  }
}
