/// Reads the facts that a compile needs from a module's bytecode: from its tables of strings, attributes and types, not
/// its operations.
///
/// Types and attributes of the module are MLIR's own (`builtin`) or those of StableHLO's portable form (`vhlo`), which
/// `jax.export` writes. Shardy's dialect stores its attributes as text.
///
/// Source: mlir.llvm.org/docs/BytecodeFormat; llvm/llvm-project, `mlir/include/mlir/IR/BuiltinDialectBytecode.td`; openxla/stablehlo,
/// `stablehlo/dialect/VhloBytecode.cpp`.
struct ModuleBytecode {
  /// The first bytes of bytecode, `MLïR`.
  static let magic: [UInt8] = [0x4D, 0x4C, 0xEF, 0x52]

  /// An attribute or a type as it is encoded.
  private struct Entry {
    var dialect: Int
    var data: Range<Int>
    /// Whether it has the dialect's own encoding rather than text.
    var isCoded: Bool
  }

  /// Numbers of sections.
  private enum Section: UInt8 {
    case strings = 0
    case dialects = 1
    case attributes = 2
    case offsets = 3
    case dialectVersion = 7
  }

  private let bytes: [UInt8]
  private var strings: [Range<Int>] = []
  private var dialects: [String] = []
  private var attributes: [Entry] = []
  private var types: [Entry] = []

  /// The facts about the module of `bytes`; nil if they are not understood.
  static func facts(_ bytes: [UInt8]) -> ModuleFacts? { ModuleBytecode(bytes)?.facts() }

  private init?(_ bytes: [UInt8]) {
    guard bytes.starts(with: Self.magic) else { return nil }
    self.bytes = bytes
    var reader = BytecodeReader(bytes, Self.magic.count..<bytes.count), sections: [UInt8: Range<Int>] = [:]
    guard let version = reader.variant(), reader.text() != nil else { return nil }
    while !reader.isAtEnd {
      guard let section = reader.section() else { return nil }
      sections[section.number] = section.data
    }
    guard let strings = sections[Section.strings.rawValue], let dialects = sections[Section.dialects.rawValue],
      let data = sections[Section.attributes.rawValue], let offsets = sections[Section.offsets.rawValue],
      readStrings(strings), readDialects(dialects, areVersioned: version >= 1), readEntries(offsets, data)
    else { return nil }
  }

  private mutating func readStrings(_ section: Range<Int>) -> Bool {
    var reader = BytecodeReader(bytes, section), lengths: [Int] = []
    guard let count = reader.count() else { return false }
    for _ in 0..<count {
      guard let length = reader.count(), length > 0 else { return false }
      lengths.append(length)
    }
    // Strings are stored last to first, each with a zero at its end.
    for length in lengths.reversed() {
      guard let place = reader.skip(length) else { return false }
      strings.append(place.dropLast())
    }
    return true
  }

  private mutating func readDialects(_ section: Range<Int>, areVersioned: Bool) -> Bool {
    var reader = BytecodeReader(bytes, section)
    guard let count = reader.count() else { return false }
    for _ in 0..<count {
      guard let head = reader.count() else { return false }
      if areVersioned, head & 1 != 0 {
        guard reader.section()?.number == Section.dialectVersion.rawValue else { return false }
      }
      guard let name = string(areVersioned ? head >> 1 : head) else { return false }
      dialects.append(name)
    }
    return true
  }

  private mutating func readEntries(_ offsets: Range<Int>, _ data: Range<Int>) -> Bool {
    var reader = BytecodeReader(bytes, offsets), start = data.lowerBound, entries: [Entry] = []
    guard let attributeCount = reader.count(), let typeCount = reader.count() else { return false }
    while entries.count < attributeCount + typeCount {
      guard let dialect = reader.count(), dialects.indices.contains(dialect), let count = reader.count() else {
        return false
      }
      for _ in 0..<count {
        guard let head = reader.count(), data.upperBound - start >= head >> 1 else { return false }
        entries.append(Entry(dialect: dialect, data: start..<start + head >> 1, isCoded: head & 1 != 0))
        start += head >> 1
      }
      guard count > 0 else { return false }
    }
    guard entries.count == attributeCount + typeCount else { return false }
    attributes = Array(entries[..<attributeCount])
    types = Array(entries[attributeCount...])
    return true
  }

  // MARK: - What it says

  private func facts() -> ModuleFacts {
    var facts = ModuleFacts()
    facts.usesShardy = dialects.contains("sdy")
    for place in strings {
      let text = bytes[place]
      if text.starts(with: "xla.sdy.".utf8) { facts.usesShardy = true }
      if text.elementsEqual("__elided__".utf8) { facts.omission = ModuleFacts.Place(line: nil) }
      if text.first == UInt8(ascii: "{") {
        if let devices = ModuleText.tiles(Array(text)) { facts.add(tiles: devices) }
        if let devices = ModuleText.mesh(attribute: Array(text)) { facts.add(mesh: devices) }
      }
    }
    for entry in attributes {
      if dialects[entry.dialect] == "sdy", !entry.isCoded {
        if let devices = ModuleText.mesh(attribute: Array(bytes[entry.data])) { facts.add(mesh: devices) }
      } else if entry.isCoded {
        for (name, value) in dictionary(entry) {
          switch name {
          case "mhlo.num_partitions": facts.statedPartitions = facts.statedPartitions ?? integer(value)
          case "mhlo.num_replicas": facts.replicas = facts.replicas ?? integer(value)
          default: break
          }
        }
      }
    }
    for type in types where type.isCoded {
      if let inputs = inputs(type) { facts.argumentCount = max(facts.argumentCount ?? 0, inputs) }
      if facts.openType == nil, isOpen(type) {
        facts.openType = ModuleFacts.OpenType(text: "tensor<?>", place: ModuleFacts.Place(line: nil))
      }
    }
    return facts
  }

  /// Entries of one of MLIR's own dictionaries whose names are those of the module's attributes.
  private func dictionary(_ entry: Entry) -> [(name: String, value: Int)] {
    var reader = BytecodeReader(bytes, entry.data)
    guard dialects[entry.dialect] == "builtin", reader.variant() == 1, let count = reader.count() else { return [] }
    var found: [(String, Int)] = []
    for _ in 0..<count {
      guard let name = reader.count(), let value = reader.count(), let text = text(name) else { return [] }
      if text.hasPrefix("mhlo.num_") { found.append((text, value)) }
    }
    return found
  }

  /// The text of an attribute.
  private func text(_ attribute: Int) -> String? {
    guard attributes.indices.contains(attribute), attributes[attribute].isCoded else { return nil }
    var reader = BytecodeReader(bytes, attributes[attribute].data)
    guard dialects[attributes[attribute].dialect] == "builtin", reader.variant() == 2 else { return nil }
    return reader.count().flatMap(string)
  }

  /// The value of a whole number of more than eight bits, as the module's attributes have.
  private func integer(_ attribute: Int) -> Int? {
    guard attributes.indices.contains(attribute), attributes[attribute].isCoded else { return nil }
    var reader = BytecodeReader(bytes, attributes[attribute].data)
    guard dialects[attributes[attribute].dialect] == "builtin", reader.variant() == 8, reader.count() != nil else {
      return nil
    }
    return reader.signed().map { Int(clamping: $0) }
  }

  /// The number of inputs of a function type; nil for any other type.
  private func inputs(_ type: Entry) -> Int? {
    var reader = BytecodeReader(bytes, type.data)
    let code: UInt64 = dialects[type.dialect] == "builtin" ? 2 : 8
    guard ["builtin", "vhlo"].contains(dialects[type.dialect]), reader.variant() == code else { return nil }
    return reader.count()
  }

  /// Whether a tensor type has a dimension of any size and no encoding that could bound it.
  private func isOpen(_ type: Entry) -> Bool {
    var reader = BytecodeReader(bytes, type.data)
    let code: UInt64 = dialects[type.dialect] == "builtin" ? 13 : 20
    guard ["builtin", "vhlo"].contains(dialects[type.dialect]), reader.variant() == code, let count = reader.count()
    else {
      return false
    }
    for _ in 0..<count {
      guard let size = reader.signed() else { return false }
      if size == .min { return true }
    }
    return false
  }

  private func string(_ number: Int) -> String? {
    strings.indices.contains(number) ? String(decoding: bytes[strings[number]], as: UTF8.self) : nil
  }
}
