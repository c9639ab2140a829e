import Evidence
import TrainingStep
import VisionTransformer
import WorkerProcess

extension CompileReport {
  /// Bytes of one core by kind, as far as they are known, with the limit.
  ///
  /// `total` counts the packer's gaps once if the log gives them; `temporaries` are everything except arguments,
  /// including gaps and results that alias no argument. If the compile ended early, sizes have the two digits of the
  /// log.
  public func breakdown(limit: Bytes) -> MemoryBreakdown {
    let arguments = compiled?.memory.arguments ?? log.assignment?.arguments ?? argumentsOfError ?? log.arguments
    // If the compiler gives no total, the live peak is a lower bound.
    let total = total ?? log.peakAfter ?? log.livePeak ?? .zero
    return MemoryBreakdown(
      total: total, limit: limit, livePeak: log.livePeak, arguments: arguments,
      temporaries: arguments.map { Swift.max(.zero, total - $0) },
      packing: log.table.fragmentation ?? log.assignment?.fragmentation ?? outOfMemory?.table.fragmentation,
      code: compiled?.memory.code ?? log.table.overlays ?? outOfMemory?.table.overlays)
  }

  private var argumentsOfError: Bytes? {
    outOfMemory.flatMap { $0.isPartial ? nil : $0.table.arguments }
  }

  /// Notes for readers of the answer.
  public var notes: [String] {
    var notes: [String] = []
    if !isComplete {
      notes.append("the compile was stopped once its memory was known; sizes have the digits of the compiler's log")
      if log.assignment?.total == nil {
        notes.append("the total is the live peak: the log did not tell the buffers' places")
      }
    }
    if let outOfMemory {
      if total == nil { notes.append("the compiler does not say how much it needs: the total is what is known of it") }
      if outOfMemory.isPartial {
        notes.append(
          "the compiler gave up before it counted the arguments" + (log.arguments == nil ? "" : "; they are added"))
      }
    }
    let recomputed = compiled?.schedule?.rematerializedCount ?? log.rematerializedInstructions ?? 0
    if recomputed > 0 {
      notes.append(
        "the compiler computes \(counted(recomputed, "instruction")) once more to save memory")
    }
    if let schedule = compiled?.schedule {
      if schedule.collectives > 0 { notes.append("the compiler counts no cycles for all-reduces") }
      if schedule.unknownLoops > 0 {
        notes.append("how often \(schedule.unknownLoops) loops run is not known: their cycles count once")
      }
    }
    if let problem = compiled?.problem { notes.append(problem) }
    if plugin.contains(InstalledPlugin.fileMark) {
      // The log's wording is specific to a version.
      if log.livePeak == nil, compiled != nil {
        notes.append("the compiler's log does not tell the live peak in words that this program knows")
      }
      if plugin.contains(InstalledPlugin.unknown), let own = compiler.version.split(whereSeparator: \.isNewline).last {
        notes.append("of itself the compiler says: \(excerpt(of: String(own)))")
      }
    }
    notes.append("program \(programHash.prefix(16))")
    return notes
  }

  /// The evidence that the report gives about a configuration.
  ///
  /// With `rematerialization: none`, the live peak itself is compared with the limit, whatever the compiler would do.
  ///
  /// - Parameters:
  ///   - clock: the device's clock in Hz, to convert cycles into seconds.
  ///   - provenance: the origin; notes and whether the compile was stopped early are added.
  public func result(
    for configuration: Configuration, limit: Bytes, clock: Double, counts: StepCounts, provenance: Provenance
  ) -> StepResult {
    var provenance = provenance, memory = breakdown(limit: limit), verdict = verdict(limit: limit) ?? .uncertain
    provenance.isOfMemoryOnly = !isComplete
    provenance.notes += notes
    if configuration.rematerialization == .none, let peak = log.livePeak, peak > memory.total {
      memory.total = peak
      memory.temporaries = memory.arguments.map { peak - $0 }
      verdict = peak <= limit ? .fits : .doesNotFit
      provenance.notes.append("without rematerialization: the live peak is held against the limit")
    }
    if let note = configuration.droppedPixelsNote { provenance.notes.append(note) }
    return StepResult(
      configuration: configuration, evidence: .compiled, verdict: verdict, parameterCount: counts.parameters,
      memory: memory, flopsPerImage: counts.flopsPerImage, stepSeconds: stepSeconds(clock: clock),
      provenance: provenance)
  }
}

extension InstalledPlugin {
  /// The provenance of evidence from this compiler with these options, without a time. It names no host, because
  /// compilers give the same answer on every machine.
  public func provenance(_ options: CompilerOptions) -> Provenance {
    let name = title.firstRange(of: version.map { " " + $0 } ?? " " + Self.unknown).map { title[..<$0.lowerBound] }
    let file = fingerprint.map { Self.fileMark + $0 + ")" } ?? ""
    return Provenance(
      source: name.map(String.init) ?? title,
      version: (["\(version ?? (fingerprint == nil ? "of its own" : "unknown"))\(file)"] + options.told)
        .joined(separator: ", "),
      speaksFor: title, notes: fingerprint == nil ? [] : [Self.note])
  }

  private static let note =
    "the compiler is a file that was given by its path, no pinned release; the version stands with the beginning of its SHA-256"
}

extension CompilerOptions {
  /// The compiler's options in the form that a provenance's version uses.
  public var told: [String] {
    ["memory fitting level \(memoryFittingLevel)"]
      + overrides.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }
  }
}
