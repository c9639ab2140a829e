import Selection
import VisionTransformer

extension SelectionReport {
  /// The report for people: the selected shapes of each setting, why they were selected, and which constraints bind.
  public func text(terminal: Terminal = .plain) -> String {
    var lines = opening(terminal)
    for setting in settings {
      lines += [""] + headline(setting, terminal)
      if !setting.choices.isEmpty {
        lines += table(setting.choices, terminal: terminal) + [""]
        for choice in setting.choices { lines += why(choice, terminal) }
        if let first = setting.choices.first { lines += neighbours(first, terminal) }
      }
      lines += sentences(setting.limits, terminal)
    }
    return (lines + closing(terminal)).rendered(for: terminal)
  }

  /// The Pareto fronts for people: for each setting a plot, then a table of the shapes.
  ///
  /// - Parameter limit: The largest number of shapes in a table.
  public func frontText(limit: Int, terminal: Terminal = .plain) -> String {
    var lines = opening(terminal)
    for setting in settings {
      lines += [""] + headline(setting, terminal)
      guard !setting.front.isEmpty else {
        lines += sentences(setting.limits, terminal)
        continue
      }
      let drawing = FrontDrawing(setting)
      lines += drawing.text(terminal: terminal).map { Styled($0) } + [""]
      let shown = Self.spread(setting.front, limit)
      lines += table(shown, terminal: terminal)
      if shown.count < setting.front.count {
        lines += sentences(
          [
            "\(grouped(shown.count)) of \(counted(setting.front.count, "shape")) on the front; all with --format ndjson"
          ],
          terminal)
      }
    }
    return (lines + closing(terminal)).rendered(for: terminal)
  }

  /// At most `limit` shapes of the front, evenly spread and including both ends.
  private static func spread(_ front: [Choice], _ limit: Int) -> [Choice] {
    guard front.count > limit, limit > 1 else { return Array(front.prefix(max(limit, 1))) }
    return (0..<limit).map { front[$0 * (front.count - 1) / (limit - 1)] }
  }

  private func opening(_ terminal: Terminal) -> [Styled] {
    wrap("\(title): \(rule)", width: terminal.columns).map { Styled($0) }
  }

  private func closing(_ terminal: Terminal) -> [Styled] {
    wholeRuns.map { [""] + sentences([$0.sentence], terminal) } ?? []
  }

  private func headline(_ setting: Setting, _ terminal: Terminal) -> [Styled] {
    let place = setting.device.place
    let known = setting.device.speaksFor.map { "; \($0)" } ?? ""
    let count = setting.eligible == 0 ? "none" : grouped(setting.eligible)
    let words =
      " on \(place): \(count) of \(counted(setting.offered, "configuration")) "
      + "\(setting.eligible < 2 ? "meets" : "meet") everything (\(evidence.rawValue)\(known))"
    return (Styled(setting.title, .bold) + Styled(words)).wrapped(to: terminal.columns)
  }

  private func sentences(_ sentences: [String], _ terminal: Terminal) -> [Styled] {
    sentences.flatMap { wrap(Self.sentence($0), width: terminal.columns) }.map { Styled($0, .dim) }
  }

  private static func sentence(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst() + (text.hasSuffix(".") ? "" : ".")
  }

  private func why(_ choice: Choice, _ terminal: Terminal) -> [Styled] {
    let label = choice.rank.map { "\($0). " } ?? ""
    return wrap(Self.sentence(choice.why), width: max(20, terminal.columns - label.count)).enumerated().map {
      Styled($0.offset == 0 ? label : String(repeating: " ", count: label.count), .dim) + Styled($0.element)
    }
  }

  private func neighbours(_ choice: Choice, _ terminal: Terminal) -> [Styled] {
    guard !choice.neighbours.isEmpty else { return [] }
    let words = choice.neighbours.map { neighbour -> String in
      let place = "\(neighbour.key == .mlpWidth ? "MLP-width" : neighbour.key.rawValue) \(neighbour.value)"
      switch neighbour.verdict {
      case .doesNotFit:
        let over = neighbour.total - neighbour.limit
        return "\(place) does not fit" + (over > .zero ? " (\(over) over)" : "")
      case .uncertain: return "\(place) is uncertain (\(ratio(neighbour.total, of: neighbour.limit)))"
      case .fits:
        let size = neighbour.parameters, speed = neighbour.speed
        return "\(place), \(percent(abs(size))) \(size < 0 ? "fewer" : "more") parameters, "
          + "\(percent(abs(speed))) \(speed < 0 ? "slower" : "faster")"
      }
    }
    return [""] + sentences(["one step from the first: " + words.joined(separator: "; ")], terminal)
  }
}

extension SelectionReport {
  /// The table of choices, with no row wider than the terminal.
  private func table(_ choices: [Choice], terminal: Terminal) -> [Styled] {
    var table = Self.listing.table()
    table.rows = choices.map(Self.listing.cells)
    return table.lines(for: terminal)
  }

  /// The columns of choices for tables and machine-readable output: the contract's result, then `selection`.
  public static var listing: Listing<Choice> {
    typealias Column = Listing<Choice>.Column
    func growth(_ dimension: ScalingRay.Dimension, _ title: String) -> Column {
      Column(
        title: title, .right, rank: .detail,
        text: { Styled($0.growth[dimension].map { "x" + fixed($0, digits: 2) } ?? "–") })
    }
    let shown: [Column] = [
      Column(title: "", .right, rank: .name, text: { Styled($0.rank.map(String.init) ?? "") }),
      Column(title: "shape", rank: .answer, text: { Styled($0.title) }),
      growth(.width, "width"), growth(.depth, "depth"), growth(.mlpWidth, "MLP"),
      Column(title: "parameters", .right, text: { Styled(ParameterCount.text($0.result.parameterCount)) }),
      Column(
        title: "GFLOPs/image", .right, rank: .detail, text: { Styled(fixed($0.result.flopsPerImage.giga, digits: 0)) }),
      Column(
        title: "images/s", .right,
        text: { Styled($0.result.imagesPerSecond.map { fixed($0, digits: 1) } ?? "–") }),
      Column(
        title: "total", .right, text: { Styled(ratio($0.result.memory.total, of: $0.result.memory.limit)) }),
      Column(
        title: "padding", .right, rank: .detail,
        text: { choice in
          Styled(choice.result.memory.paddingWaste.map { percent($0, of: choice.result.memory.total) } ?? "–")
        }),
      days,
      Column(title: "front", rank: .detail, text: { Styled($0.isOnFront ? "yes" : "") }),
      .mark(title: "compiled") { $0.compiled.map { Styled(verdict: $0.verdict) } ?? "" },
    ]
    let results = Listing<StepResult>.results.of { (choice: Choice) in choice.result }.filter { $0.value != nil }
      .map { column in
        var column = column
        column.title = nil
        return column
      }
    var listing = Listing(shown + results + machine)
    listing.json = { choice, writer in
      writer.beginObject()
      writer.fields(choice.result)
      writer.key(StepResult.AnswerKey.selection.rawValue)
      writer.selection(choice)
      writer.endObject()
    }
    return listing
  }

  /// The column for days of all devices together, which is present only with a training run.
  private static var days: Listing<Choice>.Column {
    var column = Listing<Choice>.Column(
      title: "device-days", .right, rank: .answer,
      text: { Styled($0.training.map { amount($0.deviceDays) } ?? "") })
    column.presence = .marking
    return column
  }

  /// The machine-readable columns beside the result.
  private static var machine: [Listing<Choice>.Column] {
    func column(_ key: SelectionKey, _ value: @escaping @Sendable (Choice) -> MachineValue) -> Listing<Choice>.Column {
      Listing<Choice>.Column(StepResult.AnswerKey.selection.rawValue + "." + key.rawValue, value: value)
    }
    return SelectionKey.allCases.compactMap { key in key.value.map { column(key, $0) } }
  }
}

/// The keys of `selection`.
enum SelectionKey: String, CaseIterable {
  case rank, setting, widthGrowth, depthGrowth, mlpWidthGrowth, patchGrowth, onFront, deviceDays, chipHours, steps,
    hours
  case why, neighbours

  /// The value; nil for keys that only JSON has.
  var value: (@Sendable (SelectionReport.Choice) -> MachineValue)? {
    switch self {
    case .rank: { .optional($0.rank) }
    case .setting: { .text($0.setting) }
    case .widthGrowth: { .optional($0.growth[.width]) }
    case .depthGrowth: { .optional($0.growth[.depth]) }
    case .mlpWidthGrowth: { .optional($0.growth[.mlpWidth]) }
    case .patchGrowth: { .optional($0.growth[.patch]) }
    case .onFront: { .boolean($0.isOnFront) }
    case .deviceDays: { .optional($0.training?.deviceDays) }
    case .chipHours: { .optional($0.training?.chipHours) }
    case .steps: { .optional($0.training?.schedule?.steps) }
    case .hours: { .optional($0.training?.hours) }
    case .why: { .text($0.why) }
    case .neighbours: nil
    }
  }
}

extension JSONWriter {
  fileprivate mutating func selection(_ choice: SelectionReport.Choice) {
    beginObject()
    for key in SelectionKey.allCases {
      self.key(key.rawValue)
      if let value = key.value {
        self.value(value(choice))
        continue
      }
      beginArray()
      for neighbour in choice.neighbours { self.neighbour(neighbour) }
      endArray()
    }
    endObject()
  }

  private mutating func neighbour(_ neighbour: SelectionReport.Neighbour) {
    beginObject()
    for (key, value): (String, MachineValue) in [
      ("key", .text(neighbour.key.rawValue)), ("value", .integer(neighbour.value)),
      ("verdict", .text(neighbour.verdict.rawValue)), ("total", .bytes(neighbour.total)),
      ("parameters", .number(neighbour.parameters)), ("speed", .number(neighbour.speed)),
    ] {
      self.key(key)
      self.value(value)
    }
    endObject()
  }
}
