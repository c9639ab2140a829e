import Selection
import VisionTransformer

extension Listing where Row == StepResult {
  /// The listing with the column that rows are ordered by, kept at any width; it is added beside the verdict if the
  /// table lacks that quantity.
  public func ordered(by quantity: EstimateQuantity?) -> Listing<StepResult> {
    guard let quantity else { return self }
    var listing = self, column = Self.column(quantity)
    column.rank = .answer
    if let index = columns.firstIndex(where: { $0.title == column.title }) {
      listing.columns[index].rank = .answer
    } else {
      let verdict = columns.firstIndex { $0.title == "verdict" } ?? 0
      listing.columns.insert(column, at: verdict + 1)
    }
    return listing
  }

  private static func column(_ quantity: EstimateQuantity) -> Column {
    func text(_ title: String, _ get: @escaping @Sendable (StepResult) -> String?) -> Column {
      Column(title: title, .right, text: { Styled(get($0) ?? "–") })
    }
    return switch quantity {
    case .imagesPerSecond: text("images/s") { $0.imagesPerSecond.map { fixed($0, digits: 1) } }
    case .stepSeconds: text("step") { $0.stepSeconds?.description }
    case .total: text("total") { $0.memory.total.description }
    case .livePeak: text("live peak") { $0.memory.livePeak?.description }
    case .headroom: text("headroom") { ($0.memory.limit - $0.memory.total).description }
    case .paddingWaste: text("padding") { $0.memory.paddingWaste?.description }
    case .parameterCount: text("parameters") { ParameterCount.text($0.parameterCount) }
    case .flopsPerImage: text("GFLOPs/image") { fixed($0.flopsPerImage.giga, digits: 1) }
    case .depth: text("depth") { "\($0.configuration.shape.depth)" }
    case .width: text("width") { "\($0.configuration.shape.width)" }
    case .mlpWidth: text("MLP-width") { "\($0.configuration.shape.mlpWidth)" }
    case .heads: text("heads") { "\($0.configuration.shape.heads)" }
    case .patch: text("patch") { "\($0.configuration.shape.patch)" }
    case .batch: text("batch") { grouped($0.configuration.batch) }
    case .imageSize: text("px") { "\($0.configuration.imageSize)" }
    }
  }
}
