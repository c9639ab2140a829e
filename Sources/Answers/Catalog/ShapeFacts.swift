import Catalog
import Reporting
import TrainingStep
import VisionTransformer

extension ShapesReport.Row {
  /// The image size of the larger figures in the papers, in pixels.
  package static let largeImage = 384

  /// Every named shape of a catalog at every published patch.
  package static func all(_ catalog: Catalog) throws -> [ShapesReport.Row] {
    try catalog.variants.flatMap { variant in
      try variant.patches.map { try ShapesReport.Row(variant, patch: $0) }
    }
  }

  /// A named shape with its counts, beside the published ones.
  package init(_ variant: Variant, patch: Int) throws {
    let shape = variant.shape(patch: patch)
    let small = Configuration.Defaults.imageSize, large = Self.largeImage
    let body = try patch <= small ? BodyCount(shape, imageSize: small) : nil
    let printed = variant.published.filter { $0.patch == patch && $0.head == nil }
    self.init(
      name: variant.shapeName(patch: patch), shape: shape, bodyParameters: body?.parameters,
      flopsPerImage: body?.flopsPerImage,
      flopsPerLargeImage: try patch <= large ? BodyCount(shape, imageSize: large).flopsPerImage : nil,
      published: Published(
        millionParameters: printed.lazy.compactMap(\.millionParameters).first?.description,
        gigaFLOPs: printed.lazy.compactMap { $0.gigaFLOPs[small] }.first?.description,
        gigaFLOPsOfLargeImage: printed.lazy.compactMap { $0.gigaFLOPs[large] }.first?.description),
      source: variant.source)
  }
}

extension Facts {
  /// The facts shown about a named shape.
  package init(_ row: ShapesReport.Row, _ variant: Variant) { self.init(Self.facts(row, variant)) }

  private static func facts(_ row: ShapesReport.Row, _ variant: Variant) -> [(label: String, text: String)] {
    let shape = row.shape
    let ratio = fixed(Double(shape.mlpWidth) / Double(shape.width), digits: 2)
    var facts: [(label: String, text: String)] = []
    if !variant.aliases.isEmpty { facts.append(("also", variant.aliases.joined(separator: ", "))) }
    facts += [
      ("width", "\(shape.width)"), ("depth", "\(shape.depth) blocks"),
      ("MLP-width", "\(shape.mlpWidth), \(ratio) times the width"),
      ("heads", "\(shape.heads) of width \(shape.headWidth)"), ("patch", "\(shape.patch) px"),
    ]
    if let parameters = row.bodyParameters {
      facts.append(("parameters", "\(ParameterCount.text(parameters)), body without pooling head and classifier"))
    }
    for (size, flops) in [
      (Configuration.Defaults.imageSize, row.flopsPerImage), (ShapesReport.Row.largeImage, row.flopsPerLargeImage),
    ] {
      if let flops { facts.append(("GFLOPs", "\(fixed(flops.giga, digits: 1)) an image of \(size) px, forward")) }
    }
    for printed in variant.published where printed.patch == shape.patch {
      var figures: [String] = []
      if let millions = printed.millionParameters {
        figures.append("\(millions) M parameters" + (printed.head.map { " with \($0.title)" } ?? ""))
      }
      figures += printed.gigaFLOPs.sorted { $0.key < $1.key }.map { "\($0.value) GFLOPs at \($0.key) px" }
      facts.append(("printed", figures.joined(separator: ", ") + " (\(printed.source))"))
    }
    if !variant.patches.contains(shape.patch) {
      let patches = variant.patches.map(String.init).joined(separator: ", ")
      facts.append(("note", "published with patch \(patches), not \(shape.patch)"))
    }
    return facts + [("source", variant.source)]
  }
}
