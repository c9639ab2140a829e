import VisionTransformer

/// What a device's own compiler says of a step: the verdict first, then bytes and time beside the estimate, what it computes once
/// more, where the cycles go, and what is alive at the peak.
public enum CompiledReport {
  /// Everything that may be said of one compile. What is nil or empty is left out.
  public struct Input: Sendable {
    /// Name of the shape, or file of the program.
    public var title: String
    /// The evidence; nil for a program of one's own.
    public var result: StepResult?
    /// Name of the device.
    public var device: String
    /// Whether it fits.
    public var verdict: Verdict
    /// Bytes of one core.
    public var memory: MemoryBreakdown
    /// Time of one step, from the compiler's cycles.
    public var stepSeconds: Seconds?
    /// Where it comes from.
    public var provenance: Provenance
    /// What had been estimated; nil where there is no estimate.
    public var estimate: StepResult?
    /// What the estimate says of rematerialization; nil where it expects none.
    public var estimatedRematerialization: CheckReport.Rematerialization?
    /// What the log told of rematerialization.
    public var rematerialization = Rematerialization()
    /// What the final program says; nil where it was not read.
    public var schedule: Schedule?
    /// What is alive at the peak.
    public var peak: Peak?
    /// Wall time of the compile.
    public var compileSeconds: Seconds
    /// SHA-256 of the program.
    public var programHash: String

    /// What a compile told.
    public init(
      title: String, result: StepResult?, device: String, verdict: Verdict, memory: MemoryBreakdown,
      stepSeconds: Seconds?, provenance: Provenance, compileSeconds: Seconds, programHash: String
    ) {
      self.title = title
      self.result = result
      self.device = device
      self.verdict = verdict
      self.memory = memory
      self.stepSeconds = stepSeconds
      self.provenance = provenance
      self.compileSeconds = compileSeconds
      self.programHash = programHash
    }
  }

  /// Rematerialization as the compiler's log tells it.
  public struct Rematerialization: Sendable, Hashable {
    /// Live bytes above which it starts.
    public var startsAt: Bytes?
    /// What it brought the live peak down to.
    public var peakAfter: Bytes?
    /// Whether it could not get down to where it starts.
    public var floorReached = false
    /// Instructions that are computed once more; nil unknown.
    public var count: Int?
    /// The same by kind, the most frequent first.
    public var kinds: [Kind] = []
    /// Cycles that they take.
    public var cycles: Int?

    /// How often instructions of one kind are computed once more.
    public struct Kind: Sendable, Hashable {
      /// Name of the primitive.
      public var name: String
      /// How many there are.
      public var count: Int

      /// A kind.
      public init(name: String, count: Int) {
        self.name = name
        self.count = count
      }
    }

    /// Nothing known.
    public init() {}
  }

  /// Cycles of the schedule.
  public struct Schedule: Sendable, Hashable {
    /// Cycles of one step.
    public var cycles: Int
    /// Instructions, those of loops once.
    public var instructions: Int
    /// Collectives, and the bytes that they bring in.
    public var collectives: Int, collectiveBytes: Bytes
    /// Cycles by phase and kind of work, the largest first.
    public var parts: [Part]

    /// A schedule.
    public init(cycles: Int, instructions: Int, collectives: Int, collectiveBytes: Bytes, parts: [Part]) {
      self.cycles = cycles
      self.instructions = instructions
      self.collectives = collectives
      self.collectiveBytes = collectiveBytes
      self.parts = parts
    }
  }

  /// Cycles of one kind of work.
  public struct Part: Sendable, Hashable {
    /// When, such as `forward`.
    public var phase: String
    /// What, such as `contract`.
    public var primitive: String
    /// Cycles.
    public var cycles: Int

    /// Cycles of `primitive` in `phase`.
    public init(phase: String, primitive: String, cycles: Int) {
      self.phase = phase
      self.primitive = primitive
      self.cycles = cycles
    }
  }

  /// Temporaries at the instant at which most is alive.
  public struct Peak: Sendable, Hashable {
    /// When that is.
    public var place: String
    /// Bytes of all.
    public var temporaries: Bytes
    /// The same without tile padding.
    public var unpadded: Bytes
    /// Alike ones together, the largest first.
    public var buffers: [Buffers]

    /// What is alive.
    public init(place: String, temporaries: Bytes, unpadded: Bytes, buffers: [Buffers]) {
      self.place = place
      self.temporaries = temporaries
      self.unpadded = unpadded
      self.buffers = buffers
    }
  }

  /// Buffers of one shape and origin.
  public struct Buffers: Sendable, Hashable {
    /// How many.
    public var count: Int
    /// Shape with layout and tiles.
    public var shape: String
    /// Work that made them.
    public var place: String
    /// Bytes of all, and of tile padding in them.
    public var bytes: Bytes, padding: Bytes

    /// Buffers.
    public init(count: Int, shape: String, place: String, bytes: Bytes, padding: Bytes) {
      self.count = count
      self.shape = shape
      self.place = place
      self.bytes = bytes
      self.padding = padding
    }
  }

  /// Rows of a table.
  static let mostRows = 10

  /// The report for `terminal`.
  public static func text(_ input: Input, terminal: Terminal = .plain) -> String {
    var lines = headline(input).wrapped(to: terminal.columns)
    if let result = input.result {
      let shape = result.configuration.shapeName == nil ? "" : "\(result.configuration.shape): "
      let about = shape + "\(ParameterCount.text(result.parameterCount)) parameters, \(result.configuration.summary)"
      lines += wrap(about, width: terminal.columns).map { Styled($0) }
    }
    lines += [""] + sideBySide(input).lines(for: terminal)
    if let schedule = input.schedule, schedule.cycles > 0 { lines += [""] + cycles(schedule).lines(for: terminal) }
    if let peak = input.peak, !peak.buffers.isEmpty { lines += [""] + buffers(peak).lines(for: terminal) }
    lines += [""] + Facts(facts(input)).lines(for: terminal)
    return lines.rendered(for: terminal)
  }

  static func headline(_ input: Input) -> Styled {
    if let result = input.result { return CheckReport.headline(.init(result: result)) }
    let place = " a \(input.device) core: ", bytes = ratio(input.memory.total, of: input.memory.limit)
    let basis = Styled(" (\(input.provenance.basis(.compiled)))")
    switch input.verdict {
    case .fits:
      return Styled(input.title + " ", .bold) + Styled("fits", .good) + Styled(place + bytes, .bold) + basis
    case .doesNotFit:
      return Styled(input.title + " ", .bold) + Styled("does not fit", .bad) + Styled(place + bytes, .bold) + basis
    case .uncertain:
      return Styled("uncertain", .unsure) + Styled(" whether \(input.title) fits" + place + bytes, .bold) + basis
    }
  }
}
