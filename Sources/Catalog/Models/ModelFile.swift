import Foundation
import VisionTransformer

/// A model described by another program: the JSON of an open_clip model, a Hugging Face `config.json`, timm's
/// `config.json`, or a configuration of the contract.
///
/// Values that the training step here supports are taken, missing ones take the format's defaults, and everything else
/// is named in `notes`. A model with a different training step is rejected.
///
/// Source: the configuration classes of the libraries, named at each format.
public struct ModelFile: Sendable, Hashable {
  /// The program that writes such files.
  public enum Format: String, Sendable, CaseIterable {
    case openCLIP = "open_clip"
    case huggingFace = "Hugging Face"
    case timm
    case contract = "shapefinder"
  }

  /// The program that writes such files.
  public let format: Format
  /// Shape, image size, head and classes from the file; everything else takes the contract's defaults.
  public let configuration: Configuration
  /// What was left out, which defaults were taken, and which keys were not used, as sentences.
  public let notes: [String]

  /// Largest file that is accepted: the 21,841 labels of ImageNet-21k, written twice, take 2 MiB.
  public static let largest = Bytes(16 << 20)

  /// Whether a shape's text is the path of such a file rather than a name.
  public static func isPath(_ text: String) -> Bool { text.lowercased().hasSuffix(".json") }

  /// Reads the file at `path`.
  ///
  /// - Throws: `CatalogError` with the file, the key, its value and the rule.
  public init(path: String, catalog: Catalog) throws(CatalogError) {
    let target = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: target) else {
      throw CatalogError(file: path, problem: "cannot be read: there is no such file")
    }
    // Opening a pipe or a device under that name could block or never end.
    guard attributes[.type] as? FileAttributeType == .typeRegular else {
      throw CatalogError(file: path, problem: "is not a file that can be read")
    }
    let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
    guard size <= Self.largest.count else {
      throw CatalogError(file: path, problem: "is \(Bytes(size)), more than the \(Self.largest) that are read")
    }
    guard let data = FileManager.default.contents(atPath: target) else {
      throw CatalogError(file: path, problem: "cannot be read")
    }
    try self.init(data, name: path, catalog: catalog)
  }

  /// Reads the text of a file, which errors refer to as `name`.
  ///
  /// - Throws: `CatalogError` with the file, the key, its value and the rule.
  public init(_ text: some Collection<UInt8>, name: String, catalog: Catalog) throws(CatalogError) {
    let value: LooseValue
    do {
      value = try LooseValue(json: text, atMost: Self.largest.count)
    } catch {
      throw CatalogError(
        file: name, line: error.line, column: error.column,
        problem: error.column == nil ? error.problem : "is not JSON: \(error.problem)")
    }
    do {
      try self.init(value, catalog: catalog)
    } catch {
      throw CatalogError(file: name, problem: "\(error)")
    }
  }

  /// Reads a parsed value.
  ///
  /// - Throws: `ConfigurationError` that names the file's own key.
  init(_ value: LooseValue, catalog: Catalog) throws(ConfigurationError) {
    guard case .object(let values) = value else {
      throw ConfigurationError(key: "", value: "\(value)", rule: "must be an object that describes a model")
    }
    guard let format = Format(values) else {
      throw ConfigurationError(
        key: "", value: "this object",
        rule:
          "describes no model that is known: must have vision_cfg (open_clip), hidden_size or vision_config (Hugging "
          + "Face), architecture (timm), or shape")
    }
    self.format = format
    if format == .contract {
      (configuration, notes) = try Configuration.reading(value, directory: catalog)
      return
    }
    var model = ModelDescription(catalog: catalog)
    switch format {
    case .openCLIP: try model.readOpenCLIP(ModelFields(values))
    case .huggingFace: try model.readHuggingFace(ModelFields(values))
    case .timm: try model.readTimm(ModelFields(values))
    case .contract: break
    }
    configuration = try model.configuration()
    notes = model.notes
  }
}

extension ModelFile.Format {
  /// The format of an object; nil if it is none of these.
  init?(_ values: [String: LooseValue]) {
    func has(_ keys: String...) -> Bool { keys.allSatisfy { values[$0] != nil } }
    if has("shape") || Configuration.ShapeKey.allCases.allSatisfy({ values[$0.rawValue] != nil }) {
      self = .contract
    } else if has("vision_cfg") || has("model_cfg") || values["layers"].map(Self.isNumber) == true && has("width") {
      self = .openCLIP
    } else if has("vision_config") || has("model_type") || has("hidden_size") || has("num_hidden_layers") {
      self = .huggingFace
    } else if has("architecture") {
      self = .timm
    } else {
      return nil
    }
  }

  /// Whether a value is a number or a list, like open_clip's `layers`; the contract's is a word.
  private static func isNumber(_ value: LooseValue) -> Bool {
    switch value {
    case .integer, .number, .array: true
    default: false
    }
  }
}
