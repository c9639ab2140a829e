/// The format of a file that is to be compiled, from its first bytes.
enum ProgramFormat: Sendable, Hashable {
  /// MLIR text, as far as that can be told without a parser.
  case text
  /// Bytecode of MLIR.
  case bytecode
  /// Something else that users of JAX or of a compiler commonly have.
  case other(Kind)

  /// Formats that are not modules.
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

  /// MLIR text has no control characters.
  private static func isBinary(_ bytes: [UInt8]) -> Bool {
    bytes.prefix(4096).contains { $0 < 0x20 && ![0x09, 0x0A, 0x0B, 0x0C, 0x0D].contains($0) }
  }

  /// A flat buffer of `jax.export` contains the module's bytecode, preceded by its size in four bytes.
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

  /// An `HloModuleProto` begins with its name and that of its entry computation; an `HloProto` begins with an
  /// `HloModuleProto`.
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

  /// The first bytes as text, without white space.
  private static func beginning(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes.prefix(4096), as: UTF8.self)
    return String(text.drop { $0.isWhitespace }.prefix(64))
  }

  /// A module, a function, or what may precede them: an operation in generic form, an alias for a type or an attribute.
  private static func isMLIR(_ bytes: [UInt8]) -> Bool {
    let marks: [String] = ["module", "func.", "func ", "vhlo.", "sdy.", "builtin.", "\"", "#", "!", "{-#", "//"]
    let text = beginning(bytes)
    return marks.contains { text.hasPrefix($0) }
  }
}
