import ArgumentParser
import Catalog
import Reporting
import TrainingStep
import VisionTransformer

/// `shapefinder shapes list`.
struct ShapesListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists every named shape with its parameters and FLOPs, counted and published.",
    discussion: """
      Parameters are those of the body, without pooling head and classifier; FLOPs are of one image forward, a \
      multiply-add counting 2.

      Examples:

        shapefinder shapes list
        shapefinder shapes list --format json
      """)

  @OptionGroup var catalog: CatalogOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let catalog = try catalog.load()
    let rows = try catalog.variants.flatMap { variant in
      try variant.patches.map { try ShapesReport.Row(variant, patch: $0) }
    }
    try output.write(rows, ShapesReport.listing)
  }
}

extension ShapesReport.Row {
  /// The image of the larger figures in the papers, in pixels.
  static let largeImage = 384

  /// A named shape, counted, beside what was printed of it.
  init(_ variant: Variant, patch: Int) throws {
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
