import VisionTransformer

/// What is known of a model while its file is read.
struct ModelDescription {
  let catalog: Catalog
  var shape = Shape(width: 0, depth: 0, mlpWidth: 0, heads: 0, patch: 0)
  var imageSize: Int?
  var head: Head?
  var classes: Int?
  /// The file's own key of each key of the contract, for errors.
  var keys: [String: String] = [:]
  /// Keys whose value is the format's own, because the file leaves them out.
  private var assumed: [String] = []
  private var remarks: [String] = []
  private var unused: [(path: String, keys: [String])] = []

  init(catalog: Catalog) { self.catalog = catalog }

  /// Takes a value, or the format's default where the file leaves it out.
  mutating func assume<Value>(_ key: String, _ value: Value?, else fallback: Value) -> Value {
    if let value { return value }
    assumed.append("\(key) \(fallback)")
    return fallback
  }

  /// Says something of the model in one sentence.
  mutating func remark(_ text: String) { remarks.append(text) }

  /// Says which keys of an object were not used.
  mutating func leave(_ fields: ModelFields) {
    if !fields.unused.isEmpty { unused.append((String(fields.path.dropLast()), fields.unused)) }
  }

  /// Tokens beside those of a step here: left out where they are next to nothing, else the model is another one.
  mutating func leaveOut(
    tokens: Int, named name: String, _ fields: ModelFields, _ key: String
  ) throws(ConfigurationError) {
    guard tokens > 0 else { return }
    let (isFew, text) = ExtraTokens(count: tokens, subject: name).judged(
      imageSize: imageSize ?? Configuration.Defaults.imageSize, patch: shape.patch, head: head)
    guard isFew else { throw fields.error(key, text) }
    remark(text)
  }

  /// The configuration, by the name of its shape where it has one.
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

  /// What is to be told, in sentences.
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
  /// The name of a shape, such as `ViT-L/14`; nil where no variant has its numbers.
  public func name(of shape: Shape) -> String? {
    variants.first { $0.shape(patch: shape.patch) == shape }?.shapeName(patch: shape.patch)
  }
}
