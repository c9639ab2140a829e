import Catalog
import VisionTransformer

/// A shape as it was read, with what stood beside it.
package struct ReadShape: Sendable {
  /// Not yet checked: of a model's file with what that says, else with the contract's defaults.
  package var configuration: Configuration
  /// Who writes files like the one that was read; nil for a name and for numbers.
  package var file: ModelFile.Format?
  /// What the name says; nil for a file and for numbers.
  package var name: ShapeReading?
}

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

  /// Reads the shape, and the file it may stand in, once.
  ///
  /// - Throws: `AnswerError` for an unknown name and where numbers are missing, `CatalogError` for a file.
  package func read(_ context: AnswerContext) throws -> ReadShape {
    guard let name else { return ReadShape(configuration: Configuration(shape: try shapeOfNumbers())) }
    if ModelFile.isPath(name) {
      let model = try ModelFile(path: name, catalog: context.catalog)
      for note in model.notes { context.remark("\(name): \(note)") }
      return ReadShape(configuration: changed(model.configuration), file: model.format)
    }
    do {
      let reading = try context.catalog.reading(ofShape: name)
      var configuration = Configuration(shape: reading.shape, shapeName: reading.name)
      configuration.imageSize = reading.imageSize ?? configuration.imageSize
      configuration.head = reading.head ?? configuration.head
      if let note = reading.note { context.remarkOnce(note) }
      return ReadShape(configuration: changed(configuration), name: reading)
    } catch {
      throw AnswerError(error)
    }
  }

  /// The numbers that were given in the place of the shape's own.
  private func changed(_ configuration: Configuration) -> Configuration {
    var configuration = configuration
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
