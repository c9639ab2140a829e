import Evidence
import VisionTransformer

extension CompareReport {
  /// The comparison for people, with a block for each device: one column for each shape if the terminal is wide enough,
  /// otherwise one row for each shape.
  public static func text(_ rows: [Row], terminal: Terminal = .plain) -> String {
    if let devices = Devices(rows) { return devices.text(terminal) }
    var blocks: [[Row]] = []
    for row in rows {
      if blocks.last?.first?.input.result.configuration.device == row.input.result.configuration.device {
        blocks[blocks.count - 1].append(row)
      } else {
        blocks.append([row])
      }
    }
    // Explained only once, in the last block that it applies to.
    let last = blocks.lastIndex { $0[0].input.training?.wholeRuns != nil }
    return blocks.enumerated().map { index, rows in
      Block(rows, explainsWholeRuns: index == last).lines(for: terminal).rendered(for: terminal)
    }.joined(separator: "\n")
  }

  /// One line of a block: a figure for every shape.
  private struct Line {
    /// Whether smaller or larger figures are better.
    enum Better { case less, more }

    var label: String
    var cells: [Styled]
    /// The figures as numbers, for ratios to the first one; empty if the line has no ratios.
    var values: [Double?] = []
    var better: Better?

    /// The figures, with the best ones in bold.
    var styled: [Styled] {
      let known = values.compactMap(\.self)
      guard known.count > 1, let better, let best = better == .less ? known.min() : known.max(),
        known.contains(where: { $0 != best })
      else { return cells }
      return zip(cells, values).map { $1 == best ? $0.styled(.bold) : $0 }
    }

    /// Ratios such as `×1.79` for every shape except the first.
    var ratios: [Styled] {
      guard !values.isEmpty, let first = values[0], first > 0 else { return cells.map { _ in "" } }
      return values.enumerated().map { index, value in
        index == 0
          ? ""
          : Styled(
            value.flatMap { $0 > 0 ? $0 : nil }.map { "×" + fixed($0 / first, digits: $0 / first < 9.995 ? 2 : 0) }
              ?? "", .dim)
      }
    }
  }

  /// The comparison of shapes on one device.
  private struct Block {
    let rows: [Row]
    let device: Device?
    private let explainsWholeRuns: Bool
    private var lines: [Line] = []

    init(_ rows: [Row], explainsWholeRuns: Bool) {
      self.rows = rows
      self.explainsWholeRuns = explainsWholeRuns
      device = rows.first?.input.device
      addShapes()
      addEstimates()
      addCompiled()
      addMeasured()
    }

    func lines(for terminal: Terminal) -> [Styled] {
      var result = (title + training).flatMap { wrap($0, width: terminal.columns).map { Styled($0, .bold) } }
      result += [""]
      if let hasRatios = [true, false].first(where: { fits(table(hasRatios: $0), terminal) }) {
        result += drawn(hasRatios: hasRatios, terminal)
      } else {
        let listing = CompareReport.listing(rows)
        var turned = listing.table()
        turned.rows = rows.map(listing.cells)
        result += turned.lines(for: terminal)
      }
      let remarks = remarks.flatMap { wrap($0, width: terminal.columns).map { Styled($0, .dim) } }
      return result + (remarks.isEmpty ? [] : [""] + remarks)
    }

    /// The table with headings of sections between its rows; the headings may be as wide as the terminal.
    private func drawn(hasRatios: Bool, _ terminal: Terminal) -> [Styled] {
      let table = table(hasRatios: hasRatios), layout = table.layout(for: terminal)
      var result = table.heading(layout), rows = table.rows.makeIterator()
      for line in lines {
        if line.cells.isEmpty {
          result += wrap(line.label, width: terminal.columns).map { Styled($0, .bold) }
        } else if let row = rows.next() {
          result.append(table.line(row, layout))
        }
      }
      return result
    }

    /// Whether all columns fit at full width: without its whole column, a shape is not compared.
    private func fits(_ table: Table, _ terminal: Terminal) -> Bool {
      let widths = table.layout(for: Terminal(isNarrow: false)).widths
      return !terminal.isNarrow || widths.reduce(-table.gap) { $0 + $1 + table.gap } <= terminal.columns
    }

    private func table(hasRatios: Bool) -> Table {
      var columns = [Table.Column("")]
      for (index, row) in rows.enumerated() {
        columns.append(.init(visible(row.input.result.configuration.title), .right))
        if hasRatios, index > 0 { columns.append(.init("")) }
      }
      var table = Table(columns: columns, rows: [])
      for line in lines where !line.cells.isEmpty {
        let cells = line.styled, ratios = line.ratios
        var row = [Styled("  " + line.label)]
        for index in rows.indices {
          row.append(cells[index])
          if hasRatios, index > 0 { row.append(ratios[index]) }
        }
        table.rows.append(row)
      }
      return table
    }

    // MARK: What is said of all of them

    private func isSame(_ key: Configuration.Key) -> Bool {
      rows.allSatisfy {
        $0.input.result.configuration.machineValue(key) == rows[0].input.result.configuration.machineValue(key)
      }
    }

    /// A title such as `3 shapes on a tpu-v3 core: 8 images a core, 224 px, MAP head, 29,593 classes, Adafactor,
    /// bfloat16`.
    private var title: [String] {
      let configuration = rows[0].input.result.configuration
      var common: [String] = []
      for key in Configuration.Key.allCases where isSame(key) {
        if let text = text(key, configuration, isUsualSaid: false) { common.append(text) }
      }
      let place = device?.place ?? configuration.device
      return [
        "\(counted(rows.count, "shape")) on \(place)" + (common.isEmpty ? "" : ": " + common.joined(separator: ", "))
      ]
    }

    private var training: [String] {
      guard let training = rows[0].input.training else { return [] }
      return ["Training: \(training.title)" + (training.run.chips.map { " on \(counted($0, "chip"))" } ?? "")]
    }

    private func text(
      _ key: Configuration.Key, _ configuration: Configuration, isUsualSaid: Bool
    ) -> String? {
      let isHost = device?.isHost == true
      return switch key {
      case .shape, .device, .dataParallel, .memoryLimit, .compiler: nil
      case .batch: "\(images(configuration.batch)) \(device.perUnit)"
      case .imageSize: "\(configuration.imageSize) px"
      case .head: configuration.head.title
      case .classes: counted(configuration.classes, "class", many: "classes")
      case .optimizer: configuration.optimizer.title
      case .precision: (isHost ? Precision.float32 : configuration.precision).rawValue
      case .gradientClipping:
        configuration.gradientClipping == .none && !isUsualSaid
          ? nil : "\(configuration.gradientClipping.rawValue) clipping"
      case .rematerialization:
        configuration.rematerialization == .automatic && !isUsualSaid
          ? nil : "\(configuration.rematerialization.rawValue) rematerialization"
      case .layers:
        configuration.layers == .unrolled && !isUsualSaid ? nil : "\(configuration.layers.rawValue) layers"
      }
    }

    /// The value of a setting in which the shapes differ.
    private func differing(_ key: Configuration.Key, _ configuration: Configuration) -> String {
      switch key {
      case .memoryLimit: configuration.memoryLimit?.description ?? "the device's"
      case .compiler: configuration.compiler ?? "the model's"
      case .dataParallel: grouped(configuration.dataParallel)
      default: text(key, configuration, isUsualSaid: true) ?? "–"
      }
    }

    /// Remarks that are needed to interpret the table: the evidence of its figures, and reasons to doubt some of them.
    private var remarks: [String] {
      var remarks: [String] = []
      if let alone { remarks.append(alone) }
      if explainsWholeRuns, let whole = rows[0].input.training?.wholeRuns {
        remarks.append(whole.sentence)
      }
      var notes: [(text: String, shapes: [String])] = []
      for row in rows {
        let result = row.input.result
        var own = result.provenance.notes + row.input.notes
        if let caveat = row.input.caveat, result.verdict == .uncertain, !own.contains(caveat) { own.append(caveat) }
        own += [result.configuration.droppedPixelsNote, CheckReport.limitNote(row.input)].compactMap(\.self)
        for note in own where notes.first(where: { $0.text == note })?.shapes.last != result.configuration.title {
          if let place = notes.firstIndex(where: { $0.text == note }) {
            notes[place].shapes.append(result.configuration.title)
          } else {
            notes.append((note, [result.configuration.title]))
          }
        }
      }
      return remarks
        + notes.map { note in
          note.shapes.count == rows.count ? note.text : note.shapes.joined(separator: ", ") + ": " + note.text
        }
    }

    /// A remark for steps that are timed for a different number of devices than the run has.
    private var alone: String? {
      guard let schedule = rows[0].input.training?.estimated?.schedule, let unit = device?.unit else { return nil }
      let shared = rows[0].input.result.configuration.dataParallel
      guard isSame(.dataParallel), shared != schedule.devices else { return nil }
      return "Steps are those of \(counted(shared, unit)) that share the gradients' sum (--data-parallel); the run has "
        + "\(grouped(schedule.devices))."
    }

    // MARK: Lines

    private mutating func add(_ label: String, _ cell: (Row) -> Styled) {
      lines.append(Line(label: label, cells: rows.map(cell)))
    }

    /// Adds a line of numbers, unless no shape has one.
    private mutating func add(
      _ label: String, _ better: Line.Better? = nil, ratio: Bool = true, _ value: (Row) -> Double?,
      _ text: (Double) -> String
    ) {
      let values = rows.map(value)
      guard values.contains(where: { $0 != nil }) else { return }
      let cells = values.map { Styled($0.map(text) ?? "–") }
      var line = Line(label: label, cells: cells, values: values, better: better)
      if !ratio, better == nil { line.values = [] }
      lines.append(line)
    }

    private mutating func section(_ title: String) { lines.append(Line(label: title, cells: [])) }

    private mutating func addShapes() {
      for key in Configuration.ShapeKey.allCases {
        add(key == .mlpWidth ? "MLP-width" : key.rawValue) { Styled(String($0.input.result.configuration.shape[key])) }
      }
      for key in Configuration.Key.allCases where !isSame(key) && key != .shape {
        let cells = rows.map { Styled(differing(key, $0.input.result.configuration)) }
        lines.append(Line(label: key.rawValue, cells: cells))
      }
      add("parameters", nil, { Double($0.input.result.parameterCount) }) { ParameterCount.text($0) }
      add("GFLOPs an image", nil, { $0.input.result.flopsPerImage.giga }) { fixed($0, digits: 1) }
    }

    private mutating func addEstimates() {
      let basis = rows[0].input.result.provenance
      section(basis.basis(.estimated))
      let parts: [(String, KeyPath<MemoryBreakdown, Bytes?>)] = [
        ("parameters", \.parameters), ("optimizer state", \.optimizerState), ("inputs", \.inputs),
        ("activations", \.activations), ("gradients", \.gradients), ("workspace", \.workspace),
        ("fragmentation", \.packing),
      ]
      for (name, part) in parts {
        add(name, nil, ratio: false, { $0.input.result.memory[keyPath: part].map { Double($0.count) } }, Self.bytes)
      }
      addOutcome { $0.input.result }
      add(
        "headroom", .more, ratio: false,
        {
          Double(($0.input.result.memory.limit - $0.input.result.memory.total).count)
        }, Self.bytes)
      lines[lines.count - 1].values = []
      if rows.contains(where: { $0.input.room != nil }) {
        add("largest batch", .more, { $0.input.room?.largest.map(Double.init) }) { grouped(Int($0)) }
      }
      addSpeed { $0.input.result }
      addTraining { $0.input.training?.estimated }
      addWholeRuns()
    }

    private mutating func addCompiled() {
      let compiled = rows.compactMap { $0.input.compiled }
      guard let first = compiled.first else { return }
      section(first.provenance.basis(.compiled))
      addOutcome { $0.input.compiled }
      addSpeed { $0.input.compiled }
      addTraining { $0.input.training?.compiled }
    }

    private mutating func addMeasured() {
      var kinds: [[Measured]] = []
      for measured in rows.flatMap(\.measured) {
        if let kind = kinds.firstIndex(where: { $0[0].host.kind == measured.host.kind }) {
          kinds[kind].append(measured)
        } else {
          kinds.append([measured])
        }
      }
      for kind in kinds {
        let name = kind[0].host.kind
        // Machines of one kind that share the shapes among them, as the nodes of a cluster do, are one column of figures.
        if rows.allSatisfy({ row in row.measured.count { $0.host.kind == name } <= 1 }) {
          addMeasured(Measured.place(kind)) { $0.host.kind == name }
        } else {
          var hosts: Set<MeasuringHost> = []
          for measured in kind where hosts.insert(measured.host).inserted {
            addMeasured(measured.place) { $0.host == measured.host }
          }
        }
      }
    }

    /// Adds the section of a place, with the measurement of each shape that was made there.
    private mutating func addMeasured(_ place: String, _ isThere: (Measured) -> Bool) {
      func found(_ row: Row) -> Measured? { row.measured.first(where: isThere) }
      section(place)
      addOutcome { found($0)?.result }
      addSpeed { found($0)?.result }
      if rows.contains(where: { found($0)?.result.isDisturbed == true }) {
        add("times") { found($0)?.result.isDisturbed == true ? Styled("disturbed", .bad) : "" }
      }
      addTraining { found($0)?.cost }
    }

    private mutating func addOutcome(_ result: (Row) -> StepResult?) {
      add("total", .less, { result($0).map { Double($0.memory.total.count) } }, Self.bytes)
      add("limit") { Styled(result($0)?.memory.limit.description ?? "–") }
      add("verdict") { result($0).map { Styled(verdict: $0.verdict) } ?? "–" }
    }

    private mutating func addSpeed(_ result: (Row) -> StepResult?) {
      add("a step", nil, { result($0)?.stepSeconds?.value }) { Seconds($0).description }
      add(device.speedUnit, .more, { result($0)?.imagesPerSecond }) { fixed($0, digits: 1) }
      guard let devices = device?.devicesPerChip, devices > 1 else { return }
      add("images/s a chip", nil, ratio: false, { result($0)?.imagesPerSecond.map { $0 * Double(devices) } }) {
        fixed($0, digits: 1)
      }
    }

    private mutating func addTraining(_ cost: (Row) -> TrainingCost?) {
      add("steps", nil, ratio: false, { cost($0)?.schedule.map { Double($0.steps) } }) { grouped(Int($0)) }
      add("hours", .less, { cost($0)?.hours }, amount)
      add("\(device?.unit ?? "core")-days", .less, { cost($0)?.deviceDays }, amount)
      add("chip-hours", .less, { cost($0)?.chipHours }, amount)
    }

    private mutating func addWholeRuns() {
      guard let efficiency = rows[0].input.training?.wholeRuns?.efficiency else { return }
      section("whole runs, as published ones: 1/\(fixed(efficiency, digits: 2))")
      func cost(_ row: Row) -> TrainingCost? { row.input.training?.estimated }
      add("hours", nil, ratio: false, { cost($0)?.hours.map { $0 / efficiency } }, amount)
      add("\(device?.unit ?? "core")-days", nil, ratio: false, { cost($0).map { $0.deviceDays / efficiency } }, amount)
      add("chip-hours", nil, ratio: false, { cost($0)?.chipHours.map { $0 / efficiency } }, amount)
    }

    private static func bytes(_ count: Double) -> String { Bytes(Int(count)).description }
  }
}
