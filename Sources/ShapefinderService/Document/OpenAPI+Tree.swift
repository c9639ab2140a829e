import HTTPTypes
import VisionTransformer

extension OpenAPI {
  static func tree(_ routes: [Route]) -> Tree {
    var paths: [(String, Tree)] = []
    for path in routes.map(\.path).uniqued {
      let methods = routes.filter { $0.path == path }
      paths.append((path, .object(methods.map { ($0.method.rawValue.lowercased(), operation($0)) })))
    }
    return .object([
      ("openapi", .text("3.1.0")),
      (
        "info",
        .object([
          ("title", .text("Shapefinder")), ("version", .text("1")),
          (
            "description",
            .text(
              "Which Vision Transformer shape fits an accelerator, and how fast it trains. Errors are RFC 9457 problems in the words of the command line."
            )
          ), ("license", .object([("name", .text("see the repository"))])),
        ])
      ),
      ("servers", .list([.object([("url", .text("/"))])])), ("paths", .object(paths)),
      ("components", .object([("schemas", .object(schemas)), ("responses", .object(problemResponses(routes)))])),
    ])
  }

  private static func operation(_ route: Route) -> Tree {
    var members: [(String, Tree)] = [
      ("operationId", .text(route.name)), ("summary", .text(route.summary)),
    ]
    if !route.parameters.isEmpty { members.append(("parameters", .list(route.parameters.map(parameter)))) }
    if let body = route.body {
      members.append(
        (
          "requestBody",
          .object([
            ("required", .boolean(false)),
            (
              "content",
              .object([
                (body.form.essence, .object([("schema", schema(body))]))
              ])
            ),
          ])
        ))
    }
    var responses: [(String, Tree)] = [
      (
        "\(route.success.code)",
        .object([
          ("description", .text(route.summary)),
          ("content", .object(route.forms.map { ($0.essence, .object([("schema", schema(route, $0))])) })),
        ])
      )
    ]
    for status in route.statuses {
      responses.append(("\(status.code)", .object([("$ref", .text("#/components/responses/\(name(of: status))"))])))
    }
    members.append(("responses", .object(responses)))
    return .object(members)
  }

  private static func schema(_ route: Route, _ form: Form) -> Tree {
    guard form.isDocument else { return .object([("type", .text("string"))]) }
    return .object([("$ref", .text("#/components/schemas/\(route.answerSchema)"))])
  }

  private static func schema(_ body: Route.Body) -> Tree {
    guard !body.keys.isEmpty else { return .object([("type", .text("string"))]) }
    return .object([
      ("type", .text("object")),
      ("properties", .object(body.keys.map { ($0.name, .object(property($0))) })),
      ("required", .list([.text("kind")])), ("additionalProperties", .boolean(false)),
    ])
  }

  private static func parameter(_ parameter: Parameter) -> Tree {
    let (schema, example) = schema(parameter)
    var members: [(String, Tree)] = [
      ("name", .text(parameter.name)), ("in", .text("query")), ("description", .text(parameter.summary)),
      ("schema", .object(schema)),
    ]
    if let example { members.append(("example", .text(example))) }
    return .object(members)
  }

  /// The schema of a body's key.
  private static func property(_ parameter: Parameter) -> [(String, Tree)] {
    let (schema, example) = schema(parameter)
    return schema + [("description", .text(parameter.summary))]
      + (example.map { [("examples", .list([.text($0)]))] } ?? [])
  }

  private static func schema(_ parameter: Parameter) -> (members: [(String, Tree)], example: String?) {
    var schema: [(String, Tree)] = []
    var example: String?
    switch parameter.kind {
    case .text(let text), .size(let text), .axis(let text):
      schema = [("type", .text("string")), ("minLength", .integer(1)), ("maxLength", .integer(longestValue))]
      example = text
    case .choice(let words): schema = [("type", .text("string")), ("enum", .list(words.map(Tree.text)))]
    case .whole(let bounds):
      schema = [
        ("type", .text("integer")), ("minimum", .integer(bounds.lowerBound)), ("maximum", .integer(bounds.upperBound)),
      ]
    case .flag: schema = [("type", .text("boolean"))]
    }
    if let standard = parameter.standard {
      switch parameter.kind {
      case .whole: schema.append(("default", Int(standard).map(Tree.integer) ?? .text(standard)))
      case .flag: schema.append(("default", .boolean(standard == "true")))
      default: schema.append(("default", .text(standard)))
      }
    }
    return (schema, example)
  }

  /// The name of a status, such as `UnprocessableContent`.
  private static func name(of status: HTTPResponse.Status) -> String {
    status.reasonPhrase.filter { $0.isLetter }
  }

  private static func problemResponses(_ routes: [Route]) -> [(String, Tree)] {
    let statuses = routes.flatMap(\.statuses).uniqued.sorted { $0.code < $1.code }
    return statuses.map { status in
      (
        name(of: status),
        .object([
          ("description", .text(status.reasonPhrase)),
          (
            "content",
            .object([
              (
                Form.problem.essence,
                .object([("schema", .object([("$ref", .text("#/components/schemas/Problem"))]))])
              )
            ])
          ),
        ])
      )
    }
  }

  private static let schemas: [(String, Tree)] = [
    (
      "Problem",
      .object([
        ("type", .text("object")),
        (
          "properties",
          .object([
            ("type", .object([("type", .text("string"))])), ("title", .object([("type", .text("string"))])),
            ("status", .object([("type", .text("integer"))])), ("detail", .object([("type", .text("string"))])),
            ("key", .object([("type", .text("string")), ("description", .text("The key that is wrong."))])),
            ("value", .object([("type", .text("string")), ("description", .text("What it was given."))])),
            ("rule", .object([("type", .text("string")), ("description", .text("What it breaks."))])),
          ])
        ), ("required", .list(["type", "title", "status", "detail"].map(Tree.text))),
      ])
    ),
    ("Rows", .object([("type", .text("array")), ("items", .object([("type", .text("object"))]))])),
    (
      "Result",
      .object([
        ("type", .text("object")),
        (
          "description",
          .text("A configuration, then what is known of its step; see the contract in the documentation.")
        ),
        (
          "properties",
          .object([
            ("evidence", .object([("enum", .list(EvidenceKind.allCases.map { .text($0.rawValue) }))])),
            ("verdict", .object([("enum", .list(Verdict.allCases.map { .text($0.rawValue) }))])),
            ("parameterCount", .object([("type", .text("integer"))])), ("memory", .object([("type", .text("object"))])),
          ])
        ), ("required", .list(["device", "batch", "evidence", "verdict", "parameterCount", "memory"].map(Tree.text))),
      ])
    ),
    (
      "Checked",
      .object([
        ("description", .text("A result, or one for each of several devices.")),
        (
          "oneOf",
          .list([
            .object([("$ref", .text("#/components/schemas/Result"))]),
            .object([
              ("type", .text("array")), ("items", .object([("$ref", .text("#/components/schemas/Result"))])),
            ]),
          ])
        ),
      ])
    ),
    (
      "Map",
      .object([
        ("type", .text("object")),
        ("description", .text("A fit map: its cells are columns of equal length, sorted by panel, width and depth.")),
        (
          "required",
          .list(
            ["title", "provenance", "speedUnit", "settings", "panels", "marks", "counts", "columns"].map(Tree.text))
        ),
      ])
    ),
    (
      "Page",
      .object([
        ("type", .text("object")), ("description", .text("A page of results.")),
        (
          "properties",
          .object([
            (
              "results",
              .object([
                ("type", .text("array")), ("items", .object([("$ref", .text("#/components/schemas/Result"))])),
              ])
            ),
            (
              "next",
              .object([
                ("type", .list([.text("string"), .text("null")])),
                ("description", .text("What `after` takes for the page after it; null at the end.")),
              ])
            ), ("truncated", .object([("type", .text("boolean"))])),
          ])
        ), ("required", .list(["results", "next", "truncated"].map(Tree.text))),
      ])
    ),
    ("Object", .object([("type", .text("object"))])),
  ]
}

extension Route {
  /// The name of the answer's schema in the document.
  fileprivate var answerSchema: String {
    switch name {
    case "check": "Checked"
    case "map": "Map"
    case "results": "Page"
    case "options", "importEvidence", "startSweep", "cancelSweep", "ready", "openapi", "openapiYAML": "Object"
    default: "Rows"
    }
  }

  /// The statuses of the problems that the route can return.
  fileprivate var statuses: [HTTPResponse.Status] {
    var statuses: [HTTPResponse.Status] = [.badRequest]
    if forms.count > 0 { statuses.append(.notAcceptable) }
    statuses.append(.uriTooLong)
    if body != nil { statuses.append(.unsupportedMediaType) }
    if !parameters.isEmpty { statuses.append(.unprocessableContent) }
    statuses += problems
    if !statuses.contains(.serviceUnavailable) { statuses.append(.serviceUnavailable) }
    return statuses.sorted { $0.code < $1.code }
  }
}

extension Array where Element: Hashable {
  /// The elements without repetitions, in order of first appearance.
  fileprivate var uniqued: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
