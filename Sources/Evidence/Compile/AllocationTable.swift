import VisionTransformer

/// The table of a program's bytes that libtpu writes at the end of a compile, into its log or its error.
///
///     Total hbm usage >= 539.72M:
///         reserved        530.01M
///         program           5.46M
///         arguments         4.25M
///     Program hbm requirement 5.46M:
///         scoped            1.06M
///         HLO temp          4.16M (100.0% utilization: Unpadded (4.13M) Padded (4.13M), 0.7% fragmentation (30.0K))
///         overlays         251.0K
///
/// Sizes are as precise as the table. Source: libtpu 0.0.17.1, 0.0.32 and 0.0.52, alike.
public struct AllocationTable: Sendable, Hashable, Codable {
  /// Bytes that the runtime reserves for itself, outside the usable memory.
  public var reserved: Bytes?
  /// Temporaries and code.
  public var program: Bytes?
  /// Arguments; zero if the compiler gave up before counting them.
  public var arguments: Bytes?
  /// Temporaries including the packer's gaps, which this table counts once.
  public var temporaries: Bytes?
  /// Temporaries without gaps, with tile padding.
  public var padded: Bytes?
  /// Temporaries without gaps and tile padding.
  public var unpadded: Bytes?
  /// The packer's gaps.
  public var fragmentation: Bytes?
  /// The program's own code.
  public var overlays: Bytes?
  /// Other memory of single instructions.
  public var scoped: Bytes?

  /// The section of the text that is being read.
  package var section = Section.other

  /// Sections of the text.
  package enum Section: String, Sendable, Hashable, Codable {
    case total, program, other
  }

  private enum CodingKeys: String, CodingKey {
    case reserved, program, arguments, temporaries, padded, unpadded, fragmentation, overlays, scoped
  }

  /// An empty table.
  public init() {}

  /// Whether the table was not found.
  public var isEmpty: Bool { program == nil && temporaries == nil && arguments == nil }
}
