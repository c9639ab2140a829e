import VisionTransformer

/// The cost of each optimizer over a grid, and what fits because of it.
public enum OptimizerGridReport {
  /// One optimizer in one setting of the grid.
  public struct Row: Sendable {
    /// The optimizer.
    public var optimizer: Optimizer
    /// The head that the configurations share.
    public var head: Head
    /// Name of the device.
    public var device: String
    /// Bytes of state divided by bytes of parameters, both summed over the grid, including tile padding.
    public var ratio: Double
    /// Bytes of state a parameter, over the grid.
    public var stateBytesPerParameter: Double
    /// Bytes a parameter of the first moment, and of the second, over the grid.
    public var moments: (first: Double, second: Double)
    /// Median of the largest batch that fits, over block shapes at their middle depth; nil if none is known.
    public var batch: Int?
    /// Mean number of the grid's depths that fit in addition to those under Adam, over block shapes.
    public var blocksMore: Double
    /// The ratio that the paper states; nil if it states none.
    public var publishedRatio: Double?
    /// Configurations that fit.
    public var fits: Int
    /// Configurations that are uncertain.
    public var uncertain: Int
    /// All configurations.
    public var configurations: Int
    /// Number of configurations that fit in addition to those under Adam.
    public var more: Int
    /// Most blocks of a configuration that fits; nil if none fits.
    public var deepest: Int?
    /// Parameters of the largest shape that fits; nil if none fits.
    public var largestParameterCount: Int?
    /// The largest shape that fits.
    public var largest: Shape?

    /// One optimizer's costs.
    public init(
      optimizer: Optimizer, head: Head, device: String, ratio: Double, stateBytesPerParameter: Double,
      moments: (first: Double, second: Double), batch: Int?, blocksMore: Double, publishedRatio: Double?,
      fits: Int, uncertain: Int, configurations: Int, more: Int, deepest: Int?, largestParameterCount: Int?,
      largest: Shape?
    ) {
      self.optimizer = optimizer
      self.head = head
      self.device = device
      self.ratio = ratio
      self.stateBytesPerParameter = stateBytesPerParameter
      self.moments = moments
      self.batch = batch
      self.blocksMore = blocksMore
      self.publishedRatio = publishedRatio
      self.fits = fits
      self.uncertain = uncertain
      self.configurations = configurations
      self.more = more
      self.deepest = deepest
      self.largestParameterCount = largestParameterCount
      self.largest = largest
    }
  }

  /// The device, shown where rows differ in it.
  private static var deviceColumn: Listing<Row>.Column {
    var column = Listing<Row>.Column.distinction(title: "device") { Styled($0.device) }
    column.key = "device"
    column.value = { .text($0.device) }
    return column
  }

  /// The columns.
  public static var listing: Listing<Row> {
    Listing([
      deviceColumn,
      Listing<Row>.Column("head", "head", text: { Styled($0.head.title) }, value: { .text($0.head.rawValue) }),
      Listing<Row>.Column(
        "optimizer", "optimizer", text: { Styled($0.optimizer.title) }, value: { .text($0.optimizer.rawValue) }),
      .number("stateBytesPerParameter", "B/param", digits: 2, rank: .detail) { $0.stateBytesPerParameter },
      .number("firstMomentBytesPerParameter", "1st", digits: 2, rank: .detail) { $0.moments.first },
      .number("secondMomentBytesPerParameter", "2nd", digits: 2, rank: .detail) { $0.moments.second },
      .number("ratio", "ratio", digits: 3) { $0.ratio },
      .number("publishedRatio", "paper", digits: 1, rank: .detail) { $0.publishedRatio },
      .integer("fits", "fit") { $0.fits },
      Listing<Row>.Column(
        title: "of all", .right,
        text: { row in Styled(row.configurations > 0 ? percent(Double(row.fits) / Double(row.configurations)) : "–") }),
      Listing<Row>.Column(
        "more", "than Adam", .right, text: { Styled(($0.more > 0 ? "+" : "") + grouped($0.more)) },
        value: { .integer($0.more) }),
      .integer("uncertain", "uncertain", rank: .detail) { $0.uncertain },
      Listing<Row>.Column("configurations") { .integer($0.configurations) },
      .integer("batch", "max batch", rank: .detail) { $0.batch },
      .integer("deepest", "max depth") { $0.deepest },
      Listing<Row>.Column(
        "blocksMore", "more blocks", .right, rank: .detail,
        text: { Styled(($0.blocksMore > 0 ? "+" : "") + fixed($0.blocksMore, digits: 1)) },
        value: { .optional($0.blocksMore) }),
      Listing<Row>.Column(
        "largestParameterCount", "largest", .right,
        text: { Styled($0.largestParameterCount.map(ParameterCount.text) ?? "–") },
        value: { .optional($0.largestParameterCount) }),
      Listing<Row>.Column(
        "largest", "its shape", rank: .detail, text: { Styled($0.largest?.description ?? "–") },
        value: { .optional($0.largest?.description) }),
    ])
  }
}
