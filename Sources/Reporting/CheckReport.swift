import Selection
import VisionTransformer

/// The answer to "does this shape fit": first the verdict, then where the bytes go and what would change it.
public enum CheckReport {
  /// Everything that `check` may report about one configuration. Only the result is required; nil or empty fields are
  /// left out.
  public struct Input: Sendable {
    /// The answer itself, from any kind of evidence.
    public var result: StepResult
    /// The device, whose kind decides what bytes and rates refer to.
    public var device: Device?
    /// Why the verdict is uncertain, such as `Caveat.rawValue`.
    public var caveat: String?
    /// The event at the live peak, such as `Instant.rawValue`.
    public var peak: String?
    /// What the compiler recomputes by itself.
    public var rematerialization: Rematerialization?
    /// How many images a core fit.
    public var room: Room?
    /// Notes in addition to those of the provenance and of dropped pixels.
    public var notes: [String]
    /// Changes that would save memory, cheapest first; if empty, the table is left out.
    public var changes: [FitChange]
    /// Keys that took their defaults.
    public var assumed: Set<Configuration.Key>
    /// What the shape's name implied.
    public var named: Named?
    /// A compiler's result for the same configuration. It is shown before the answer and is not part of it.
    public var compiled: StepResult?
    /// The command that settles an uncertain answer.
    public var settling: Settling?
    /// A training run, and what it takes; nil where none was asked for.
    public var training: Training?

    /// The report of a configuration.
    public init(
      result: StepResult, device: Device? = nil, caveat: String? = nil, peak: String? = nil,
      rematerialization: Rematerialization? = nil, room: Room? = nil, notes: [String] = [],
      changes: [FitChange] = [], assumed: Set<Configuration.Key> = [], compiled: StepResult? = nil,
      settling: Settling? = nil
    ) {
      self.result = result
      self.device = device
      self.caveat = caveat
      self.peak = peak
      self.rematerialization = rematerialization
      self.room = room
      self.notes = notes
      self.changes = changes
      self.assumed = assumed
      self.compiled = compiled
      self.settling = settling
    }

    /// Whether it fits, by the costliest evidence that settles it.
    public var verdict: Verdict {
      if let compiled, compiled.verdict != .uncertain { compiled.verdict } else { result.verdict }
    }
  }

  /// What a shape's name implies besides the shape, by its library's convention.
  public struct Named: Sendable, Hashable {
    /// Keys that the name determined: image size and head.
    public var keys: Set<Configuration.Key>
    /// The library whose name it is, such as `DINOv2`.
    public var family: String

    /// What a name implied.
    public init(keys: Set<Configuration.Key>, family: String) {
      self.keys = keys
      self.family = family
    }
  }

  /// The command that settles what an estimate leaves uncertain.
  public struct Settling: Sendable, Hashable {
    /// The command line, ready for a shell.
    public var command: String
    /// Its duration; nil if it cannot be predicted.
    public var seconds: Seconds?
    /// Whether the duration is a typical one, rather than one seen on this machine.
    public var isTypical: Bool
    /// A command that must be run first; nil if nothing is missing.
    public var preparation: String?

    /// A command.
    public init(command: String, seconds: Seconds?, isTypical: Bool, preparation: String? = nil) {
      self.command = command
      self.seconds = seconds
      self.isTypical = isTypical
      self.preparation = preparation
    }
  }

  /// Automatic rematerialization in the terms of a reader.
  public struct Rematerialization: Sendable, Hashable {
    /// The live peak at which it starts.
    public var startsAt: Bytes
    /// The lowest value that the live peak could reach.
    public var floor: Bytes
    /// Bytes recomputed instead of kept.
    public var recomputed: Bytes
    /// Seconds that it costs a step, part of the step time; nil if unknown.
    public var cost: Seconds?

    /// What is recomputed.
    public init(startsAt: Bytes, floor: Bytes, recomputed: Bytes, cost: Seconds?) {
      self.startsAt = startsAt
      self.floor = floor
      self.recomputed = recomputed
      self.cost = cost
    }
  }

  /// The report for `terminal`.
  public static func text(_ input: Input, terminal: Terminal = .plain) -> String {
    var lines = headlines(input, terminal: terminal)
    if let note = limitNote(input) {
      lines += wrap("limit: \(note)", width: terminal.columns).map { Styled($0, .unsure) }
    }
    lines += wrap(input.result.about(on: input.device), width: terminal.columns).map { Styled($0) }
    if let assumed = assumed(input) { lines += wrap(assumed, width: terminal.columns).map { Styled($0, .dim) } }
    lines += [""] + BreakdownTable(input.result.memory, verdict: input.result.verdict).lines(for: terminal)
    lines += [""] + facts(input, terminal: terminal)
    if !input.changes.isEmpty { lines += [""] + changes(input, terminal: terminal) }
    if let settling = input.settling { lines += [""] + text(settling, terminal: terminal) }
    return lines.rendered(for: terminal)
  }

  /// The first line, or two if there is a compiler's result, which comes first.
  public static func headlines(_ input: Input, terminal: Terminal) -> [Styled] {
    guard let compiled = input.compiled else { return headline(input).wrapped(to: terminal.columns) }
    let estimate =
      Styled(verdict: input.result.verdict).plain + ", "
      + ratio(input.result.memory.total, of: input.result.memory.limit)
    return headline(Input(result: compiled, device: input.device)).wrapped(to: terminal.columns)
      + wrap("Estimated, here and below: \(estimate).", width: terminal.columns).map { Styled($0) }
  }

  /// The first line: the verdict, the bytes, and the kind of evidence.
  public static func headline(_ input: Input) -> Styled {
    let result = input.result
    let name = result.configuration.title
    let place = place(input)
    let bytes = ratio(result.memory.total, of: result.memory.limit)
    let basis = " (\(result.provenance.basis(result.evidence)))"
    switch result.verdict {
    case .fits:
      return Styled(name + " ", .bold) + Styled("fits", .good) + Styled(" \(place): ", .bold) + Styled(bytes, .bold)
        + Styled(basis)
    case .doesNotFit:
      let over = result.memory.total - result.memory.limit
      let excess = over > .zero ? ", \(over) over" : ""
      return Styled(name + " ", .bold) + Styled("does not fit", .bad) + Styled(" \(place): ", .bold)
        + Styled(bytes + excess, .bold) + Styled(basis)
    case .uncertain:
      return Styled("Uncertain", .unsure) + Styled(" whether \(name) fits \(place): \(bytes)", .bold) + Styled(basis)
    }
  }

  private static func place(_ input: Input) -> String {
    input.device?.place ?? input.result.configuration.device
  }
}

/// One change of a configuration, or two or three together, with the effect.
public struct FitChange: Sendable, Hashable {
  /// The change, such as `optimizer adam → adafactor`; several are separated by commas.
  public var description: String
  /// The verdict after it.
  public var verdict: Verdict
  /// Bytes of the step after it.
  public var total: Bytes
  /// Bytes available.
  public var limit: Bytes
  /// Bytes that it saves at the live peak; negative if it costs some.
  public var bytesSaved: Bytes
  /// Relative change of the time for one image: 0.05 is 5 % slower, nil if unknown.
  public var timeCost: Double?

  /// A change.
  public init(
    description: String, verdict: Verdict, total: Bytes, limit: Bytes, bytesSaved: Bytes, timeCost: Double?
  ) {
    self.description = description
    self.verdict = verdict
    self.total = total
    self.limit = limit
    self.bytesSaved = bytesSaved
    self.timeCost = timeCost
  }
}

extension Listing where Row == FitChange {
  /// Single changes with what they save, what they cost, and the verdict after them.
  public static var changes: Listing<FitChange> {
    Listing([
      .text("change", "change") { $0.description },
      Column(
        "bytesSaved", "live peak", .right, rank: .detail,
        text: { Styled((Bytes.zero - $0.bytesSaved).description) },
        value: { .bytes($0.bytesSaved) }),
      Column(
        "timeCost", "time/image", .right, rank: .detail, text: { Styled(cost($0.timeCost)) },
        value: { .optional($0.timeCost) }),
      .verdict("verdict", "verdict") { $0.verdict },
      Column(
        "total", "total", .right, rank: .answer, text: { Styled($0.total.description) },
        value: { .bytes($0.total) }),
      Column("limit") { .bytes($0.limit) },
    ])
  }

  private static func cost(_ fraction: Double?) -> String {
    guard let fraction, fraction.isFinite else { return "–" }
    if fraction.magnitude < 0.0005 { return "the same" }
    return relative(fraction)
  }
}
