import VisionTransformer

/// The edge of one column of a fit map, as confirmed by a compiler.
public struct FrontierRow: Sendable {
  /// One side of the edge.
  public struct Side: Sendable {
    /// Encoder blocks.
    public var depth: Int
    /// The compiler's figures.
    public var memory: MemoryBreakdown
    /// Whether the compile finished.
    public var isFull: Bool

    /// A side.
    public init(depth: Int, memory: MemoryBreakdown, isFull: Bool) {
      self.depth = depth
      self.memory = memory
      self.isFull = isFull
    }
  }

  /// The column at its first depth.
  public var configuration: Configuration
  /// Name of its setting.
  public var setting: String
  /// The last depth that is estimated to fit; nil if there is none.
  public var estimated: Int?
  /// The last depth that fits; nil if none does, or none is known to.
  public var fits: Side?
  /// The first depth that does not fit; nil if all do, or none is known not to.
  public var doesNotFit: Side?
  /// Number of compiles that were asked for, including known ones.
  public var compiles: Int
  /// Why the edge is unknown; nil if it is known.
  public var problem: String?

  /// The edge of a column.
  public init(
    configuration: Configuration, setting: String, estimated: Int?, fits: Side?, doesNotFit: Side?, compiles: Int,
    problem: String?
  ) {
    self.configuration = configuration
    self.setting = setting
    self.estimated = estimated
    self.fits = fits
    self.doesNotFit = doesNotFit
    self.compiles = compiles
    self.problem = problem
  }
}

extension Listing where Row == FrontierRow {
  /// The table of a frontier; machines read the results of its compiles instead.
  public static var frontier: Listing<FrontierRow> {
    func side(_ title: String, _ get: @escaping @Sendable (FrontierRow) -> FrontierRow.Side?) -> [Column] {
      [
        Column(title: title, .right, text: { Styled(get($0).map { grouped($0.depth) } ?? "–") }),
        Column(title: "total", .right, text: { Styled(get($0)?.memory.total.description ?? "–") }),
        Column(
          title: "compiled", rank: .detail,
          text: { Styled(get($0).map { $0.isFull ? "in full" : "for memory" } ?? "–") }),
      ]
    }
    return Listing(
      [
        Column(title: "setting", text: { Styled($0.setting) }),
        Column(title: "width", .right, text: { Styled(grouped($0.configuration.shape.width)) }),
        Column(title: "heads", .right, text: { Styled(grouped($0.configuration.shape.heads)) }),
        Column(title: "MLP-width", .right, text: { Styled(grouped($0.configuration.shape.mlpWidth)) }),
        Column(title: "estimated", .right, text: { Styled($0.estimated.map { grouped($0) } ?? "–") }),
      ] + side("fits") { $0.fits } + side("does not") { $0.doesNotFit } + [
        Column(title: "compiles", .right, rank: .detail, text: { Styled(grouped($0.compiles)) }),
        Column(title: "open", text: { $0.problem.map { Styled($0, .bad) } ?? "" }),
      ])
  }
}
