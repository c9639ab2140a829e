import VisionTransformer

/// What the final, scheduled program says of time and recomputation.
public struct ScheduleReading: Sendable, Hashable, Codable {
  /// Scheduled instructions, those of loops once.
  public var instructions: Int
  /// Estimated cycles of the step: the sum over the schedule, loops multiplied by how often they run. All-reduces carry none.
  public var cycles: Int
  /// The same sum over the entry computation alone, without what its loops contain: what evidence calls `cycles`.
  public var entryCycles: Int
  /// `cycles` by phase and primitive, the largest first.
  public var parts: [Part]
  /// Loops whose trip count is not known: they are counted once.
  public var unknownLoops: Int
  /// Collectives, which carry no cycles: their count.
  public var collectives: Int
  /// Bytes that the collectives of one core bring in.
  public var collectiveBytes: Bytes
  /// Instructions that the compiler computes once more, by primitive.
  public var rematerialized: [Recomputation]
  /// Cycles of those instructions.
  public var rematerializedCycles: Int
  /// What is alive when most is.
  public var peak: PeakReading

  /// Cycles of one kind of work.
  public struct Part: Sendable, Hashable, Codable {
    /// When and what.
    public var place: OperationPlace
    /// Instructions, those of loops once.
    public var instructions: Int
    /// Estimated cycles, loops multiplied.
    public var cycles: Int

    /// Work of one kind.
    package init(place: OperationPlace, instructions: Int, cycles: Int) {
      self.place = place
      self.instructions = instructions
      self.cycles = cycles
    }
  }

  /// Instructions of one kind that the compiler computes once more.
  public struct Recomputation: Sendable, Hashable, Codable {
    /// What is computed.
    public var primitive: String
    /// The compiler's own kind of instruction, such as `fusion`.
    public var opcode: String
    /// How many.
    public var count: Int

    /// Instructions of one kind.
    package init(primitive: String, opcode: String, count: Int) {
      self.primitive = primitive
      self.opcode = opcode
      self.count = count
    }
  }

  /// A reading.
  package init(
    instructions: Int, cycles: Int, entryCycles: Int, parts: [Part], unknownLoops: Int, collectives: Int,
    collectiveBytes: Bytes, rematerialized: [Recomputation], rematerializedCycles: Int, peak: PeakReading
  ) {
    self.instructions = instructions
    self.cycles = cycles
    self.entryCycles = entryCycles
    self.parts = parts
    self.unknownLoops = unknownLoops
    self.collectives = collectives
    self.collectiveBytes = collectiveBytes
    self.rematerialized = rematerialized
    self.rematerializedCycles = rematerializedCycles
    self.peak = peak
  }

  /// Instructions that the compiler computes once more.
  public var rematerializedCount: Int { rematerialized.reduce(0) { $0 + $1.count } }

  /// Time of the step at `clock` Hz; nil without a clock or where the schedule states no cycles.
  public func seconds(clock: Double) -> Seconds? {
    clock > 0 && cycles > 0 ? Seconds(Double(cycles) / clock) : nil
  }
}
