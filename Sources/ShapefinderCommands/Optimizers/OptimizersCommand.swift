import Answers
import ArgumentParser
import Catalog
import Reporting
import VisionTransformer

/// `shapefinder optimizers`.
struct OptimizersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "optimizers",
    abstract: "Compares what each optimizer costs, and what fits because of it.",
    discussion: """
      For a shape, on one device or several: state by moment, its ratio to the parameters, the verdict, the largest batch and depth. For a grid: \
      the ratio over all of it, and how many configurations fit. Ratios are of bytes as the device lays them out, factored \
      second moments and tile padding included; "paper" is what arXiv 2106.04560 says in section 3.4. The exit code is \
      3 where nothing fits under any optimizer.

      Examples:

        shapefinder optimizers ViT-G/14
        shapefinder optimizers ViT-g/14 --batch 32 --gradient-clipping global-norm
        shapefinder optimizers --grid figure8
      """)

  @OptionGroup var question: ConfigurationOptions
  @Option(
    help: ArgumentHelp("Over a grid instead; see `shapefinder grids`.", valueName: "name"), completion: .gridNames)
  var grid: String?
  @OptionGroup var catalog: CatalogOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if question.setting.optimizer != nil {
      throw ValidationError("all optimizers are compared: leave out --optimizer")
    }
    if grid != nil, question.hasShape { throw ValidationError("give a shape or --grid, not both") }
    if grid == nil, !question.hasShape {
      throw ValidationError("no shape: give a name such as ViT-G/14, its numbers, or --grid")
    }
  }

  func run() throws {
    let context = AnswerContext.command(try catalog.load(), catchesSignals: false)
    if let grid { return try compare(grid: grid, context) }
    if let name = question.shape.shape, (try? context.catalog.shape(named: name)) == nil,
      (try? context.catalog.grid(named: name)) != nil
    {
      throw CommandError.usage("\(name) is a grid, not a shape: give --grid \(name)")
    }
    let comparisons = try OptimizerComparison.all(question.shape.question, question.setting, context)
    try output.write(comparisons.rows, comparisons.listing) { comparisons.text($0) }
    if comparisons.rows.allSatisfy({ $0.verdict == .doesNotFit }) { throw CommandError.nothingFits }
  }

  private func compare(grid name: String, _ context: AnswerContext) throws {
    var progress: ProgressReporter?
    let comparison: OptimizerGridComparison
    do {
      comparison = try OptimizerGridComparison(
        grid: name, question.setting, context,
        progress: { done, total in
          progress = progress ?? Console.progress("configurations", total: total)
          progress?.update(done)
        })
    } catch let error as ConfigurationError {
      throw CommandError.usage(error)
    }
    progress?.finish()
    try output.write(comparison.rows, OptimizerGridReport.listing) { comparison.text($0) }
    if comparison.rows.allSatisfy({ $0.fits + $0.uncertain == 0 }) { throw CommandError.nothingFits }
  }
}
