import Evidence
import TrainingStep
import VisionTransformer
import WorkerProcess

extension CompileReport {
  /// Bytes of one core by kind, as far as they are known, held against `limit`.
  ///
  /// `total` has the packer's gaps once where the log tells them; `temporaries` are what is not arguments, gaps and results that
  /// alias no argument included. Where the compile ended early, sizes have the two digits of the log.
  public func breakdown(limit: Bytes) -> MemoryBreakdown {
    let arguments = compiled?.memory.arguments ?? log.assignment?.arguments ?? argumentsOfError ?? log.arguments
    // Without a word of the compiler on the whole, what is alive at once is the least that it takes.
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

  /// What a reader must know of the answer.
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
    notes.append("program \(programHash.prefix(16))")
    return notes
  }

  /// The evidence that it is of a configuration.
  ///
  /// With `rematerialization: none` the live peak itself is held against the limit, whatever the compiler would do.
  ///
  /// - Parameters:
  ///   - clock: Hz of the device, which turn cycles into seconds.
  ///   - provenance: where it comes from; the notes are added, and whether the compile was stopped early.
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
  /// Where evidence of this compiler with these options comes from, except for the time. Compilers say the same on every machine, so
  /// that it names no host.
  public func provenance(_ options: CompilerOptions) -> Provenance {
    let name = version.map { title.hasSuffix(" " + $0) ? String(title.dropLast($0.count + 1)) : title } ?? title
    return Provenance(
      source: name, version: ([version ?? "of its own"] + options.told).joined(separator: ", "),
      speaksFor: title)
  }
}

extension CompilerOptions {
  /// What the compiler is told beside the program, in the words of a provenance's version.
  public var told: [String] {
    ["memory fitting level \(memoryFittingLevel)"]
      + overrides.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }
  }
}
