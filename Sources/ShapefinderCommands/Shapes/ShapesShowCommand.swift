import ArgumentParser
import Catalog
import Reporting
import VisionTransformer

/// `shapefinder shapes show`.
struct ShapesShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows one named shape, the figures published for it, and their source.",
    discussion: """
      Examples:

        shapefinder shapes show ViT-G/14
        shapefinder shapes show So400m/16 --format json
      """)

  @Argument(
    help: ArgumentHelp("Name, such as ViT-G/14; upper and lower case differ.", valueName: "name"),
    completion: .shapeNames)
  var name: String
  @OptionGroup var catalog: CatalogOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let catalog = try catalog.load()
    let variant: Variant, shape: Shape
    do {
      let reading = try catalog.reading(ofShape: name)
      if let note = reading.note { remark(note) }
      shape = reading.shape
      variant = try catalog.variant(named: name)
    } catch {
      throw CommandError.usage("\(error)")
    }
    let row = try ShapesReport.Row(variant, patch: shape.patch)
    try output.write([row], ShapesReport.listing, answer: .single) { terminal in
      Facts(Self.facts(row, variant)).text(title: row.name, terminal: terminal)
    }
  }

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
