import Reporting
import VisionTransformer

extension OptimizerComparison {
  /// The table with a title.
  package func text(_ terminal: Terminal) -> String {
    let title =
      "\(configuration.title) on \(device.place), \(images(configuration.batch)) \(device.perUnit), "
      + "\(configuration.head.title): \(ParameterCount.text(rows.first?.parameterCount ?? 0)) parameters, "
      + "\(rows.first?.parameters ?? .zero)"
    let listing = OptimizerReport.listing()
    return Remarks.text([title], isBold: true, terminal: terminal) + "\n"
      + listing.text(rows, terminal: terminal) + "\n"
      + listing.explanation(
        rows,
        [
          ("ratio", "state over parameters as laid out"), ("paper", "arXiv 2106.04560, section 3.4"),
          ("max batch", "the most images that fit, all else as it is"),
          ("max depth", "the most blocks that fit, all else as it is"), ("more blocks", "than under Adam"),
        ], terminal: terminal)
  }
}

extension OptimizerGridComparison {
  /// The table with a title.
  package func text(_ terminal: Terminal) -> String {
    let listing = OptimizerGridReport.listing
    return Remarks.text([title], isBold: true, terminal: terminal) + "\n"
      + listing.text(rows, terminal: terminal) + "\n"
      + listing.explanation(
        rows,
        [
          ("1st", "bytes a parameter of the first moment"), ("2nd", "bytes a parameter of the second moment"),
          ("ratio", "state over parameters, both as laid out and summed over the grid"),
          ("paper", "arXiv 2106.04560, section 3.4"),
          ("max batch", "the most images that fit, the median over block shapes in the middle of their depths"),
          ("max depth", "the most blocks of a shape that fits"), ("more blocks", "than under Adam, in the mean"),
          ("largest", "most parameters of a shape that fits"),
        ], terminal: terminal)
  }
}
