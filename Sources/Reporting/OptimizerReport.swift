import VisionTransformer

/// The cost of each optimizer for one shape, side by side.
public enum OptimizerReport {
  /// One optimizer.
  public struct Row: Sendable, Hashable {
    /// The optimizer.
    public var optimizer: Optimizer
    /// Trainable parameters.
    public var parameterCount: Int
    /// Parameters as the device lays them out.
    public var parameters: Bytes
    /// First moment as the device lays it out.
    public var firstMoment: Bytes
    /// Second moment, factored or not, as the device lays it out.
    public var secondMoment: Bytes
    /// Bytes of the whole step under this optimizer.
    public var total: Bytes
    /// Bytes available.
    public var limit: Bytes
    /// Whether the step fits under this optimizer.
    public var verdict: Verdict
    /// The largest batch that fits; 0 if none does, nil if unknown.
    public var largestBatch: Int?
    /// The largest depth that fits, everything else being equal; 0 if none does, nil if unknown.
    public var largestDepth: Int?
    /// The ratio of state to parameters that the paper states (2, 1.5, 0.5); nil if it states none.
    public var publishedRatio: Double?
    /// Number of blocks that fit in addition to those under Adam; nil if unknown.
    public var blocksMore: Int?
    /// Name of the shape, if the report has several.
    public var shape: String?
    /// Name of the device, if the report has several.
    public var device: String?

    /// One optimizer's costs.
    public init(
      optimizer: Optimizer, parameterCount: Int, parameters: Bytes, firstMoment: Bytes, secondMoment: Bytes,
      total: Bytes, limit: Bytes, verdict: Verdict, largestBatch: Int?, largestDepth: Int?,
      publishedRatio: Double? = nil, blocksMore: Int? = nil, shape: String? = nil
    ) {
      self.optimizer = optimizer
      self.parameterCount = parameterCount
      self.parameters = parameters
      self.firstMoment = firstMoment
      self.secondMoment = secondMoment
      self.total = total
      self.limit = limit
      self.verdict = verdict
      self.largestBatch = largestBatch
      self.largestDepth = largestDepth
      self.publishedRatio = publishedRatio
      self.blocksMore = blocksMore
      self.shape = shape
    }

    /// Both moments.
    public var state: Bytes { firstMoment + secondMoment }
    /// Bytes of state a parameter, tile padding included.
    public var stateBytesPerParameter: Double {
      parameterCount > 0 ? Double(state.count) / Double(parameterCount) : 0
    }
    /// Bytes of state divided by bytes of parameters.
    public var ratio: Double { parameters.count > 0 ? Double(state.count) / Double(parameters.count) : 0 }
  }

  /// The columns; with `shapes` the first names the shape, with `devices` the device.
  public static func listing(shapes: Bool = false, devices: Bool = false) -> Listing<Row> {
    Listing(
      (shapes ? [.text("shape", "shape") { $0.shape }] : [])
        + (devices ? [.text("device", "device", rank: .name) { $0.device }] : []) + [
          Listing<Row>.Column(
            "optimizer", "optimizer", text: { Styled($0.optimizer.title) }, value: { .text($0.optimizer.rawValue) }),
          .bytes("parameters", "parameters", rank: .detail) { $0.parameters },
          .bytes("firstMoment", "1st moment", rank: .detail) { $0.firstMoment },
          .bytes("secondMoment", "2nd moment", rank: .detail) { $0.secondMoment },
          .bytes("state", "state") { $0.state },
          .number("stateBytesPerParameter", "B/param", digits: 2, rank: .detail) { $0.stateBytesPerParameter },
          .number("ratio", "ratio", digits: 3) { $0.ratio },
          .number("publishedRatio", "paper", digits: 1, rank: .detail) { $0.publishedRatio },
          .verdict("verdict", "verdict") { $0.verdict },
          Listing<Row>.Column(
            "total", "total", .right, rank: .detail, text: { Styled(Reporting.ratio($0.total, of: $0.limit)) },
            value: { .bytes($0.total) }),
          Listing<Row>.Column("limit") { .bytes($0.limit) },
          most("largestBatch", "max batch", Configuration.Limits.batch) { $0.largestBatch },
          most("largestDepth", "max depth", Configuration.Limits.depth) { $0.largestDepth },
          Listing<Row>.Column("largestDepthIsLimit") {
            .optional($0.largestDepth.map { $0 == Configuration.Limits.depth })
          },
          Listing<Row>.Column(
            "blocksMore", "more blocks", .right, rank: .detail,
            text: { Styled($0.blocksMore.map { ($0 > 0 ? "+" : "") + grouped($0) } ?? "–") },
            value: { .optional($0.blocksMore) }),
          Listing<Row>.Column("parameterCount") { .integer($0.parameterCount) },
        ])
  }

  /// A largest number; `≥ 10,000` if it is only the largest that can be asked for.
  private static func most(
    _ key: String, _ title: String, _ limit: Int, _ get: @escaping @Sendable (Row) -> Int?
  ) -> Listing<Row>.Column {
    Listing<Row>.Column(
      key, title, .right, text: { Styled(get($0).map { ($0 == limit ? "≥ " : "") + grouped($0) } ?? "–") },
      value: { .optional(get($0)) })
  }
}
