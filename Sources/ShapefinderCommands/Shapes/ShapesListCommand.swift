import Answers
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
    try output.write(ShapesReport.Row.all(catalog.load()), ShapesReport.listing)
  }
}
