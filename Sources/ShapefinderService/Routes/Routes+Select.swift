import Answers
import Catalog
import Reporting
import Selection
import VisionTransformer

extension Route {
  private static let forms: [Form] = [.json, .ndjson, .csv, .svg, .text]

  /// The route that selects which shape of a grid to train.
  static let selection: [Route] = [
    Route(
      name: "select", path: "/v1/select",
      summary: "Which shape of a grid to train: the best of those that fit by a rule and within a budget, and why.",
      parameters: Parameter.grid + Parameter.settings + SelectQuestion.parameters
        + [Parameter.version, Parameter.format(forms)], forms: forms,
      work: .calculated { try $0.select() })
  ]
}

extension SelectQuestion {
  /// Constraints with the parameters that set them.
  fileprivate static let bounds: [(name: String, constraint: SelectionConstraint, summary: String)] = [
    ("minParameters", .minParameters, "Fewest parameters."), ("maxParameters", .maxParameters, "Most parameters."),
    ("minImagesPerSecond", .minImagesPerSecond, "Fewest images a second on one core or chip."),
    ("maxFlopsPerImage", .maxFLOPsPerImage, "Most forward FLOPs an image."),
    ("maxTrainingFlops", .maxTrainingFLOPs, "Most FLOPs of the training; needs a training run."),
    ("maxCoreDays", .maxDeviceDays, "Most core-days (chip-days) of steps; needs a training run."),
  ]

  /// Largest and default number of shapes for each setting.
  private static let most = 100, usual = 5

  /// The parameters beside those of the grid and the setting.
  fileprivate static let parameters: [Parameter] =
    [
      Parameter(
        "rule", "What makes one shape better.", .choice(Rule.allCases.map(\.rawValue)), standard: Rule.together.rawValue
      ),
      Parameter("base", "Shape at which the ray of a rule begins.", .text(example: "ViT-H/14")),
    ] + bounds.map { Parameter($0.name, $0.summary, .text(example: "1e9")) } + [
      Parameter("examples", "Images seen in all.", .text(example: "3e9")),
      Parameter("epochs", "Times that the dataset is seen.", .text(example: "300")),
      Parameter("datasetSize", "Images of an epoch.", .text(example: "1.28M")),
      Parameter("chips", "Chips that share each batch.", .whole(1...TrainingRun.Limits.chips)),
      Parameter("limit", "Most shapes of a setting.", .whole(1...most), standard: "\(usual)"),
      Parameter("front", "The Pareto front instead of the selected shapes.", .flag, standard: "false"),
    ]

  /// Reads the question of a query.
  ///
  /// - Throws: `ConfigurationError` that names the parameter.
  fileprivate init(_ values: Values) throws(ConfigurationError) {
    var bounds: [SelectionConstraint: Double] = [:]
    for bound in Self.bounds { bounds[bound.constraint] = try values.magnitude(bound.name) }
    self.init(
      grid: try GridQuestion(values), rule: try values.word("rule") ?? .together, base: values["base"], bounds: bounds,
      budget: BudgetQuestion(
        examples: try values.magnitude("examples"), epochs: try values.magnitude("epochs"),
        datasetSize: try values.magnitude("datasetSize"),
        chips: values.whole("chips")),
      limit: values.whole("limit") ?? Self.usual)
  }
}

extension Inquiry {
  /// The shapes that a rule selects from a grid.
  fileprivate func select() throws -> Answer {
    let question = try SelectQuestion(values)
    if let base = question.base, ModelFile.isPath(base) {
      throw ConfigurationError(key: "base", value: "\"\(excerpt(of: base))\"", rule: "is a file; give a name")
    }
    let searched = try question.grid.searched(context)
    try searched.checkRoom(service.configuration.limits.gridConfigurations, command: "select")
    let report = try SelectAnswer(question, searched, known: try service.knownCompiles(), context).report
    let isFront = values.flag("front")
    let options = SelectQuestion.parameters.map(\.name).filter { $0 != "front" }
    let command =
      ["select"] + gridWords + options.flatMap { name in values[name].map { ["--" + name.optionName, $0] } ?? [] }
      + (isFront ? ["--front"] : [])
    let isTimeless = try isTimeless(searched.grid.settings.map(\.template.device))
    if form.isPicture {
      guard let setting = report.settings.first, report.settings.count == 1 else {
        throw Problem(
          .unprocessableContent,
          "a drawing shows one setting, this grid has \(report.settings.count): give head and optimizer")
      }
      return Answer(FrontDrawing(setting).svg(), command: self.command(command + ["--svg", "front.svg"]))
        .timeless(isTimeless)
    }
    return answer(isFront ? report.front : report.choices, SelectionReport.listing, command: command) {
      isFront ? report.frontText(limit: 20, terminal: $0) : report.text(terminal: $0)
    }.timeless(isTimeless)
  }
}
