import Evidence
import VisionTransformer

extension CompiledReport {
  /// Bytes and time, estimated and compiled side by side.
  func sideBySide(_ input: CompiledEvidence) -> Table {
    var columns: [Table.Column] = [.init("")]
    if estimate != nil { columns.append(.init("estimated", .right)) }
    columns.append(.init("compiled", .right, rank: .answer))
    if estimate != nil { columns.append(.init("estimate is off by", .right)) }
    var table = Table(columns: columns, rows: [])
    func add(
      _ name: String, _ estimated: Double?, _ compiled: Double?, style: Style = .plain, _ text: (Double) -> String
    ) {
      guard estimated != nil || compiled != nil else { return }
      var row = [Styled("  " + name, style)]
      if estimate != nil { row.append(Styled(estimated.map(text) ?? "–", style)) }
      row.append(Styled(compiled.map(text) ?? "–", style))
      if estimate != nil {
        let error = estimated.flatMap { a in compiled.flatMap { b in b > 0 ? a / b - 1 : nil } }
        row.append(Styled(error.map(relative) ?? "", .dim))
      }
      table.rows.append(row)
    }
    func bytes(_ name: String, _ part: KeyPath<MemoryBreakdown, Bytes?>, style: Style = .plain) {
      add(
        name, estimate?.memory[keyPath: part].map { Double($0.count) },
        input.memory[keyPath: part].map { Double($0.count) }, style: style
      ) { Bytes(Int($0)).description }
    }
    bytes("arguments", \.arguments)
    bytes("temporaries", \.temporaries)
    bytes("  of which fragmentation", \.packing)
    add(
      "total", estimate.map { Double($0.memory.total.count) }, Double(input.memory.total.count), style: .bold
    ) { Bytes(Int($0)).description }
    bytes("code, beside the total", \.code)
    bytes("live peak", \.livePeak)
    let log = input.report.log, expected = estimatedRematerialization
    add(
      "rematerialization starts at", expected.map { Double($0.startsAt.count) },
      log.rematerializationLimit.map { Double($0.count) }
    ) { Bytes(Int($0)).description }
    let isReduced = log.peakAfter != nil && log.peakAfter != input.memory.livePeak
    if isReduced || expected != nil {
      add(
        "live peak after it", expected.map { Double(max($0.startsAt, $0.floor).count) },
        (log.peakAfter ?? input.memory.livePeak).map { Double($0.count) }
      ) { Bytes(Int($0)).description }
    }
    add("a step", estimate?.stepSeconds?.value, input.stepSeconds?.value) { Seconds($0).description }
    let rate = input.result?.configuration.batch
    add(
      device.speedUnit, estimate?.imagesPerSecond,
      input.stepSeconds.flatMap { seconds in rate.map { Double($0) / seconds.value } }
    ) { fixed($0, digits: 1) }
    return table
  }

  /// The cycles by kind of work.
  static func cycles(_ schedule: ScheduleReading) -> Table {
    var phases: [String] = []
    for part in schedule.parts where !phases.contains(part.place.phase.rawValue) {
      phases.append(part.place.phase.rawValue)
    }
    let sums = Dictionary(schedule.parts.map { ($0.place.phase.rawValue, $0.cycles) }, uniquingKeysWith: +)
    var table = Table(
      columns: [.init("  cycles"), .init("work"), .init("millions", .right), .init("share", .right)], rows: [])
    func add(_ phase: String, _ work: String, _ cycles: Int, _ style: Style = .plain) {
      table.rows.append([
        Styled("  " + phase, style), Styled(work, style), Styled(fixed(Double(cycles) / 1e6, digits: 3), style),
        Styled(percent(Double(cycles) / Double(max(1, schedule.cycles))), .dim),
      ])
    }
    for phase in phases.sorted(by: { (sums[$1] ?? 0, $0) < (sums[$0] ?? 0, $1) }) {
      add(phase, "", sums[phase] ?? 0)
    }
    for part in schedule.parts.prefix(mostRows) where part.cycles > 0 {
      add("  " + part.place.phase.rawValue, part.place.primitive, part.cycles, .dim)
    }
    add("all", "", schedule.cycles, .bold)
    return table
  }

  /// The largest buffers at the peak.
  static func buffers(_ buffers: [BufferGroup]) -> Table {
    var table = Table(
      columns: [
        .init("  alive at the peak", .right), .init("of it padding", .right), .init("buffers", .right), .init("shape"),
        .init("made by", rank: .detail),
      ], rows: [])
    for group in buffers.prefix(mostRows) {
      table.rows.append([
        Styled(group.bytes.description), Styled(group.padding == .zero ? "–" : group.padding.description, .dim),
        Styled(grouped(group.count)), Styled(group.shape), Styled(group.place.text, .dim),
      ])
    }
    return table
  }

  static func facts(_ input: CompiledEvidence) -> [(label: String, text: String)] {
    var facts: [(label: String, text: String)] = []
    let log = input.report.log, schedule = input.report.compiled?.schedule
    if let count = input.report.rematerializedCount {
      var text = count == 0 ? "nothing" : counted(count, "instruction")
      if let kinds = schedule?.rematerialized, !kinds.isEmpty {
        let listed = kinds.prefix(8).map { "\(grouped($0.count)) \($0.primitive)" }
        text += ": " + listed.joined(separator: ", ") + (kinds.count > 8 ? ", …" : "")
      }
      if let cycles = schedule?.rematerializedCycles, cycles > 0, let all = schedule?.cycles, all > 0 {
        text += "; \(percent(Double(cycles) / Double(all))) of the cycles"
      }
      if log.peakAfter != nil, log.floorReached { text += "; it could not get down to where it starts" }
      facts.append(("recomputed", text))
    }
    if let peak = schedule?.peak, peak.temporaries > .zero {
      facts.append(
        (
          "peak",
          "\(peak.temporaries) of temporaries at \(peak.place.text), "
            + "\(peak.temporaries - peak.unpadded) of them tile padding (\(percent(peak.temporaries - peak.unpadded, of: peak.temporaries)))"
        ))
    }
    if let schedule, schedule.collectives > 0 {
      facts.append(
        ("all-reduce", "\(counted(schedule.collectives, "collective")) of \(schedule.collectiveBytes), without cycles"))
    }
    facts.append(
      (
        "compiled by",
        "\(input.provenance.source) \(input.provenance.version), in \(input.report.seconds)"
      ))
    for (index, note) in input.provenance.notes.enumerated() {
      facts.append((index > 0 ? "" : input.provenance.notes.count == 1 ? "note" : "notes", note))
    }
    return facts
  }
}

extension CompileReport {
  /// The largest buffers alive at the peak, from the final program, or from the error if it does not fit.
  var largestBuffers: [BufferGroup] {
    if let schedule = compiled?.schedule { return schedule.peak.groups }
    return (outOfMemory?.largest ?? []).map {
      BufferGroup(
        shape: $0.shape, place: OperationPlace(operationName: $0.operationName, opcode: $0.instruction), count: 1,
        bytes: $0.bytes, unpadded: $0.unpadded ?? $0.bytes, example: $0.instruction)
    }
  }

  /// Number of recomputed instructions; nil if unknown.
  var rematerializedCount: Int? { compiled?.schedule?.rematerializedCount ?? log.rematerializedInstructions }
}

extension OperationPlace {
  /// `forward contract`.
  var text: String { phase == .unknown ? primitive : "\(phase.rawValue) \(primitive)" }
}

extension Listing where Row == CompiledEvidence {
  /// The keys of a result for a program without a configuration.
  public static var compiledPrograms: Listing<CompiledEvidence> {
    var columns: [Column] = [
      .text("program", "program") { $0.title }, .text("programHash", "hash") { $0.report.programHash },
      .text("device", "device") { $0.device },
      .text("evidence", "evidence") { _ in EvidenceKind.compiled.rawValue },
      .verdict("verdict", "verdict") { $0.verdict },
    ]
    let known: [StepResult.MemoryKey] = [.total, .limit, .livePeak, .arguments, .temporaries, .packing, .code]
    columns += known.map { key in .bytes("memory.\(key.rawValue)", key.rawValue) { $0.memory[key] } }
    columns += [
      .seconds("stepSeconds", "a step") { $0.stepSeconds },
      .integer("cycles", "cycles") { $0.report.compiled?.schedule?.cycles },
      .integer("rematerializedInstructions", "recomputed") { $0.report.rematerializedCount },
      .seconds("compileSeconds", "compiled in") { $0.report.seconds },
      .text("provenance.source", "compiler") { $0.provenance.source },
      .text("provenance.version", "version") { $0.provenance.version },
      .text("provenance.speaksFor", "speaks for") { $0.provenance.speaksFor },
      .text("provenance.time", "time") { $0.provenance.time },
    ]
    return Listing(columns)
  }
}
