/// What the bytes of a file are that is to be compiled, as far as their beginning tells.
enum ProgramFormat: Sendable, Hashable {
  /// Text of MLIR, as far as it can be told without a parser.
  case text
  /// Bytecode of MLIR.
  case bytecode
  /// What JAX or a compiler's user has at hand instead.
  case other(Kind)

  /// What is no module.
  enum Kind: Sendable, Hashable, CaseIterable {
    case gzip
    case zip
    case hloText
    case hloProtobuf
    case jaxpr
    case jaxExport
    case utf16
    case binary
    case otherText
  }

  /// The format of `bytes`.
  init(_ bytes: [UInt8]) {
    if bytes.starts(with: ModuleBytecode.magic) {
      self = .bytecode
    } else if bytes.starts(with: [0x1F, 0x8B]) {
      self = .other(.gzip)
    } else if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
      self = .other(.zip)
    } else if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      self = .other(.utf16)
    } else if Self.isBinary(bytes) {
      self = .other(Self.holdsBytecode(bytes) ? .jaxExport : Self.isHLO(bytes) ? .hloProtobuf : .binary)
    } else {
      let text = Self.beginning(bytes)
      if text.hasPrefix("HloModule") {
        self = .other(.hloText)
      } else if text.hasPrefix("{ lambda") || text.hasPrefix("let ") || text.hasPrefix("jaxpr") {
        self = .other(.jaxpr)
      } else {
        self = Self.isMLIR(bytes) ? .text : .other(.otherText)
      }
    }
  }

  /// Control characters are in no text of MLIR.
  private static func isBinary(_ bytes: [UInt8]) -> Bool {
    bytes.prefix(4096).contains { $0 < 0x20 && ![0x09, 0x0A, 0x0B, 0x0C, 0x0D].contains($0) }
  }

  /// A flat buffer of `jax.export` has the module's bytecode in it, with its size in the four bytes before it.
  ///
  /// Source: jax, `jax/_src/export/serialization.fbs`.
  private static func holdsBytecode(_ bytes: [UInt8]) -> Bool {
    var start = bytes.startIndex
    while let place = bytes[start...].firstIndex(of: ModuleBytecode.magic[0]) {
      if place >= 4, bytes[place...].starts(with: ModuleBytecode.magic) {
        let size = (0..<4).reduce(0) { $0 | Int(bytes[place - 4 + $1]) << (8 * $1) }
        if size > ModuleBytecode.magic.count, size <= bytes.count - place { return true }
      }
      start = place + 1
    }
    return false
  }

  /// An `HloModuleProto` begins with its name and that of its entry computation; an `HloProto` with such a message.
  ///
  /// Source: openxla/xla, xla/service/hlo.proto: `name` = 1, `entry_computation_name` = 2; `HloProto.hlo_module` = 1.
  private static func isHLO(_ bytes: [UInt8]) -> Bool {
    func beginsModule(_ range: Range<Int>) -> Bool {
      var reader = ProtobufReader(bytes, range)
      guard let name = try? reader.next(), name.field == 1, case .data(let text) = name.value,
        bytes[text].allSatisfy({ $0 >= 0x20 }), let entry = try? reader.next(), entry.field == 2,
        case .data = entry.value
      else { return false }
      return true
    }
    if beginsModule(bytes.indices) { return true }
    var reader = ProtobufReader(bytes)
    guard let first = try? reader.next(), first.field == 1, case .data(let module) = first.value else { return false }
    return beginsModule(module)
  }

  /// The beginning, without white space.
  private static func beginning(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes.prefix(4096), as: UTF8.self)
    return String(text.drop { $0.isWhitespace }.prefix(64))
  }

  /// A module, a function or what may stand before them: an operation in its general form, a name for a type or an attribute.
  private static func isMLIR(_ bytes: [UInt8]) -> Bool {
    let marks: [String] = ["module", "func.", "func ", "vhlo.", "sdy.", "builtin.", "\"", "#", "!", "{-#", "//"]
    let text = beginning(bytes)
    return marks.contains { text.hasPrefix($0) }
  }
}
