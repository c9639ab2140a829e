import Answers
import Catalog
import VisionTransformer

extension Parameter {
  private typealias Defaults = Configuration.Defaults

  /// The parameters of a setting: everything in a question except the shape.
  static let settings: [Parameter] = [
    Parameter(
      .device, "Device, or a slice (v3-8); for check, optimizers and grids also a list, or all.",
      .text(example: "tpu-v3"), standard: Defaults.device),
    Parameter(.batch, "Images a core or chip; several for a grid.", .axis(example: "8"), standard: "\(Defaults.batch)"),
    Parameter(
      .imageSize, "Side of the image in pixels; several for a grid.", .axis(example: "224"),
      standard: "\(Defaults.imageSize)"),
    Parameter(
      .head, "How tokens become one vector.", .choice(Head.allCases.map(\.rawValue)), standard: Defaults.head.rawValue),
    Parameter(.classes, "Outputs of the classifier.", .whole(1...(1 << 40)), standard: "\(Defaults.classes)"),
    Parameter(
      .optimizer, "Optimizer.", .choice(Optimizer.allCases.map(\.rawValue)), standard: Defaults.optimizer.rawValue),
    Parameter(
      .precision, "Precision of the activations.", .choice(Precision.allCases.map(\.rawValue)),
      standard: Defaults.precision.rawValue),
    Parameter(
      .gradientClipping, "Gradient clipping.", .choice(GradientClipping.allCases.map(\.rawValue)),
      standard: Defaults.gradientClipping.rawValue),
    Parameter(
      .rematerialization, "What the backward pass computes again.", .choice(Rematerialization.allCases.map(\.rawValue)),
      standard: Defaults.rematerialization.rawValue),
    Parameter(
      .layers, "Blocks written out or looped over.", .choice(Layers.allCases.map(\.rawValue)),
      standard: Defaults.layers.rawValue),
    Parameter(
      .dataParallel, "Cores that share the gradients' sum.", .whole(1...(1 << 30)), standard: "\(Defaults.dataParallel)"
    ),
    Parameter(.memoryLimit, "Memory, instead of the device's.", .size(example: "15.48GiB")),
    Parameter(.compiler, "Version of libtpu that the answer speaks for.", .text(example: "0.0.17.1")),
  ]

  /// The parameters of one shape: its name, its numbers, or a name with some numbers changed.
  static let shape: [Parameter] = [
    Parameter("shape", "Name of a shape; see /v1/shapes.", .text(example: "ViT-g/14")),
    Parameter("width", "Width; numbers replace those of a named shape.", .whole(1...(1 << 30))),
    Parameter("depth", "Encoder blocks.", .whole(1...(1 << 30))),
    Parameter("mlpWidth", "Width of the MLP's hidden layer.", .whole(1...(1 << 30))),
    Parameter("heads", "Attention heads; must divide the width.", .whole(1...(1 << 30))),
    Parameter("patch", "Side of a patch in pixels.", .whole(1...(1 << 30))),
  ]

  /// The parameters of a grid: one of the catalog, explicit axes, or both.
  static let grid: [Parameter] = [
    Parameter(
      "grid", "Grid of the catalog; see /v1/grids. Without one, all five axes are needed.", .text(example: "figure8")),
    Parameter("depth", "Encoder blocks.", .axis(example: "1..100")),
    Parameter("width", "Widths.", .axis(example: "512..2560 by 64")),
    Parameter("mlpWidth", "MLP-widths, or ratios to the width.", .axis(example: "4x")),
    Parameter("heads", "Heads.", .axis(example: "16")),
    Parameter("patch", "Sides of a patch in pixels.", .axis(example: "14")),
  ]

  /// With this parameter, clients may reuse an answer that depends on question and model alone.
  static let version = Parameter(
    "version",
    "Version of the answers that /v1/options says; with it, an answer that nothing stored decides is said to be immutable.",
    .text(example: "version"))

  /// The form of the answer, for links; without it, `Accept` decides.
  static func format(_ forms: [Form]) -> Parameter {
    Parameter(
      "format", "Form of the answer, instead of Accept.", .choice(forms.map(\.rawValue)),
      standard: forms.first?.rawValue)
  }
}

extension GivenSetting {
  /// Reads the setting of a query.
  ///
  /// - Throws: `ConfigurationError` for an invalid axis or size.
  init(_ values: Values) throws(ConfigurationError) {
    self.init()
    device = values[.device]
    batch = try values.numbers(.batch) { text throws(WrittenError) in try Grid.Axis(written: text) }
    imageSize = try values.numbers(.imageSize) { text throws(WrittenError) in try Grid.Axis(sides: text) }
    head = values[.head]
    classes = values.whole("classes")
    optimizer = values[.optimizer]
    precision = values[.precision]
    gradientClipping = values[.gradientClipping]
    rematerialization = values[.rematerialization]
    layers = values[.layers]
    dataParallel = values.whole("dataParallel")
    compiler = values[.compiler]
    if let text = values[.memoryLimit] {
      do { memoryLimit = try Bytes(parsing: text) } catch {
        throw ConfigurationError(key: "memoryLimit", value: "\"\(excerpt(of: text))\"", rule: error.rule)
      }
    }
  }
}

extension ShapeQuestion {
  /// Reads the shape of a query.
  ///
  /// - Throws: `ConfigurationError` for the name of a file, because the service opens no files for clients.
  init(_ values: Values) throws(ConfigurationError) {
    if let name = values["shape"], ModelFile.isPath(name) {
      throw ConfigurationError(
        key: "shape", value: "\"\(excerpt(of: name))\"", rule: "is a file; give a name, or the shape's numbers")
    }
    self.init(
      name: values["shape"], width: values.whole("width"), depth: values.whole("depth"),
      mlpWidth: values.whole("mlpWidth"), heads: values.whole("heads"), patch: values.whole("patch"))
  }
}

extension GridQuestion {
  /// Reads the grid of a query.
  ///
  /// - Throws: `ConfigurationError` for an invalid axis or size.
  init(_ values: Values) throws(ConfigurationError) {
    // Checked here, so that errors name the parameter.
    for key in [Grid.Key.depth, .width, .mlpWidth, .heads, .patch] where values[key.rawValue] != "all" {
      _ = try values.axis(named: key.rawValue)
    }
    self.init(
      name: values["grid"], depth: values["depth"], width: values["width"], mlpWidth: values["mlpWidth"],
      heads: values["heads"], patch: values["patch"], setting: try GivenSetting(values))
  }
}

extension Values {
  /// The number of a parameter, such as `300M`; nil if it was not given.
  ///
  /// - Throws: `ConfigurationError` that names the parameter.
  func magnitude(_ name: String) throws(ConfigurationError) -> Double? {
    guard let text = self[name] else { return nil }
    do { return try Double(magnitude: text) } catch { throw failure(name, error.rule) }
  }

  /// The word of a parameter, exactly as it is listed; nil if it was not given.
  ///
  /// - Throws: `ConfigurationError` that names the parameter and lists the words.
  func word<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, of choices: Choice.Type = Choice.self
  ) throws(ConfigurationError) -> Choice? {
    guard let text = self[name] else { return nil }
    guard let choice = Choice(rawValue: text) else {
      throw failure(name, "must be one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }

  /// The violation of a rule by the text of a parameter.
  func failure(_ name: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(key: name, value: "\"\(excerpt(of: self[name] ?? ""))\"", rule: rule)
  }

  fileprivate func numbers(
    _ key: Configuration.Key, _ read: (String) throws(WrittenError) -> Grid.Axis
  ) throws(ConfigurationError) -> Grid.Axis? {
    guard let text = self[key] else { return nil }
    do { return try read(text) } catch { throw failure(key.rawValue, error.rule) }
  }

  fileprivate func axis(named name: String) throws(ConfigurationError) -> Grid.Axis? {
    guard let text = self[name] else { return nil }
    do { return try Grid.Axis(parsing: text) } catch {
      throw ConfigurationError(
        key: name, value: "\"\(excerpt(of: text))\"",
        rule: "must be \(Grid.Axis.syntax): at character \(error.offset + 1): \(error.problem)")
    }
  }
}
