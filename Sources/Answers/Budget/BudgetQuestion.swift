import VisionTransformer

/// A training run as given: images seen, or epochs of a dataset, and chips that share it.
package struct BudgetQuestion: Sendable, Hashable {
  /// Images seen, counting repetitions.
  package var examples: Double?
  /// Number of times that the whole dataset is seen.
  package var epochs: Double?
  /// Number of images in the dataset.
  package var datasetSize: Double?
  /// Number of chips that share each batch.
  package var chips: Int?

  /// A question; with all values nil it asks for no run.
  package init(examples: Double? = nil, epochs: Double? = nil, datasetSize: Double? = nil, chips: Int? = nil) {
    self.examples = examples
    self.epochs = epochs
    self.datasetSize = datasetSize
    self.chips = chips
  }

  /// Whether nothing was given.
  package var isEmpty: Bool { self == BudgetQuestion() }

  /// The run; nil if nothing was given.
  ///
  /// - Throws: `AnswerError` that names the key and the rule.
  package func run() throws(AnswerError) -> TrainingRun? {
    guard let examples = try imagesSeen() else {
      if let chips {
        throw refusal("chips", Double(chips), "needs a run: the images seen, or epochs and the dataset's size")
      }
      return nil
    }
    do { return try TrainingRun(examples: examples, chips: chips) } catch { throw AnswerError(error) }
  }

  /// The run on a device; nil if nothing was given.
  ///
  /// - Throws: `AnswerError`, also if chips are given for a device that has none.
  package func run(on device: Device) throws(AnswerError) -> TrainingRun? {
    let run = try run()
    if let chips, device.devicesPerChip == nil {
      throw refusal("chips", Double(chips), "is for accelerators: \(device.name) has no chips; leave it out")
    }
    return run
  }

  /// A description such as `300 epochs of 1,280,000 images` or `3,000,000,000 images`; nil if nothing was given.
  package var words: String? {
    if let epochs, let datasetSize {
      return "\(grouped(epochs)) \(epochs == 1 ? "epoch" : "epochs") of \(images(datasetSize))"
    }
    return examples.map(images)
  }

  private func images(_ count: Double) -> String {
    "\(grouped(count.rounded())) \(count.rounded() == 1 ? "image" : "images")"
  }

  private func imagesSeen() throws(AnswerError) -> Double? {
    let most = "must be between 1 and 1e15"
    if let examples {
      guard epochs == nil, datasetSize == nil else {
        throw refusal(
          "examples", examples,
          "is given beside epochs of a dataset: give the images seen, or epochs and the dataset's size")
      }
      // `1.28M` is not always a whole number when converted to a double.
      guard (1...TrainingRun.Limits.examples).contains(examples.rounded()) else {
        throw refusal("examples", examples, most)
      }
      return examples.rounded()
    }
    guard let epochs else {
      if let datasetSize {
        throw refusal("datasetSize", datasetSize, "needs epochs: the times that the dataset is seen")
      }
      return nil
    }
    guard let datasetSize else { throw refusal("epochs", epochs, "needs the dataset's size: the images of one epoch") }
    guard (1...TrainingRun.Limits.examples).contains(datasetSize.rounded()) else {
      throw refusal("datasetSize", datasetSize, most)
    }
    let seen = epochs * datasetSize.rounded()
    guard epochs > 0, seen >= 1, seen <= TrainingRun.Limits.examples else {
      throw refusal("epochs", epochs, "must be such that the images seen are between 1 and 1e15")
    }
    return seen
  }

  private func refusal(_ key: String, _ value: Double, _ rule: String) -> AnswerError {
    AnswerError(ConfigurationError(key: key, value: Self.plain(value), rule: rule))
  }

  private static func plain(_ value: Double) -> String {
    Int(exactly: value).flatMap { $0 < 1_000_000_000_000_000 ? "\($0)" : nil } ?? "\(value)"
  }

  private func grouped(_ value: Double) -> String {
    Int(exactly: value).map { VisionTransformer.grouped($0) } ?? Self.plain(value)
  }
}
