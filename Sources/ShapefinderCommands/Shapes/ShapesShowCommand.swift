import Answers
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
      Facts(row, variant).text(title: row.name, terminal: terminal)
    }
  }
}
