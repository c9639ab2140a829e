import VisionTransformer

/// What libtpu reports in its own log while it compiles, line by line.
///
/// `PluginKind.environment` makes libtpu write the log. Its wording is specific to a version and not an interface:
/// lines that are not understood leave their field nil. Source: libtpu 0.0.17.1, 0.0.32 and 0.0.52, which agree on
/// every line read here.
public struct CompilerLog: Sendable, Hashable, Codable {
  /// Arguments, the outputs that alias them, and the largest sum of live temporaries, before rematerialization.
  public var livePeak: Bytes?
  /// Live bytes above which rematerialization starts: exact if the log gives bytes, otherwise to 0.01 GiB.
  public var rematerializationLimit: Bytes?
  /// Live peak after rematerialization.
  public var peakAfter: Bytes?
  /// Instructions that were recomputed.
  public var rematerializedInstructions: Int?
  /// Whether rematerialization failed to reach its limit.
  public var floorReached = false
  /// Arguments, if rematerialization reports them.
  public var arguments: Bytes?
  /// Outputs that reuse the bytes of arguments, if rematerialization reports them.
  public var aliased: Bytes?
  /// Estimated size of the code that the rematerialization limit allows for.
  public var overlayEstimate: Bytes?
  /// Totals of the buffer assignment; nil before it.
  public var assignment: Assignment?
  /// What the packer made of the temporaries, the largest of all memories; nil before it.
  public var packed: Bytes?
  /// The table at the end of the compile; empty until then.
  public var table = AllocationTable()
  /// Bytes available to a program.
  public var limit: Bytes?
  /// The compiler's own name for its version, such as `libtpu_lts_20251030_b455922191_RC05`.
  public var buildLabel: String?
  /// Whether the passes over the program, including rematerialization, are done.
  public var arePassesDone = false
  /// Whether instructions are being translated: everything that the log says about buffer assignment comes before that.
  public var isTranslating = false

  /// Bytes as the compiler's buffer assignment reports them, minutes before the compile ends.
  public struct Assignment: Sendable, Hashable, Codable {
    /// Arguments.
    public var arguments: Bytes?
    /// Outputs, including those that reuse the bytes of arguments.
    public var outputs: Bytes?
    /// Temporaries in the device's memory, including the packer's gaps, which are counted once here.
    public var temporaries: Bytes?
    /// The packer's gaps.
    public var fragmentation: Bytes?
    /// Arguments, outputs that do not alias any, and temporaries.
    public var total: Bytes?

    /// An assignment with nothing known.
    public init() {}
  }

  /// An empty log.
  public init() {}

  /// Whether rematerialization has reported its peak and limit.
  public var hasPeak: Bool { livePeak != nil && rematerializationLimit != nil }

  /// Whether everything is known that the log reports before the long part of the compile: the live peak, its outcome
  /// and, if the log has them, the assigned bytes. The compile can then stop.
  public var isMemoryKnown: Bool { hasPeak && arePassesDone && (assignment?.total != nil || isTranslating) }
}
