import Answers
import ArgumentParser
import VisionTransformer

/// How long a training run is, and on how many chips: of every command that says what it takes.
struct BudgetOptions: ParsableArguments {
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Images seen in all: 3e9, 40B.", valueName: "n"), transform: magnitude)
  var examples: Double?
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Times that the dataset is seen.", valueName: "n"), transform: magnitude
  )
  var epochs: Double?
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Images of an epoch: 1.28M.", valueName: "n"), transform: magnitude)
  var datasetSize: Double?
  @Option(parsing: .unconditional, help: ArgumentHelp("Chips that share it.", valueName: "n"), transform: wholeNumber)
  var chips: Int?

  /// The same as plain values.
  var question: BudgetQuestion {
    BudgetQuestion(examples: examples, epochs: epochs, datasetSize: datasetSize, chips: chips)
  }

  /// The run; nil where nothing was given.
  var run: TrainingRun? { get throws { try question.run() } }
}
