import Answers
import ArgumentParser
import VisionTransformer

/// How long a training run is, and on how many chips: of every command that says what it takes.
struct BudgetOptions: ParsableArguments {
  @Option("Images seen in all: 3e9, 40B.", "n", transform: magnitude)
  var examples: Double?
  @Option("Times that the dataset is seen.", "n", transform: magnitude)
  var epochs: Double?
  @Option("Images of an epoch: 1.28M.", "n", transform: magnitude)
  var datasetSize: Double?
  @Option("Chips that share it.", "n", transform: wholeNumber)
  var chips: Int?

  /// The same as plain values.
  var question: BudgetQuestion {
    BudgetQuestion(examples: examples, epochs: epochs, datasetSize: datasetSize, chips: chips)
  }
}
