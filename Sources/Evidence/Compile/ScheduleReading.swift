import VisionTransformer

/// Times and recomputation in the final, scheduled program.
public struct ScheduleReading: Sendable, Hashable, Codable {
  /// Scheduled instructions; those in loops count once.
  public var instructions: Int
  /// Estimated cycles of the step: the sum over the schedule, with loops multiplied by their trip counts. All-reduces
  /// have none.
  public var cycles: Int
  /// The same sum over the entry computation alone, without the bodies of loops: what evidence calls `cycles`.
  public var entryCycles: Int
  /// `cycles` by phase and primitive, largest first.
  public var parts: [Part]
  /// Loops with an unknown trip count, which are counted once.
  public var unknownLoops: Int
  /// Number of collectives, which have no cycles.
  public var collectives: Int
  /// Bytes that the collectives of one core receive.
  public var collectiveBytes: Bytes
  /// Instructions that the compiler recomputes, by primitive.
  public var rematerialized: [Recomputation]
  /// Cycles of the recomputed instructions.
  public var rematerializedCycles: Int
  /// The buffers alive at the peak.
  public var peak: PeakReading

  /// Cycles of one kind of work.
  public struct Part: Sendable, Hashable, Codable {
    /// Phase and primitive.
    public var place: OperationPlace
    /// Instructions; those in loops count once.
    public var instructions: Int
    /// Estimated cycles, with loops multiplied by their trip counts.
    public var cycles: Int

    /// Work of one kind.
    package init(place: OperationPlace, instructions: Int, cycles: Int) {
      self.place = place
      self.instructions = instructions
      self.cycles = cycles
    }
  }

  /// Instructions of one kind that the compiler recomputes.
  public struct Recomputation: Sendable, Hashable, Codable {
    /// The primitive that is recomputed.
    public var primitive: String
    /// The compiler's own kind of instruction, such as `fusion`.
    public var opcode: String
    /// Number of instructions.
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

  /// Number of instructions that the compiler recomputes.
  public var rematerializedCount: Int { rematerialized.reduce(0) { $0 + $1.count } }

  /// Time of the step at `clock` Hz; nil without a clock or if the schedule has no cycles.
  public func seconds(clock: Double) -> Seconds? {
    clock > 0 && cycles > 0 ? Seconds(Double(cycles) / clock) : nil
  }
}
