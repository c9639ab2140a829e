import Answers
import Evidence
import Reporting
import Selection
import VisionTransformer

extension Route {
  /// Routes for questions about one shape and about a grid.
  static let answers: [Route] = [
    Route(
      name: "check", path: "/v1/check", summary: "Whether a shape fits, where the bytes go, and how fast it trains.",
      parameters: Parameter.shape + Parameter.settings + [
        Parameter("changes", "Say what would save memory, even where it fits.", .flag, standard: "false"),
        Parameter.version, Parameter.format([.json, .text]),
      ], forms: [.json, .text],
      work: .calculated { inquiry in
        if try GivenSetting(inquiry.values).asksSeveralDevices { return try inquiry.compare() }
        let input = try inquiry.check().input(suggests: inquiry.values.flag("changes"))
        let configuration = input.result.configuration
        return try inquiry.answer(
          [input], CheckReport.listing(.one), .single,
          command: ["check"] + inquiry.words(configuration) + (inquiry.values.flag("changes") ? ["--suggest"] : [])
        ) { CheckReport.text(input, terminal: $0) }
        // How an uncertain verdict is settled depends on what is installed.
        .timeless(inquiry.isTimeless([configuration.device]) && input.result.verdict != .uncertain)
      }),
    Route(
      name: "advice", path: "/v1/advice",
      summary: "What would save memory, cheapest first: what to set, and what that costs.",
      parameters: Parameter.shape + Parameter.settings + [Parameter.version],
      work: .calculated { inquiry in
        let answer = try inquiry.check()
        var writer = JSONWriter()
        writer.beginArray()
        for advice in answer.advice { writer.advice(advice, answer.change(advice)) }
        writer.endArray()
        writer.lineBreak()
        return try Answer(
          writer.bytes, command: inquiry.command(["check"] + inquiry.words(answer.configuration) + ["--suggest"])
        ).timeless(inquiry.isTimeless([answer.configuration.device]))
      }),
    Route(
      name: "timeline", path: "/v1/timeline", summary: "Live bytes over the step, event by event.",
      parameters: Parameter.shape + Parameter.settings + [
        Parameter.version, Parameter.format([.json, .ndjson, .csv, .svg, .text]),
      ],
      forms: [.json, .ndjson, .csv, .svg, .text],
      work: .calculated { inquiry in
        let answer = try inquiry.check(), drawing = try answer.timeline()
        let command = ["check"] + inquiry.words(answer.configuration)
        let isTimeless = try inquiry.isTimeless([answer.configuration.device])
        if inquiry.form.isPicture {
          return Answer(drawing.svg(), command: inquiry.command(command + ["--svg", "timeline.svg"])).timeless(
            isTimeless)
        }
        return inquiry.answer(drawing.rows, Timeline.listing, command: command + ["--timeline"]) {
          answer.headline($0) + "\n" + drawing.text(terminal: $0)
        }.timeless(isTimeless)
      }),
    Route(
      name: "optimizers", path: "/v1/optimizers",
      summary: "What each optimizer costs, and what fits because of it: for a shape, or over a grid.",
      parameters: [
        Parameter("grid", "Over a grid instead of a shape; see /v1/grids.", .text(example: "figure8"))
      ] + (Parameter.shape + Parameter.settings).filter { $0.name != Configuration.Key.optimizer.rawValue }
        + [Parameter.version, Parameter.format([.json, .ndjson, .csv, .text])],
      forms: [.json, .ndjson, .csv, .text],
      work: .calculated { try $0.optimizers() }),
    Route(
      name: "map", path: "/v1/map",
      summary: "Which shapes of a grid fit, in which setting and how fast: Figure 8 of Scaling Vision Transformers.",
      parameters: Parameter.grid + Parameter.settings + [
        Parameter.version, Parameter.format([.json, .ndjson, .csv, .svg, .text]),
      ],
      forms: [.json, .ndjson, .csv, .svg, .text],
      work: .calculated { try $0.map() }),
    Route(
      name: "checks", method: .post, path: "/v1/checks",
      summary: "Answers a stream of configurations, one JSON object a line, in their order and as they come.",
      body: Body(form: .ndjson, schema: "Configuration"), forms: [.ndjson],
      work: .handled { try $0.lines() }),
  ]
}

extension Inquiry {
  /// The configuration in a question.
  func configuration() throws -> Configuration {
    try Configuration(ShapeQuestion(values), GivenSetting(values), context)
  }

  /// The answer to a question about one configuration.
  func check() throws -> CheckAnswer {
    let setting = try GivenSetting(values), shape = try ShapeQuestion(values).read(context)
    let configuration = try Configuration(shape, setting, context)
    var answer = try CheckAnswer(configuration, of: shape, setting, context.catalog)
    answer.compiled = try service.knownCompiles()?[configuration]
    let times = answer.result.verdict == .uncertain ? try service.compileTimes() : []
    let configured = service.configuration
    answer.settling = Settling(
      catalog: context.catalog, places: configured.catalogWords + configured.storeWords, times: times)
    return answer
  }

  /// The answer of `check` on several devices.
  fileprivate func compare() throws -> Answer {
    var answer = try CompareAnswer(
      CompareQuestion(shapes: [ShapeQuestion(values)], setting: GivenSetting(values)), context)
    try service.glance { try answer.consult($0) }
    let rows = answer.rows, configurations = answer.configurations
    return try self.answer(
      rows, CompareReport.listing(rows),
      command: ["check"] + words(configurations[0], devices: values[.device], of: max(2, configurations.count))
    ) { CompareReport.text(rows, terminal: $0) }
    .timeless(isTimeless(configurations.map(\.device)))
  }

  /// The arguments of a command line that asks about a configuration.
  func words(_ configuration: Configuration) -> [String] {
    configuration.commandWords(context.catalog, usual: Configuration(shape: configuration.shape))
  }

  /// The same on `count` devices, which are written as `text`.
  func words(_ configuration: Configuration, devices text: String?, of count: Int) -> [String] {
    guard count > 1, let text else { return words(configuration) }
    var configuration = configuration
    configuration.device = Configuration.Defaults.device
    return words(configuration) + ["--device", text]
  }

  /// A command line of the program, with the arguments that make it use the same catalog and store.
  ///
  /// - Parameter readsStore: whether the command reads the store at all.
  func command(_ words: [String], readsStore: Bool = true) -> String {
    let configured = service.configuration
    let store = !readsStore ? [] : service.hasStore ? configured.storeWords : ["--no-store"]
    return (["shapefinder"] + words + configured.catalogWords + store).map(shellWord).joined(separator: " ")
  }

  /// An answer with rows in the requested form, as the command prints them.
  func answer<Row>(
    _ rows: some Sequence<Row>, _ listing: Listing<Row>, _ kind: AnswerKind = .list, command words: [String],
    readsStore: Bool = true,
    text: @escaping (Terminal) -> String
  ) -> Answer {
    let sink = MemorySink()
    // Writing to memory cannot fail.
    try? listing.write(rows, format: form.format, to: sink, answer: kind, text: { text(.plain) })
    return Answer(sink.bytes, command: command(words, readsStore: readsStore))
  }
}

extension Inquiry {
  /// The optimizers, compared.
  fileprivate func optimizers() throws -> Answer {
    guard let name = values["grid"] else {
      let comparisons = try OptimizerComparison.all(ShapeQuestion(values), GivenSetting(values), context)
      let devices = comparisons.map(\.device.name)
      return answer(
        comparisons.rows, comparisons.listing,
        command: ["optimizers"] + words(comparisons[0].configuration, devices: values[.device], of: comparisons.count),
        readsStore: false
      ) { comparisons.text($0) }
      .timeless(try isTimeless(devices, readsStore: false))
    }
    if let given = Parameter.shape.first(where: { values[$0.name] != nil }) {
      throw Problem(
        .unprocessableContent, key: given.name, value: values[given.name].map { "\"\(excerpt(of: $0))\"" },
        rule: "is of a shape: give a shape or a grid, not both")
    }
    let comparison = try OptimizerGridComparison(
      grid: name, GivenSetting(values),
      most: service.configuration.limits.gridConfigurations, context)
    let options = Parameter.settings.map(\.name).filter { $0 != Configuration.Key.optimizer.rawValue }
    return answer(
      comparison.rows, OptimizerGridReport.listing,
      command: ["optimizers", "--grid", name]
        + options.flatMap { name in values[name].map { ["--" + name.optionName, $0] } ?? [] }, readsStore: false
    ) { comparison.text($0) }
    .timeless(try isTimeless(comparison.devices, readsStore: false))
  }

  /// Whether an answer about these devices depends on question and version alone; an answer about a host also depends
  /// on the machine.
  func isTimeless(_ devices: [String], readsStore: Bool = true) throws -> Bool {
    guard !readsStore || !service.hasStore else { return false }
    return try !devices.contains { try context.catalog.device(named: $0).isHost }
  }

  /// The map of a grid.
  fileprivate func map() throws -> Answer {
    let searched = try GridQuestion(values).searched(context)
    try searched.checkSettings()
    try searched.checkRoom(service.configuration.limits.gridConfigurations, command: "enumerate")
    let known = try service.knownCompiles()
    var map = FitMap(searched)
    _ = try GridWalk(searched: searched, filter: .init(), known: known, stop: context.stop).run { finding in
      map.insert(finding)
      return true
    }
    let command = ["map"] + gridWords
    let isTimeless = try isTimeless(searched.grid.settings.map(\.template.device))
    if form.isPicture {
      return Answer(map.svg(), command: self.command(command + ["--svg", "map.svg"])).timeless(isTimeless)
    }
    if form.isDocument {
      var writer = JSONWriter()
      map.write(to: &writer, settings: searched.grid.settings.map(\.template))
      return Answer(writer.bytes, command: self.command(command)).timeless(isTimeless)
    }
    return answer(map.rows, FitMap.listing, command: command) {
      map.compiled.text(terminal: $0) + map.text(options: .init(), terminal: $0)
    }.timeless(isTimeless)
  }

  /// The arguments of a command line that asks about the same grid.
  var gridWords: [String] {
    let options = (Parameter.grid + Parameter.settings).map(\.name).filter { $0 != "grid" }
    return [values["grid"]].compactMap { $0 }
      + options.flatMap { name in values[name].map { ["--" + name.optionName, $0] } ?? [] }
  }
}

extension JSONWriter {
  /// Writes the result of a change, and the values to set for it.
  fileprivate mutating func advice(_ advice: FitAdvice, _ change: FitChange) {
    beginObject()
    key("description")
    string(change.description)
    key("set")
    beginObject()
    for change in advice.changes {
      key(change.key.rawValue)
      value(of: change.key, advice.configuration.setting)
    }
    endObject()
    key("verdict")
    string(change.verdict.rawValue)
    key("total")
    value(.bytes(change.total))
    key("limit")
    value(.bytes(change.limit))
    key("bytesSaved")
    value(.bytes(change.bytesSaved))
    key("timeCost")
    value(.optional(change.timeCost))
    endObject()
  }
}
