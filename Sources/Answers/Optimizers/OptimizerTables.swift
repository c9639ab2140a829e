import Reporting
import VisionTransformer

extension [OptimizerComparison] {
  /// The rows of all devices.
  package var rows: [OptimizerReport.Row] { flatMap(\.rows) }

  /// The columns; with several devices the first names the device.
  package var listing: Listing<OptimizerReport.Row> { OptimizerReport.listing(devices: count > 1) }

  /// The table with a title.
  package func text(_ terminal: Terminal) -> String {
    guard let first else { return "" }
    let configuration = first.configuration, rows = rows, device = count > 1 ? nil : first.device
    let title =
      "\(configuration.title) on \(device?.place ?? counted(count, "device")), \(images(configuration.batch)) "
      + "\(device?.perUnit ?? "a core or chip"), \(configuration.head.title): "
      + "\(ParameterCount.text(rows.first?.parameterCount ?? 0)) parameters, \(rows.first?.parameters ?? .zero)"
    let listing = listing
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
