import Evidence
import VisionTransformer

/// A comparison of shapes on one device or several: every figure of `check`, and the measurements.
public enum CompareReport {
  /// A trial's measurement of a configuration.
  public struct Measured: Sendable {
    /// The measured result.
    public var result: StepResult
    /// The cost of a training run with the measured step; nil without a run.
    public var cost: TrainingCost?

    /// A measurement.
    public init(_ result: StepResult, cost: TrainingCost?) {
      self.result = result
      self.cost = cost
    }

    /// Where it was made.
    var host: MeasuringHost { MeasuringHost(result.provenance) }

    /// The origin, such as `measured on epyc; 2 threads of ...`, which distinguishes trials of one configuration.
    var place: String { Self.place([self]) }

    /// The origin of measurements on machines of one kind.
    static func place(_ measured: [Measured]) -> String {
      var names: [String] = []
      for name in measured.compactMap(\.host.name) where !names.contains(name) { names.append(name) }
      var provenance = measured[0].result.provenance
      provenance.host = names.isEmpty ? nil : names.prefix(4).joined(separator: ", ")
      if names.count > 4 { provenance.host? += " and \(grouped(names.count - 4)) more" }
      return provenance.basis(.measured) + (provenance.speaksFor.map { "; \($0)" } ?? "")
    }
  }

  /// One shape on one device.
  public struct Row: Sendable {
    /// The figures of `check`.
    public var input: CheckReport.Input
    /// The measurements: the newest trial for each machine, number of threads and library.
    public var measured: [Measured]
    /// The first shape on the same device, with which this one is compared.
    public var first: CheckReport.Input
    /// The estimate at the largest batch that fits; nil if none does.
    public var full: StepResult?

    /// A shape on a device.
    public init(_ input: CheckReport.Input, measured: [Measured], first: CheckReport.Input) {
      self.input = input
      self.measured = measured
      self.first = first
    }
  }

  /// The figures that are also given as ratios to the first shape.
  public enum Ratio: String, CaseIterable, Sendable {
    case parameterCount, flopsPerImage, total, stepSeconds, imagesPerSecond, deviceDays

    /// The figure of an estimate.
    func value(_ input: CheckReport.Input) -> Double? {
      switch self {
      case .parameterCount: Double(input.result.parameterCount)
      case .flopsPerImage: input.result.flopsPerImage.count
      case .total: Double(input.result.memory.total.count)
      case .stepSeconds: input.result.stepSeconds?.value
      case .imagesPerSecond: input.result.imagesPerSecond
      case .deviceDays: input.training?.estimated?.deviceDays
      }
    }

    /// The estimate divided by that of the first shape; null if either is unknown.
    func value(_ row: Row) -> MachineValue {
      guard let own = value(row.input), let first = value(row.first), first > 0 else { return .null }
      return .number(own / first)
    }
  }

  /// A listing with one row for each shape: for machines, and for terminals that are too narrow for a column for each
  /// shape.
  ///
  /// - Parameter rows: The rows to show; columns that are empty in all of them are left out.
  public static func listing(_ rows: [Row]) -> Listing<Row> {
    var columns = CheckReport.listing(.side, showsCompiled: rows.contains { $0.input.compiled != nil })
      .of { (row: Row) in row.input }
    columns.append(
      .init(title: "max batch", .right, rank: .detail, text: { Styled($0.input.room?.largest.map(grouped) ?? "–") }))
    if let unit = rows.first(where: { $0.input.training != nil })?.input.device?.unit {
      columns.append(
        .init(title: "\(unit)-days", .right, text: { Styled($0.input.training?.estimated.map(days) ?? "–") }))
    }
    columns += ChipKey.allCases.map { key in .init("perChip." + key.rawValue) { $0.perChip?.value(key) ?? .null } }
    columns += Ratio.allCases.map { ratio in .init("toFirst." + ratio.rawValue) { ratio.value($0) } }
    columns += [
      .init("measured.verdict") { .optional($0.measured.first?.result.verdict.rawValue) },
      .init("measured.total") { .bytes($0.measured.first?.result.memory.total) },
      .init("measured.stepSeconds") { .seconds($0.measured.first?.result.stepSeconds) },
      .init("measured.disturbed") { .optional($0.measured.first?.result.isDisturbed) },
      .init("measured.deviceDays") { .optional($0.measured.first?.cost?.deviceDays) },
      .init("measured.speaksFor") { .optional($0.measured.first?.result.provenance.speaksFor) },
      .init("measured.host") { .optional($0.measured.first?.result.provenance.host) },
    ]
    var listing = Listing(columns)
    listing.json = { row, writer in writer.compared(row) }
    return listing
  }

  private static func days(_ cost: TrainingCost) -> String { amount(cost.deviceDays) }
}

extension JSONWriter {
  fileprivate mutating func compared(_ row: CompareReport.Row) {
    beginObject()
    fields(row.input.result)
    answer(row.input, .side)
    key("perChip")
    if let chip = row.perChip {
      beginObject()
      for part in CompareReport.ChipKey.allCases {
        key(part.rawValue)
        value(chip.value(part))
      }
      endObject()
    } else {
      null()
    }
    key("toFirst")
    beginObject()
    for ratio in CompareReport.Ratio.allCases {
      key(ratio.rawValue)
      value(ratio.value(row))
    }
    endObject()
    key("measured")
    beginArray()
    for measured in row.measured {
      beginObject()
      findings(measured.result)
      key("deviceDays")
      value(.optional(measured.cost?.deviceDays))
      endObject()
    }
    endArray()
    endObject()
  }
}
