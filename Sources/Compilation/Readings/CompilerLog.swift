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
  }

  /// Nothing heard.
  public init() {}

  /// Whether rematerialization has been heard of.
  public var hasPeak: Bool { livePeak != nil && rematerializationLimit != nil }

  /// Whether all is known that the log tells before the long part of the compile: the live peak, what came of it and, where it
  /// says so, the bytes with their places. The compile can stop.
  public var isMemoryKnown: Bool { hasPeak && arePassesDone && (assignment?.total != nil || isTranslating) }

  /// Takes a line.
  public mutating func take(_ line: [UInt8]) {
    // The beginning tells all; a line may hold a whole instruction behind it.
    let text = String(decoding: line.prefix(512), as: UTF8.self)
    guard let first = text.utf8.first else { return }
    // `I1125 09:43:48.794062    2882 hlo_rematerialization.cc:2849] message`, or a line of a message that has several.
    let isHead = [UInt8(ascii: "I"), UInt8(ascii: "W"), UInt8(ascii: "E")].contains(first)
    let message = isHead ? text.firstRange(of: "] ").map { text[$0.upperBound...] } ?? text[...] : text[...]
    read(message.drop { $0 == " " })
  }

  private mutating func read(_ text: Substring) {
    table.take(text)
    if text.hasPrefix("HloRematerialization() with memory limit of ") {
      rematerializationLimit = LogSize.read(after: "limit of ", in: text)
    } else if text.hasPrefix("Peak memory usage of module now ") {
      peakAfter = LogSize.count(after: "(", in: text)
        .map { Bytes($0) }
      // Where it runs more than once, the first time has the peak before.
      if livePeak == nil, let was = text.firstRange(of: "was ") {
        livePeak = LogSize.count(after: "(", in: text[was.upperBound...]).map { Bytes($0) }
      }
    } else if text.hasPrefix("Rematerialized "), let count = LogSize.count(after: "Rematerialized ", in: text) {
      rematerializedInstructions = (rematerializedInstructions ?? 0) + count
    } else if text.hasPrefix("Can't reduce memory use below ") {
      floorReached = true
      rematerializationLimit = LogSize.count(after: "(", in: text).map { Bytes($0) } ?? rematerializationLimit
    } else if text.hasPrefix("XLA::TPU ") {
      readCompiler(text.dropFirst("XLA::TPU ".count))
    } else if text.hasPrefix("HLO_PASSES stage duration") {
      arePassesDone = true
    } else if text.hasPrefix("Global Core Count: ") {
      isTranslating = true
    } else if text.hasPrefix("Build label: ") {
      buildLabel = String(text.dropFirst("Build label: ".count))
    } else {
      readAssignment(text)
    }
  }

  private mutating func readCompiler(_ text: Substring) {
    if text.hasPrefix("post optimization rematerialization limit ") {
      arguments = LogSize.read(after: "(arguments (", in: text) ?? arguments
      aliased = LogSize.read(after: "aliased_output(", in: text) ?? aliased
      overlayEstimate = LogSize.read(after: "overlays (", in: text) ?? overlayEstimate
    } else if text.hasPrefix("program HBM usage: ") {
      limit = LogSize.read(after: " / ", in: text) ?? limit
    } else if text.hasPrefix("HLO PostOptimizationPipeline time") {
      arePassesDone = true
    }
  }

  private mutating func readAssignment(_ text: Substring) {
    if text.hasPrefix("BufferAssignment stats:") {
      assignment = Assignment()
      return
    }
    guard assignment != nil else { return }
    func size(_ name: String) -> Bytes? {
      text.hasPrefix(name) ? LogSize.read(text.dropFirst(name.count).drop { $0 == " " }) : nil
    }
    if let size = size("parameter allocation:") { assignment?.arguments = size }
    if let size = size("maybe_live_out allocation:") { assignment?.outputs = size }
    if let size = size("preallocated temp allocation:") { assignment?.temporaries = size }
    if let size = size("preallocated temp fragmentation:") { assignment?.fragmentation = size }
    if let size = size("total allocation:") { assignment?.total = size }
  }
}
