import Catalog
import VisionTransformer

/// A shape as it was read, with everything that came with it.
package struct ReadShape: Sendable {
  /// Not validated: for a model's file, its contents; otherwise the contract's defaults.
  package var configuration: Configuration
  /// The program that writes such files; nil for a name and for numbers.
  package var file: ModelFile.Format?
  /// What the name means; nil for a file and for numbers.
  package var name: ShapeReading?
}

/// A shape as written: its name, its numbers, or a name with some of its numbers changed.
package struct ShapeQuestion: Sendable {
  package var name: String?
  package var width: Int?
  package var depth: Int?
  package var mlpWidth: Int?
  package var heads: Int?
  package var patch: Int?

  /// A question.
  package init(
    name: String?, width: Int? = nil, depth: Int? = nil, mlpWidth: Int? = nil, heads: Int? = nil, patch: Int? = nil
  ) {
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

  /// Reads the shape once, from its file if it has one.
  ///
  /// - Throws: `AnswerError` for an unknown name and for missing numbers, `CatalogError` for a file.
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

  /// The shape with the given numbers in place of its own.
  private func changed(_ configuration: Configuration) -> Configuration {
    var configuration = configuration
    let base = configuration.shape
    configuration.shape = Shape(
      width: width ?? base.width, depth: depth ?? base.depth, mlpWidth: mlpWidth ?? base.mlpWidth,
      heads: heads ?? base.heads, patch: patch ?? base.patch)
    // A shape whose numbers differ from its name's loses the name.
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
