import Evidence
import VisionTransformer

extension CompareReport {
  /// The keys of `perChip`, in the order of the contract.
  public enum ChipKey: String, CaseIterable, Sendable {
    case devices, batch, imagesPerSecond, imagesPerHour, epochsPerHour, largestBatch, largestImagesPerSecond
  }

  /// What one chip does in a step of the configuration: the work of all its programs.
  struct PerChip {
    /// Cores, or chips, that each run the step: one if the chip is the device.
    let devices: Int
    private let row: Row

    fileprivate init?(_ row: Row) {
      guard let devices = row.input.device?.devicesPerChip else { return nil }
      self.devices = devices
      self.row = row
    }

    private func ofChip(_ value: Double?) -> Double? { value.map { $0 * Double(devices) } }

    /// Whether a chip-hour buys anything: nothing where the step does not fit.
    private var fits: Bool { row.input.verdict != .doesNotFit }

    /// Images a second.
    var imagesPerSecond: Double? { ofChip(row.input.result.imagesPerSecond) }
    /// Images that a chip-hour buys; nil if the step does not fit.
    var imagesPerHour: Double? { fits ? imagesPerSecond.map { $0 * 3600 } : nil }
    /// Epochs that a chip-hour buys; nil without a run in epochs.
    var epochsPerHour: Double? {
      guard fits, let training = row.input.training, let epochs = training.epochs,
        let hours = training.estimated?.chipHours, hours > 0
      else { return nil }
      return epochs / hours
    }
    /// Images in a step of the largest batch; 0 where none fits, nil if that is not known.
    var largestBatch: Int? { row.input.room?.largest.map { $0 * devices } }
    /// Images a second at the largest batch.
    var largestImagesPerSecond: Double? { ofChip(row.full?.imagesPerSecond) }

    func value(_ key: ChipKey) -> MachineValue {
      switch key {
      case .devices: .integer(devices)
      case .batch: .integer(row.input.result.configuration.batch * devices)
      case .imagesPerSecond: .optional(imagesPerSecond)
      case .imagesPerHour: .optional(imagesPerHour)
      case .epochsPerHour: .optional(epochsPerHour)
      case .largestBatch: .optional(largestBatch)
      case .largestImagesPerSecond: .optional(largestImagesPerSecond)
      }
    }
  }

  /// One configuration on several devices, a row for each.
  struct Devices {
    private let rows: [Row]

    /// Nil if the rows differ in more than the device and the number of them.
    init?(_ rows: [Row]) {
      func question(_ row: Row) -> Configuration {
        var question = row.input.result.configuration.unnamed
        question.device = ""
        question.dataParallel = 1
        return question
      }
      guard rows.count > 1, let first = rows.first, rows.allSatisfy({ question($0) == question(first) }) else {
        return nil
      }
      self.rows = rows
    }

    func text(_ terminal: Terminal) -> String {
      let listing = listing
      var table = listing.table()
      table.rows = rows.map(listing.cells)
      return Remarks.text(title, isBold: true, terminal: terminal) + "\n"
        + table.lines(for: terminal).rendered(for: terminal) + "\n" + Remarks.text(remarks, terminal: terminal)
    }

    private var configuration: Configuration { rows[0].input.result.configuration }

    private var title: [String] {
      let result = rows[0].input.result
      var title =
        "\(configuration.title) on \(counted(rows.count, "device")): \(ParameterCount.text(result.parameterCount)) parameters, "
        + "\(counted(configuration.tokens, "token")) of \(configuration.imageSize) px images, "
        + "\(images(configuration.batch)) a core or chip, \(configuration.head.title), \(configuration.optimizer.title), "
        + configuration.precision.rawValue
      if let limit = configuration.memoryLimit { title += ", limit \(limit)" }
      guard let training = rows.lazy.compactMap(\.input.training).first else { return [title] }
      return [title, "Training: \(training.title)"]
    }

    private typealias Column = Listing<Row>.Column

    private var listing: Listing<Row> {
      let hasTraining = rows.contains { $0.input.training?.estimated?.chipHours != nil }
      let inEpochs = rows.contains { $0.perChip?.epochsPerHour != nil }
      var columns = [
        Column(title: "device", rank: .name, text: { Styled($0.input.result.configuration.device) }),
        Column(title: "runs on", rank: .fact, text: { Styled(Self.unit($0)) }),
        Column(title: "verdict", rank: .answer, text: { Styled(verdict: $0.input.result.verdict) }),
        Column.mark(title: "compiled") { $0.input.compiled.map { Styled(verdict: $0.verdict) } ?? "" },
        Column(
          title: "total", .right, rank: .detail,
          text: { Styled(ratio($0.input.result.memory.total, of: $0.input.result.memory.limit)) }),
        Column(title: "max batch", .right, rank: .fact) { row in
          Styled(row.input.room?.largest.map { "\(grouped($0)) \(row.input.device.perUnit)" } ?? "–")
        },
        Column(title: "images/s", .right, rank: .detail) { row in
          Styled(row.input.result.imagesPerSecond.map { "\(fixed($0, digits: 1)) \(row.input.device.perUnit)" } ?? "–")
        },
        Column(title: "images/s a chip", .right, rank: .answer) { Self.rate($0.perChip?.imagesPerSecond) },
        Column(title: "at max batch", .right, rank: .detail) { Self.rate($0.perChip?.largestImagesPerSecond) },
        Column(title: "a chip-hour buys", .right, rank: .answer) { row in
          let amount =
            inEpochs
            ? row.perChip?.epochsPerHour.map { Reporting.amount($0) + " epochs" }
            : row.perChip?.imagesPerHour.map { Reporting.amount($0) + " images" }
          return Styled(amount ?? "–")
        },
      ]
      if hasTraining {
        columns.append(
          Column(title: "chip-hours", .right, rank: .fact) { row in
            Styled(row.input.training?.estimated?.chipHours.map { amount($0) } ?? "–")
          })
      }
      return Listing(columns)
    }

    /// `core, 2 a chip`, `chip`, `chip of 2 cores`, `host`.
    private static func unit(_ row: Row) -> String {
      guard let device = row.input.device else { return "–" }
      guard case .tpu(let tpu) = device.kind else { return device.unit }
      if tpu.coresPerChip > 1 { return "\(device.unit), \(tpu.coresPerChip) a chip" }
      return device.unit + (tpu.programCores > 1 ? " of \(tpu.programCores) cores" : "")
    }

    private static func rate(_ value: Double?) -> Styled { Styled(value.map { fixed($0, digits: 1) } ?? "–") }

    /// What is needed to read the table: its evidence, what is counted, and reasons to doubt a row.
    private var remarks: [String] {
      var remarks: [String] = []
      var bases: [(text: String, devices: [String])] = []
      var notes: [(text: String, devices: [String])] = []
      func add(_ text: String, _ device: String, to list: inout [(text: String, devices: [String])]) {
        if let place = list.firstIndex(where: { $0.text == text }) {
          if list[place].devices.last != device { list[place].devices.append(device) }
        } else {
          list.append((text, [device]))
        }
      }
      for row in rows {
        let result = row.input.result, device = result.configuration.device
        let remark =
          switch row.input.device?.validation {
          case .notYetValidated: ", not yet validated"
          case .memory: ", step times not yet validated"
          case .compiled, .measured, nil: ""
          }
        add(result.provenance.basis(.estimated) + remark, device, to: &bases)
        if let compiled = row.input.compiled { add(compiled.provenance.basis(.compiled), device, to: &bases) }
        var own = result.provenance.notes.filter { !$0.hasSuffix("are not yet validated") } + row.input.notes
        if let caveat = row.input.caveat, result.verdict == .uncertain, !own.contains(caveat) { own.append(caveat) }
        for note in own { add(note, device, to: &notes) }
      }
      remarks += bases.map { "\($0.devices.joined(separator: ", ")): \($0.text)." }
      let shared = Set(rows.map(\.input.result.configuration.dataParallel))
      remarks.append(
        "Batches and bytes are of what one program runs on; a chip's images are those of all its programs. "
          + (shared.count == 1
            ? "The gradients are summed over \(configuration.dataParallel) cores or chips. " : "")
          + "A chip-hour buys steps alone, at the batch that was asked for; what it costs is not known here.")
      return remarks
        + notes.map { ($0.devices.count == rows.count ? "" : $0.devices.joined(separator: ", ") + ": ") + $0.text }
    }
  }
}

extension CompareReport.Row {
  /// What one chip does; nil on a host, which has none.
  var perChip: CompareReport.PerChip? { CompareReport.PerChip(self) }
}
