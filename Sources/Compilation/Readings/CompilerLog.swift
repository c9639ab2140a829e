import Evidence
import VisionTransformer

extension CompilerLog {
  /// Reads a line.
  public mutating func take(_ line: [UInt8]) {
    // The start of a line is enough; a whole instruction may follow.
    let text = String(decoding: line.prefix(512), as: UTF8.self)
    guard let first = text.utf8.first else { return }
    // `I1125 09:43:48.794062    2882 hlo_rematerialization.cc:2849] message`, or a further line of such a message.
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
      // If it runs more than once, the first run has the peak from before.
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
    if text.hasPrefix("Result size from heap simulator: ") {
      let size = LogSize.count(after: "simulator: ", in: text).map { Bytes($0) }
      packed = max(packed ?? .zero, size ?? .zero)
    }
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
    if let size = size("total allocation:") {
      assignment?.total = size
      assignment?.leaveOut(packed)
    }
  }
}

extension CompilerLog.Assignment {
  /// Leaves out what the temporaries have in other memories than the device's: up to 112 MiB in the vector memory of v5e.
  ///
  /// Source: logs of libtpu 0.0.17.1. The sum is of every memory, the packer's result of one: of v3, "HLO temp" in the table
  /// at the end of the compile has the same digits.
  fileprivate mutating func leaveOut(_ packed: Bytes?) {
    guard let packed, let temporaries, packed > .zero, packed < temporaries else { return }
    total = total.map { $0 - (temporaries - packed) }
    self.temporaries = packed
  }
}
