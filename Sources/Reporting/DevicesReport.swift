import VisionTransformer

/// The devices of the catalog.
public enum DevicesReport {
  /// One device and where its figures come from.
  public struct Row: Sendable, Hashable {
    /// The device.
    public var device: Device
    /// Source of each figure, by the key of the device file, in order.
    public var sources: [Source]

    /// One figure's source.
    public struct Source: Sendable, Hashable {
      /// Key of the device file, such as `usableMemory`.
      public var key: String
      /// Where its value comes from.
      public var source: String

      /// A source.
      public init(key: String, source: String) {
        self.key = key
        self.source = source
      }
    }

    /// A device.
    public init(_ device: Device, sources: [Source] = []) {
      self.device = device
      self.sources = sources
    }
  }

  /// The columns; those that only a TPU has are null for a host.
  public static var listing: Listing<Row> {
    Listing([
      .text("name", "device") { $0.device.name },
      Listing<Row>.Column("kind") { .text($0.device.kind.word) },
      Listing<Row>.Column("memory") { .bytes($0.device.memory) },
      .bytes("usableMemory", "usable memory") { $0.device.usableMemory },
      rate("bandwidth", "GB/s", 1e9, digits: 0) { $0.device.bandwidth },
      rate("peakFLOPs", "TFLOP/s", 1e12, digits: 1) { $0.device.peakFLOPs },
      rate("clock", "MHz", 1e6, digits: 0) { $0.device.clock },
      Listing<Row>.Column(
        "matrixUnits", "matrix units", rank: .detail,
        text: { row in row.tpu.map { Styled("\($0.matrixUnits) x \($0.matrixUnitSize)²") } ?? "–" },
        value: { .optional($0.tpu?.matrixUnits) }),
      Listing<Row>.Column("matrixUnitSize") { .optional($0.tpu?.matrixUnitSize) },
      Listing<Row>.Column("lanes") { .optional($0.tpu?.lanes) },
      Listing<Row>.Column("sublanes") { .optional($0.tpu?.sublanes) },
      Listing<Row>.Column("linkBandwidth") { .optional($0.tpu?.linkBandwidth) },
      Listing<Row>.Column("coresPerChip") { .optional($0.tpu?.coresPerChip) },
      Listing<Row>.Column("unit") { .text($0.device.unit) },
      Listing<Row>.Column("programCores") { .optional($0.tpu?.programCores) },
      Listing<Row>.Column(
        "validation", "estimates", text: { validation($0.device) }, value: { .text($0.device.validation.rawValue) }),
      .text("compiler", "compiler", rank: .detail) { $0.tpu?.compiler },
      .text("summary", "summary", rank: .detail) { $0.device.summary },
      Listing<Row>.Column("sources") { row in .list(row.sources.map { .text("\($0.key): \($0.source)") }) },
    ])
  }

  private static func rate(
    _ key: String, _ title: String, _ unit: Double, digits: Int, _ get: @escaping @Sendable (Row) -> Double
  ) -> Listing<Row>.Column {
    Listing<Row>.Column(
      key, title, .right, text: { Styled(fixed(get($0) / unit, digits: digits)) }, value: { .number(get($0)) })
  }

  private static func validation(_ device: Device) -> Styled {
    switch device.validation {
    case .compiled: Styled("held against the compiler", Style(color: .theme(2)))
    case .measured: Styled("held against measured steps", Style(color: .theme(2)))
    case .memory: Styled("memory held against the compiler", Style(color: .theme(2)))
    case .notYetValidated: Styled("not yet validated", Style(color: .theme(3)))
    }
  }
}

extension DevicesReport.Row {
  /// The figures that only a TPU has.
  fileprivate var tpu: TPUFigures? {
    switch device.kind {
    case .tpu(let tpu): tpu
    case .host: nil
    }
  }
}
