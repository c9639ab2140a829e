import VisionTransformer

/// Bytes of one core from the compiler's memory analysis.
public struct CompiledMemory: Sendable, Hashable, Codable {
  /// Tiled arguments: parameters, optimizer state, images and labels.
  public var arguments: Bytes
  /// Tiled results.
  public var outputs: Bytes
  /// Results that reuse the bytes of donated arguments.
  public var aliased: Bytes
  /// Everything else alive at the peak, including the packer's gaps, which libtpu 0.0.17.1 and 0.0.32 count twice.
  public var temporaries: Bytes
  /// Generated code; outside `total`.
  public var code: Bytes
  /// The runtime's own peak, if the plugin reports one.
  public var peak: Bytes?

  /// An analysis.
  public init(
    arguments: Bytes, outputs: Bytes, aliased: Bytes, temporaries: Bytes, code: Bytes, peak: Bytes? = nil
  ) {
    self.arguments = arguments
    self.outputs = outputs
    self.aliased = aliased
    self.temporaries = temporaries
    self.code = code
    self.peak = peak
  }

  /// Arguments + outputs - aliased + temporaries, which evidence calls `used`.
  public var total: Bytes { arguments + outputs - aliased + temporaries }

  /// `total` with the packer's gaps counted once.
  ///
  /// `CompileReport.gapsCountedTwice` gives the gaps that are counted twice. Source: libtpu 0.0.17.1: "HLO temp 689.84M
  /// including 21.98M of fragmentation" comes back as 711.82M of temporaries.
  public func total(countingOnce fragmentation: Bytes) -> Bytes { total - fragmentation }

  /// Whether the step fits `limit` bytes of a core.
  ///
  /// The success of a compile is no proof: libtpu 0.0.17.1 and 0.0.32 leave outputs out of their own check.
  public func verdict(limit: Bytes, fragmentation: Bytes? = nil) -> Verdict {
    total(countingOnce: fragmentation ?? .zero) <= limit ? .fits : .doesNotFit
  }
}
