import VisionTransformer

/// The named shapes of the catalog.
public enum ShapesReport {
  /// One named shape.
  public struct Row: Sendable, Hashable {
    /// Its name, such as `ViT-G/14`.
    public var name: String
    /// Its numbers.
    public var shape: Shape
    /// Parameters of the body, without head and classifier, as the papers count them; nil if unknown.
    public var bodyParameters: Int?
    /// Forward FLOPs of an image of 224 px; nil if unknown.
    public var flopsPerImage: FLOPs?
    /// Forward FLOPs of an image of 384 px; nil if unknown.
    public var flopsPerLargeImage: FLOPs?
    /// The published figures.
    public var published: Published
    /// Where the numbers come from.
    public var source: String

    /// Figures exactly as a paper prints them; nil if it does not.
    public struct Published: Sendable, Hashable {
      /// Parameters of the body, in millions.
      public var millionParameters: String?
      /// Forward GFLOPs of an image of 224 px.
      public var gigaFLOPs: String?
      /// Forward GFLOPs of an image of 384 px.
      public var gigaFLOPsOfLargeImage: String?

      /// What is printed.
      public init(millionParameters: String? = nil, gigaFLOPs: String? = nil, gigaFLOPsOfLargeImage: String? = nil) {
        self.millionParameters = millionParameters
        self.gigaFLOPs = gigaFLOPs
        self.gigaFLOPsOfLargeImage = gigaFLOPsOfLargeImage
      }
    }

    /// One named shape.
    public init(
      name: String, shape: Shape, bodyParameters: Int?, flopsPerImage: FLOPs?, flopsPerLargeImage: FLOPs? = nil,
      published: Published = Published(), source: String
    ) {
      self.name = name
      self.shape = shape
      self.bodyParameters = bodyParameters
      self.flopsPerImage = flopsPerImage
      self.flopsPerLargeImage = flopsPerLargeImage
      self.published = published
      self.source = source
    }
  }

  /// The columns: counted figures, each beside the printed one.
  public static var listing: Listing<Row> {
    Listing([
      .text("name", "shape") { $0.name },
      .integer("width", "width", isCount: false) { $0.shape.width },
      .integer("depth", "depth", isCount: false) { $0.shape.depth },
      .integer("mlpWidth", "MLP", isCount: false) { $0.shape.mlpWidth },
      .integer("heads", "heads", isCount: false) { $0.shape.heads },
      .integer("patch", "patch", isCount: false) { $0.shape.patch },
      Listing<Row>.Column(
        "bodyParameters", "parameters", .right, text: { Styled($0.bodyParameters.map(ParameterCount.text) ?? "–") },
        value: { .optional($0.bodyParameters) }),
      printed("publishedMillionParameters") { $0.millionParameters },
      gigaFLOPs("flopsPerImage", "GFLOPs 224 px") { $0.flopsPerImage },
      printed("publishedGigaFLOPs") { $0.gigaFLOPs },
      gigaFLOPs("flopsPerLargeImage", "GFLOPs 384 px", rank: .detail) { $0.flopsPerLargeImage },
      printed("publishedGigaFLOPsOfLargeImage") { $0.gigaFLOPsOfLargeImage },
      // Sources are long, so that only `show` prints them.
      Listing<Row>.Column("source") { .text($0.source) },
    ])
  }

  private static func gigaFLOPs(
    _ key: String, _ title: String, rank: Table.Rank = .fact, _ get: @escaping @Sendable (Row) -> FLOPs?
  ) -> Listing<Row>.Column {
    Listing<Row>.Column(
      key, title, .right, rank: rank, text: { Styled(get($0).map { fixed($0.giga, digits: 1) } ?? "–") },
      value: { .optional(get($0)?.count) })
  }

  private static func printed(
    _ key: String, _ get: @escaping @Sendable (Row.Published) -> String?
  ) -> Listing<Row>.Column {
    Listing<Row>.Column(
      key, "printed", .right, rank: .detail, text: { Styled(get($0.published) ?? "–", .dim) },
      value: { .optional(get($0.published).flatMap(Double.init)) })
  }
}
