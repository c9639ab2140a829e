import Catalog
import VisionTransformer

/// A shape as it was asked for: its name, its numbers, or a name with some of its numbers changed.
package struct ShapeQuestion: Sendable {
  package var name: String?
  package var width: Int?
  package var depth: Int?
  package var mlpWidth: Int?
  package var heads: Int?
  package var patch: Int?

  /// A question.
  package init(name: String?, width: Int?, depth: Int?, mlpWidth: Int?, heads: Int?, patch: Int?) {
    self.name = name
    self.width = width
    self.depth = depth
    self.mlpWidth = mlpWidth
    self.heads = heads
    self.patch = patch
  }

  private var numbers: [(key: Configuration.ShapeKey, value: Int?)] {
    [(.width, width), (.depth, depth), (.mlpWidth, mlpWidth), (.heads, heads), (.patch, patch)]
  }

  /// Whether a shape was given, by name or by any of its numbers.
  package var isEmpty: Bool { name == nil && numbers.allSatisfy { $0.value == nil } }

  /// A configuration of the shape, not yet checked: of a model's file with what that says, else with the contract's defaults.
  ///
  /// - Throws: `ConfigurationError` for an unknown name, `CatalogError` for a file, `AnswerError` where numbers are missing.
  package func configuration(_ context: AnswerContext) throws -> Configuration {
    guard let name else { return Configuration(shape: try shapeOfNumbers()) }
    var configuration: Configuration
    if ModelFile.isPath(name) {
      let model = try ModelFile(path: name, catalog: context.catalog)
      for note in model.notes { context.remark("\(name): \(note)") }
      configuration = model.configuration
    } else {
      let reading = try context.catalog.reading(ofShape: name)
      configuration = Configuration(shape: reading.shape, shapeName: reading.name)
      configuration.imageSize = reading.imageSize ?? configuration.imageSize
      configuration.head = reading.head ?? configuration.head
      if let note = reading.note { context.remarkOnce(note) }
    }
    let base = configuration.shape
    configuration.shape = Shape(
      width: width ?? base.width, depth: depth ?? base.depth, mlpWidth: mlpWidth ?? base.mlpWidth,
      heads: heads ?? base.heads, patch: patch ?? base.patch)
    // A shape of other numbers than its name's has no name.
    if configuration.shape != base { configuration.shapeName = nil }
    return configuration
  }

  private func shapeOfNumbers() throws -> Shape {
    guard let width, let depth, let mlpWidth, let heads, let patch else {
      let options = numbers.map { "--" + $0.key.rawValue.optionName }
      let missing = zip(options, numbers).filter { $0.1.value == nil }.map(\.0)
      let hint = missing.count == options.count ? "" : "; missing: " + missing.joined(separator: ", ")
      throw AnswerError(
        .invalid,
        "no shape: give a name such as ViT-G/14, or all of " + options.joined(separator: " ") + hint)
    }
    return Shape(width: width, depth: depth, mlpWidth: mlpWidth, heads: heads, patch: patch)
  }
}
