extension Configuration {
  /// The keys of the JSON contract (Contract, "A configuration").
  public enum Key: String, CaseIterable, Sendable {
    case shape, device, batch, imageSize, head, classes, optimizer, precision, gradientClipping, rematerialization,
      layers
    case dataParallel, memoryLimit, compiler

    /// The keys that every answer repeats: a compiler only where one was asked for.
    package static let repeated = allCases.filter { $0 != .compiler }
  }

  /// The keys of a shape given by its numbers.
  public enum ShapeKey: String, CaseIterable, Sendable {
    case width, depth, mlpWidth, heads, patch
  }

  /// Reads one configuration of the JSON contract, strictly: an unknown key, a missing shape, a value of the wrong type or
  /// outside its range is an error that names the key, the value and the rule. Keys left out take `Defaults`.
  ///
  /// - Throws: `ConfigurationError`.
  public init(_ value: LooseValue, directory: any ShapeDirectory) throws(ConfigurationError) {
    self = try Self.reading(value, directory: directory).configuration
  }

  /// Like `init(_:directory:)`, and also returns notes on names that are not the contract's own: how each was
  /// understood.
  ///
  /// - Throws: `ConfigurationError`.
  public static func reading(
    _ value: LooseValue, directory: any ShapeDirectory
  ) throws(ConfigurationError) -> (configuration: Configuration, notes: [String]) {
    let object = try Fields<Key>(Self.gathered(value), path: "")
    var configuration: Configuration
    var notes: [String] = []
    guard let shape = object[.shape] else {
      throw ConfigurationError(
        key: "shape", value: ConfigurationError.noValue,
        rule: "is required: a name such as \"ViT-G/14\", or an object with width, depth, mlpWidth, heads, patch")
    }
    if case .string(let name) = shape {
      let reading = try directory.reading(ofShape: name)
      configuration = Configuration(shape: reading.shape, shapeName: reading.name)
      configuration.imageSize = reading.imageSize ?? configuration.imageSize
      configuration.head = reading.head ?? configuration.head
      if let note = reading.note { notes.append(note) }
    } else {
      let fields = try Fields<ShapeKey>(shape, path: "shape.")
      configuration = Configuration(
        shape: Shape(
          width: try fields.integer(.width), depth: try fields.integer(.depth), mlpWidth: try fields.integer(.mlpWidth),
          heads: try fields.integer(.heads), patch: try fields.integer(.patch)))
    }
    notes += try configuration.setting.apply(object, directory: directory)
    try configuration.validated()
    return (configuration, notes)
  }

  /// Gathers the shape's five numbers into one `shape` object where they stand beside the other keys.
  private static func gathered(_ value: LooseValue) -> LooseValue {
    guard case .object(var object) = value, object["shape"] == nil,
      ShapeKey.allCases.allSatisfy({ object[$0.rawValue] != nil })
    else { return value }
    var shape: [String: LooseValue] = [:]
    for key in ShapeKey.allCases { shape[key.rawValue] = object.removeValue(forKey: key.rawValue) }
    object["shape"] = .object(shape)
    return .object(object)
  }
}

extension Configuration.Setting {
  /// Applies every option in `fields` except the shape; options left out keep their value. Names may be common synonyms
  /// of the contract's own; the returned notes say how each was understood. The numbers are not validated.
  ///
  /// - Throws: `ConfigurationError` for a value of the wrong type, an unknown device or an unknown word.
  public mutating func apply(
    _ fields: Fields<Configuration.Key>, directory: any ShapeDirectory
  ) throws(ConfigurationError) -> [String] {
    var notes: [String] = []
    let named = try directory.reading(ofDevice: try fields.string(.device, default: device))
    device = named.name
    if let note = named.note { notes.append(note) }
    batch = try fields.integer(.batch, default: batch)
    imageSize = try fields.integer(.imageSize, default: imageSize)
    classes = try fields.integer(.classes, default: classes)
    let optimizerReading = try fields.reading(.optimizer, of: Optimizer.self)
    optimizer = optimizerReading?.choice ?? optimizer
    head = try take(fields.reading(.head), &notes) ?? head
    precision = try take(fields.reading(.precision), &notes) ?? precision
    // An explicit option overrides what the optimizer's name implies.
    gradientClipping =
      try take(fields.reading(.gradientClipping), &notes) ?? optimizerReading?.clipping ?? gradientClipping
    if var note = optimizerReading?.note {
      if let clipping = optimizerReading?.clipping, clipping != gradientClipping {
        note += "; its clipping is left out, as you say \(gradientClipping.rawValue)"
      }
      notes.append(note)
    }
    rematerialization = try take(fields.reading(.rematerialization), &notes) ?? rematerialization
    layers = try take(fields.reading(.layers), &notes) ?? layers
    dataParallel = try fields.integer(.dataParallel, default: named.dataParallel ?? dataParallel)
    memoryLimit = try fields.bytes(.memoryLimit) ?? memoryLimit
    if fields[.compiler] != nil {
      let text = try fields.string(.compiler, default: "")
      guard let version = CompilerVersion.read(text) else {
        throw fields.error(.compiler, "\(LooseValue.string(text))", "must be a version of libtpu such as \"0.0.17.1\"")
      }
      compiler = version
    }
    return notes
  }

  private func take<Choice: NamedChoice>(_ reading: ChoiceReading<Choice>?, _ notes: inout [String]) -> Choice? {
    if let note = reading?.note { notes.append(note) }
    return reading?.choice
  }
}

/// The fields of one object, read strictly. Errors name the key with its path.
public struct Fields<Key: RawRepresentable & CaseIterable & Hashable & Sendable> where Key.RawValue == String {
  var values: [String: LooseValue]
  var path: String

  /// The fields of `value`; anything but an object, and any unknown key, is an error.
  ///
  /// - Throws: `ConfigurationError`.
  public init(_ value: LooseValue, path: String) throws(ConfigurationError) {
    let name = path.isEmpty ? "this line" : String(path.dropLast())
    guard case .object(let values) = value else {
      throw ConfigurationError(key: path.isEmpty ? "" : name, value: "\(value)", rule: "must be an object")
    }
    let known = Key.allCases.map(\.rawValue)
    if let unknown = values.keys.filter({ !known.contains($0) }).min() {
      throw ConfigurationError(
        key: path + excerpt(of: unknown), value: "\(values[unknown] ?? .null)",
        rule: "is not a known key" + suggestion(for: unknown, among: known) + "; known: "
          + known.joined(separator: ", "))
    }
    self.values = values
    self.path = path
  }

  /// The value of a key; nil if it is left out or null.
  public subscript(key: Key) -> LooseValue? {
    guard let value = values[key.rawValue], value != .null else { return nil }
    return value
  }

  /// A whole number, required unless it has a default.
  ///
  /// - Throws: `ConfigurationError` when it is missing without a default, or not a whole number.
  public func integer(_ key: Key, default fallback: Int? = nil) throws(ConfigurationError) -> Int {
    switch self[key] {
    case nil:
      if let fallback { return fallback }
      throw error(key, ConfigurationError.noValue, "is required")
    case .integer(let value): return value
    case .some(.number(let value, let written)) where value.magnitude >= 0x1p63:
      throw error(key, "\(LooseValue.number(value, written: written))", "is too large")
    case .some(let value): throw error(key, "\(value)", "must be a whole number")
    }
  }

  /// A string with a default.
  ///
  /// - Throws: `ConfigurationError` when it is not a string.
  public func string(_ key: Key, default fallback: String) throws(ConfigurationError) -> String {
    switch self[key] {
    case nil: return fallback
    case .string(let value): return value
    case .some(let value): throw error(key, "\(value)", "must be text")
    }
  }

  /// A case of an enumeration, with a default.
  ///
  /// - Throws: `ConfigurationError` that lists the choices.
  public func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: Key, default fallback: Choice
  ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
    guard let value = self[key] else { return fallback }
    let known = Choice.allCases.map(\.rawValue)
    guard case .string(let text) = value else {
      throw error(key, "\(value)", "must be one of " + known.joined(separator: ", "))
    }
    guard let choice = Choice(rawValue: text) else {
      throw error(
        key, "\(value)", "must be one of " + known.joined(separator: ", ") + suggestion(for: text, among: known))
    }
    return choice
  }

  /// A choice that may be written with its synonyms; nil if it is left out.
  ///
  /// - Throws: `ConfigurationError` that lists the choices.
  public func reading<Choice: NamedChoice>(
    _ key: Key, of type: Choice.Type = Choice.self
  ) throws(ConfigurationError) -> ChoiceReading<Choice>? {
    guard let value = self[key] else { return nil }
    guard case .string(let text) = value else {
      throw error(
        key, "\(value)", "must be one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    do { return try ChoiceReading(text) } catch { throw self.error(key, "\(value)", error.rule) }
  }

  /// An optional size: a whole number of bytes, or text such as `15.48GiB`.
  ///
  /// - Throws: `ConfigurationError` when it is neither.
  public func bytes(_ key: Key) throws(ConfigurationError) -> Bytes? {
    switch self[key] {
    case nil: return nil
    case .integer(let value): return Bytes(value)
    case .some(.number(let value, let written)) where value.magnitude >= 0x1p63 || Bytes.needsUnit(value):
      let text = "\(LooseValue.number(value, written: written))"
      throw error(
        key, text, (Bytes.needsUnit(value) ? SizeError.needsUnit(text, unit: "GiB") : .tooLarge).rule(quoted: true))
    case .string(let text):
      do { return try Bytes(parsing: text) } catch {
        throw self.error(key, "\(LooseValue.string(text))", error.rule(quoted: true))
      }
    case .some(let value): throw error(key, "\(value)", SizeError.noSize.rule)
    }
  }

  package func error(_ key: Key, _ value: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(key: path + key.rawValue, value: value, rule: rule)
  }
}

/// `, did you mean "adam-half"?` when one of the known words is within two edits (case counts as one), else nothing.
public func suggestion(for word: String, among known: [String]) -> String {
  guard word.count <= 64 else { return "" }
  let ranked = known.map { ($0, editDistance(word, $0)) }.min { ($0.1, $0.0) < ($1.1, $1.0) }
  guard let (closest, distance) = ranked, distance <= max(2, word.count / 4) else { return "" }
  return " (did you mean \"\(closest)\"?)"
}

/// Edits between two words: characters put in, left out, replaced, or swapped with their neighbour.
func editDistance(_ a: String, _ b: String) -> Int {
  let a = Array(a), b = Array(b)
  var beforeLast: [Int] = [], last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var edits = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { edits = min(edits, beforeLast[j - 1] + 1) }
      row.append(edits)
    }
    beforeLast = last
    last = row
  }
  return last[b.count]
}
