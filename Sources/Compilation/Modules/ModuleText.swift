/// Reads the facts that a compile needs from a module's text, word by word in one pass, without an MLIR parser.
///
/// Quoted text and comments are skipped, so that constants of any size cost little more than their bytes.
///
/// Source: mlir.llvm.org/docs/LangRef; openxla/shardy, `shardy/dialect/sdy/ir/attrs.td`; openxla/xla, `HloSharding::ToString`.
struct ModuleText {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var index = 0
  private var facts = ModuleFacts()

  private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// The facts about the module of `text`.
  static func facts(_ text: [UInt8]) -> ModuleFacts {
    text.withUnsafeBufferPointer { bytes in
      var reader = ModuleText(bytes)
      reader.read()
      return reader.facts
    }
  }

  private mutating func read() {
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""):
        let content = text(at: index)
        // MLIR's printer writes the first in place of a resource, and wrote the second before there were resources.
        if equals(content, "__ELIDED__") || equals(content, "elided_large_const") { omit() }
        index = content.upperBound + 1
      case UInt8(ascii: "/") where index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "/"):
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        index = wordEnd(index)
      case let byte where Self.isWord(byte):
        let word = index..<wordEnd(index)
        index = word.upperBound
        take(word)
      default:
        index += 1
      }
    }
  }

  /// Handles a word; `index` is after it.
  private mutating func take(_ word: Range<Int>) {
    switch bytes[word.lowerBound] {
    case UInt8(ascii: "s") where starts(word, "sdy."):
      facts.usesShardy = true
      if equals(word, "sdy.mesh"), let devices = mesh(index, isNamed: true) { facts.add(mesh: devices) }
    case UInt8(ascii: "m"):
      if equals(word, "mhlo.num_partitions") {
        facts.statedPartitions = facts.statedPartitions ?? number(index)
      } else if equals(word, "mhlo.num_replicas") {
        facts.replicas = facts.replicas ?? number(index)
      } else if equals(word, "mhlo.sharding") {
        if let text = value(index), let devices = Self.tiles(bytes[text]) { facts.add(tiles: devices) }
      } else if equals(word, "mesh") {
        if let devices = mesh(index, isNamed: false) { facts.add(mesh: devices) }
      } else if equals(word, "main"), word.lowerBound > 0, bytes[word.lowerBound - 1] == UInt8(ascii: "@"),
        facts.argumentCount == nil, stands(index, "(")
      {
        facts.argumentCount = argumentCount(index + 1)
      }
    case UInt8(ascii: "x") where starts(word, "xla.sdy."):
      facts.usesShardy = true
      // In a module exported for a compiler that cannot read the dialect, the meshes are text with escapes.
      if equals(word, "xla.sdy.meshes"), let text = value(index) {
        for devices in Self.meshes(Self.unescaped(bytes[text])) { facts.add(mesh: devices) }
      }
    case UInt8(ascii: "t") where equals(word, "tensor"): takeType(word)
    case UInt8(ascii: "v") where equals(word, "vhlo.tensor_v1"): takeType(word)
    case UInt8(ascii: "d") where equals(word, "dense"):
      if has(index, "<...>") { omit() }
    case UInt8(ascii: "_") where equals(word, "__elided__"): omit()
    default: break
    }
  }

  private mutating func omit() {
    if facts.omission == nil { facts.omission = place(index) }
  }

  /// A type is open if a dimension is a question mark and nothing bounds it.
  private mutating func takeType(_ word: Range<Int>) {
    guard facts.openType == nil, stands(index, "<") else { return }
    var end = index + 1, isOpen = false
    while end < bytes.count {
      switch bytes[end] {
      case UInt8(ascii: "?"), UInt8(ascii: "*"): isOpen = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "x"): break
      default:
        guard isOpen else { return }
        let start = end
        var depth = 1
        while end < bytes.count, depth > 0 {
          if bytes[end] == UInt8(ascii: "<") { depth += 1 }
          if bytes[end] == UInt8(ascii: ">") { depth -= 1 }
          end += 1
        }
        guard Self.find("bounds", in: bytes[start..<end]) == nil else { return }
        facts.openType = ModuleFacts.OpenType(
          text: String(decoding: bytes[word.lowerBound..<end].prefix(60), as: UTF8.self), place: place(word.lowerBound))
        return
      }
      end += 1
    }
  }

  private func place(_ index: Int) -> ModuleFacts.Place {
    ModuleFacts.Place(line: 1 + bytes[..<min(index, bytes.count)].count { $0 == UInt8(ascii: "\n") })
  }

  /// Number of arguments of a function, starting after its parenthesis; nil if the list does not end.
  private func argumentCount(_ start: Int) -> Int? {
    var depth = 1, count = 0, place = start
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "\""): place = text(at: place).upperBound
      case UInt8(ascii: "("), UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "<"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ">"): depth -= 1
      case UInt8(ascii: "%"): if depth == 1 { count += 1 }
      default: break
      }
      if depth == 0 { return count }
      place += 1
    }
    return nil
  }

  // MARK: - Pieces of text

  /// The text between the quotation mark at `start` and the next one without a backslash before it.
  private func text(at start: Int) -> Range<Int> {
    var end = start + 1
    while end < bytes.count, bytes[end] != UInt8(ascii: "\"") { end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
    return start + 1..<min(end, bytes.count)
  }

  /// The text after ` = `; nil if there is none.
  private func value(_ start: Int) -> Range<Int>? {
    guard let place = behindEquals(start), stands(place, "\"") else { return nil }
    return text(at: place)
  }

  /// The whole number after ` = `: nil if there is none, the largest `Int` if it is too large.
  private func number(_ start: Int) -> Int? {
    guard var place = behindEquals(start) else { return nil }
    let sign = stands(place, "-") ? -1 : 1
    if sign < 0 { place += 1 }
    let digits = bytes[place...].prefix { Self.isDigit($0) }
    guard !digits.isEmpty else { return nil }
    return sign * (Int(String(decoding: digits, as: UTF8.self)) ?? .max)
  }

  private func behindEquals(_ start: Int) -> Int? {
    let place = behindSpaces(start)
    return stands(place, "=") ? behindSpaces(place + 1) : nil
  }

  /// Devices of a mesh: ` @name = <["data"=8]>` if it is named, otherwise `<["data"=8]>`; nil if there is none at
  /// `start`.
  private func mesh(_ start: Int, isNamed: Bool) -> Int? {
    var place = start
    if isNamed, stands(behindSpaces(place), "@") {
      place = behindSpaces(place) + 1
      place = stands(place, "\"") ? text(at: place).upperBound + 1 : wordEnd(place)
      guard let value = behindEquals(place) else { return nil }
      place = value
    }
    return Self.mesh(bytes[min(place, bytes.count)...])
  }

  /// Devices of the meshes in `text`.
  private static func meshes(_ text: [UInt8]) -> [Int] {
    text.withUnsafeBufferPointer { bytes in
      var devices: [Int] = [], place = 0
      while let next = find("mesh<[", in: bytes[place...]) {
        place = next
        if let found = mesh(bytes[(next - 2)...]) { devices.append(found) }
      }
      return devices
    }
  }

  /// Devices of the mesh at the beginning of `text`, `<["data"=4, "model"=2], device_ids=[...]>`: the product of its
  /// axes, 1 if it has none.
  private static func mesh(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    guard text.starts(with: "<[".utf8) else { return nil }
    var sizes: [Int] = [], isName = false, digits: [UInt8] = []
    for byte in text.dropFirst(2) {
      switch byte {
      case UInt8(ascii: "\""): isName.toggle()
      case _ where isName: break
      case UInt8(ascii: ","), UInt8(ascii: "]"):
        if !digits.isEmpty { sizes.append(Int(String(decoding: digits, as: UTF8.self)) ?? .max) }
        digits = []
        if byte == UInt8(ascii: "]") { return ModuleFacts.devices(sizes) }
      case _ where isDigit(byte): digits.append(byte)
      default: break
      }
    }
    return nil
  }

  /// Devices of GSPMD's first sharding in `text`, `{devices=[4,1,2]<=[8] last_tile_dim_replicate}`; nil if there is
  /// none.
  private static func tiles(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    guard let start = find("devices=[", in: text) else { return nil }
    let list = text[start...].prefix { $0 != UInt8(ascii: "]") }
    return ModuleFacts.devices(
      list.split(separator: UInt8(ascii: ",")).map { Int(String(decoding: $0, as: UTF8.self)) ?? 0 })
  }

  /// The same for text from outside the module's text.
  static func tiles(_ text: [UInt8]) -> Int? { text.withUnsafeBufferPointer { tiles($0[...]) } }

  /// Devices of the mesh in an attribute that is stored as text, as bytecode does.
  static func mesh(attribute text: [UInt8]) -> Int? { meshes(text).max() }

  /// `text` with its escapes decoded: a backslash before two hexadecimal digits, or before a character.
  private static func unescaped(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8] {
    var result: [UInt8] = [], place = text.startIndex
    while place < text.endIndex {
      let byte = text[place]
      place += 1
      guard byte == UInt8(ascii: "\\"), place < text.endIndex else {
        result.append(byte)
        continue
      }
      if place + 1 < text.endIndex,
        let code = UInt8(String(decoding: text[place...place + 1], as: UTF8.self), radix: 16)
      {
        result.append(code)
        place += 2
      } else {
        result.append(text[place])
        place += 1
      }
    }
    return result
  }

  // MARK: - Words

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "$"):
      true
    default: false
    }
  }

  private func wordEnd(_ start: Int) -> Int {
    var end = start
    while end < bytes.count, Self.isWord(bytes[end]) { end += 1 }
    return end
  }

  private func behindSpaces(_ start: Int) -> Int {
    var place = start
    while place < bytes.count, bytes[place] == UInt8(ascii: " ") { place += 1 }
    return place
  }

  private func stands(_ place: Int, _ sign: Unicode.Scalar) -> Bool {
    place < bytes.count && UInt32(bytes[place]) == sign.value
  }

  private func has(_ place: Int, _ text: StaticString) -> Bool {
    bytes.count - place >= text.utf8CodeUnitCount && equals(place..<place + text.utf8CodeUnitCount, text)
  }

  private func starts(_ word: Range<Int>, _ text: StaticString) -> Bool {
    word.count >= text.utf8CodeUnitCount && has(word.lowerBound, text)
  }

  private func equals(_ word: Range<Int>, _ text: StaticString) -> Bool {
    word.count == text.utf8CodeUnitCount
      && text.withUTF8Buffer { wanted in wanted.indices.allSatisfy { wanted[$0] == bytes[word.lowerBound + $0] } }
  }

  /// The index after the first `text`.
  private static func find(_ text: StaticString, in bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    text.withUTF8Buffer { wanted in
      guard let first = wanted.first, bytes.count >= wanted.count else { return nil }
      var start = bytes.startIndex
      while start <= bytes.endIndex - wanted.count, let place = bytes[start...].firstIndex(of: first) {
        if bytes[place...].starts(with: wanted) { return place + wanted.count }
        start = place + 1
      }
      return nil
    }
  }
}
