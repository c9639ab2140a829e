import VisionTransformer

/// A model's values, collected while its file is read.
struct ModelDescription {
  let catalog: Catalog
  var shape = Shape(width: 0, depth: 0, mlpWidth: 0, heads: 0, patch: 0)
  var imageSize: Int?
  var head: Head?
  var classes: Int?
  /// The file's own key for each key of the contract, for errors.
  var keys: [String: String] = [:]
  /// Keys that the file leaves out, so that the format's default was taken.
  private var assumed: [String] = []
  private var remarks: [String] = []
  private var unused: [(path: String, keys: [String])] = []

  init(catalog: Catalog) { self.catalog = catalog }

  /// Takes a value, or the format's default if the file leaves it out.
  mutating func assume<Value>(_ key: String, _ value: Value?, else fallback: Value) -> Value {
    if let value { return value }
    assumed.append("\(key) \(fallback)")
    return fallback
  }

  /// Adds a remark on the model, one sentence.
  mutating func remark(_ text: String) { remarks.append(text) }

  /// Adds a remark on the keys of an object that were not used.
  mutating func leave(_ fields: ModelFields) {
    if !fields.unused.isEmpty { unused.append((String(fields.path.dropLast()), fields.unused)) }
  }

  /// Leaves out tokens that the training step here does not have, if they are negligible; otherwise the model is a
  /// different one.
  mutating func leaveOut(
    tokens: Int, named name: String, _ fields: ModelFields, _ key: String
  ) throws(ConfigurationError) {
    guard tokens > 0 else { return }
    let (isFew, text) = ExtraTokens(count: tokens, subject: name).judged(
      imageSize: imageSize ?? Configuration.Defaults.imageSize, patch: shape.patch, head: head)
    guard isFew else { throw fields.error(key, text) }
    remark(text)
  }

  /// The configuration, with the name of its shape if that has one.
  ///
  /// - Throws: `ConfigurationError` that names the file's own key.
  mutating func configuration() throws(ConfigurationError) -> Configuration {
    var configuration = Configuration(shape: shape, shapeName: catalog.name(of: shape))
    if let imageSize { configuration.imageSize = imageSize }
    if let head {
      configuration.head = head
    } else {
      remark("it names no pooling known here: head \(configuration.head.rawValue) unless you give one")
    }
    if let classes {
      configuration.classes = classes
    } else {
      remark("it has no classifier: \(configuration.classes) classes unless you give a number")
    }
    do {
      return try configuration.validated().configuration
    } catch {
      var error = error
      error.key = keys[error.key] ?? error.key
      throw error
    }
  }

  /// The remarks, as sentences.
  var notes: [String] {
    var notes = remarks
    if !assumed.isEmpty { notes.append("left out, and so as the format has it: " + assumed.joined(separator: ", ")) }
    for (path, keys) in unused {
      let list = keys.map { excerpt(of: $0) }.joined(separator: ", ")
      notes.append((path.isEmpty ? "not used: " : "not used of \(path): ") + list)
    }
    return notes
  }
}

extension Catalog {
  /// The name of a shape, such as `ViT-L/14`; nil if no variant has its numbers.
  public func name(of shape: Shape) -> String? {
    variants.first { $0.shape(patch: shape.patch) == shape }?.shapeName(patch: shape.patch)
  }
}
