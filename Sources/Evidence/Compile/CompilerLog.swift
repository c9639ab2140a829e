import VisionTransformer

/// What libtpu's own log tells while it compiles, line by line.
///
/// The log is written where `PluginKind.environment` asks for it. Its words are those of one version and no interface: what is not
/// understood stays nil. Source: libtpu 0.0.17.1, 0.0.32 and 0.0.52, which agree on every line that is read here.
public struct CompilerLog: Sendable, Hashable, Codable {
  /// Arguments, the outputs that alias them, and the largest sum of live temporaries, before rematerialization.
  public var livePeak: Bytes?
  /// Live bytes above which rematerialization starts, exact where the log gives it in bytes, else to 0.01 GiB.
  public var rematerializationLimit: Bytes?
  /// Live peak that rematerialization left.
  public var peakAfter: Bytes?
  /// Instructions that were recomputed.
  public var rematerializedInstructions: Int?
  /// Whether rematerialization could not get down to its limit.
  public var floorReached = false
  /// Arguments, where rematerialization states them.
  public var arguments: Bytes?
  /// Outputs that take the room of arguments, where rematerialization states them.
  public var aliased: Bytes?
  /// Estimate of the code's size that the rematerialization limit allows for.
  public var overlayEstimate: Bytes?
  /// What the buffers came to once they had their places; nil before.
  public var assignment: Assignment?
  /// The table at the end of the compile; empty before.
  public var table = AllocationTable()
  /// Bytes that there are for a program.
  public var limit: Bytes?
  /// The compiler's own name for its version, such as `libtpu_lts_20251030_b455922191_RC05`.
  public var buildLabel: String?
  /// Whether the passes over the program, rematerialization among them, are done.
  public var arePassesDone = false
  /// Whether instructions are being translated: what the log tells of the buffers' places it has told by then.
  public var isTranslating = false

  /// Bytes as the compiler's buffer assignment states them, minutes before the compile ends.
  public struct Assignment: Sendable, Hashable, Codable {
    /// Arguments.
    public var arguments: Bytes?
    /// Outputs, also those that take the room of arguments.
    public var outputs: Bytes?
    /// Temporaries with the packer's gaps, which are counted once here.
    public var temporaries: Bytes?
    /// The packer's gaps.
    public var fragmentation: Bytes?
    /// Arguments, outputs that alias none, and temporaries.
    public var total: Bytes?

    /// Nothing known.
    public init() {}
  }

  /// Nothing heard.
  public init() {}

  /// Whether rematerialization has been heard of.
  public var hasPeak: Bool { livePeak != nil && rematerializationLimit != nil }

  /// Whether all is known that the log tells before the long part of the compile: the live peak, what came of it and, where it
  /// says so, the bytes with their places. The compile can stop.
  public var isMemoryKnown: Bool { hasPeak && arePassesDone && (assignment?.total != nil || isTranslating) }
}
