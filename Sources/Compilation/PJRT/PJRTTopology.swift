import CPJRT
import Evidence

/// A target for compiling: a set of cores that need not exist on this machine.
public final class PJRTTopology {
  private let plugin: PJRTPlugin
  private let topology: UnsafeMutableRawPointer

  /// The topology `name`, such as `v3:2x2`, with the plugin's own options.
  ///
  /// - Throws: `PJRTError`.
  public init(_ plugin: PJRTPlugin, name: String, options: [String: NamedValue] = [:]) throws(PJRTError) {
    var arguments = sfj_topology_arguments()
    try NamedValue.withList(options) { list throws(PJRTError) in
      arguments.options = list.baseAddress
      arguments.option_count = list.count
      var copy = name
      arguments.name_count = copy.utf8.count
      try Self.withText(&copy) { text throws(PJRTError) in
        arguments.name = text
        try plugin.call(sfj_topology_create, &arguments, \.size)
      }
    }
    guard let topology = arguments.topology else {
      throw PJRTError(.internalError, "the plugin made no topology \(name)")
    }
    self.plugin = plugin
    self.topology = topology
  }

  deinit { plugin.destroy(sfj_topology_destroy, topology) }

  /// Name of the platform, such as `tpu`.
  public var platformName: String { (try? plugin.text(sfj_topology_platform_name, of: topology)) ?? "" }
  /// The plugin's description of its version.
  public var platformVersion: String { (try? plugin.text(sfj_topology_platform_version, of: topology)) ?? "" }

  /// The kinds of its cores without duplicates, such as `TPU v3`.
  ///
  /// - Throws: `PJRTError`.
  public func deviceKinds() throws(PJRTError) -> [String] {
    var arguments = sfj_list_arguments()
    arguments.object = topology
    try plugin.call(sfj_topology_devices, &arguments, \.size)
    var kinds: [String] = []
    for index in 0..<arguments.count {
      guard let description = arguments.list?[index] else { continue }
      kinds.append(try plugin.text(sfj_device_description_kind, of: description))
    }
    return kinds
  }

  /// Compiles `program`, StableHLO as text or bytecode.
  ///
  /// - Throws: `PJRTError`; `resourceExhausted` if it does not fit.
  public func compile(
    _ program: [UInt8], options: CompilerOptions, argumentCount: Int
  ) throws(PJRTError) -> PJRTExecutable {
    var arguments = sfj_compile_arguments()
    arguments.topology = UnsafeRawPointer(topology)
    let serialized = options.serialized(argumentCount: argumentCount)
    try PJRTProgram.with(program) { program throws(PJRTError) in
      arguments.program = program
      try CBytes.with(serialized) { bytes throws(PJRTError) in
        arguments.options = UnsafePointer(bytes.baseAddress)
        arguments.option_count = serialized.count
        try plugin.call(sfj_compile, &arguments, \.size)
      }
    }
    guard let executable = arguments.executable else { throw PJRTError(.internalError, "the plugin compiled nothing") }
    return PJRTExecutable(plugin, executable)
  }

  private static func withText(
    _ text: inout String, _ body: (UnsafePointer<CChar>?) throws(PJRTError) -> Void
  ) throws(PJRTError) {
    try CBytes.with(Array(text.utf8)) { bytes throws(PJRTError) in try body(UnsafePointer(bytes.baseAddress)) }
  }
}

/// Bytes with a zero after the last, as C expects.
enum CBytes {
  /// Calls `body` with a copy of `bytes` followed by a zero.
  static func with<Result>(
    _ bytes: [UInt8], _ body: (UnsafeMutableBufferPointer<CChar>) throws(PJRTError) -> Result
  ) throws(PJRTError) -> Result {
    let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count + 1)
    defer { copy.deallocate() }
    copy.initialize(repeating: 0)
    bytes.withUnsafeBytes { source in
      if let start = source.baseAddress {
        UnsafeMutableRawPointer(copy.baseAddress)?.copyMemory(from: start, byteCount: source.count)
      }
    }
    return try body(copy)
  }
}

/// A program in the form that a plugin takes.
enum PJRTProgram {
  /// Calls `body` with StableHLO. The plugin reads one byte beyond the stated size, which must be zero.
  static func with<Result>(
    _ code: [UInt8], _ body: (UnsafePointer<sfj_program>) throws(PJRTError) -> Result
  ) throws(PJRTError) -> Result {
    try CBytes.with(Array("mlir".utf8)) { format throws(PJRTError) in
      try CBytes.with(code) { bytes throws(PJRTError) in
        let program = UnsafeMutablePointer<sfj_program>.allocate(capacity: 1)
        defer { program.deallocate() }
        program.initialize(to: sfj_program())
        program.pointee.size = MemoryLayout<sfj_program>.size
        program.pointee.code = bytes.baseAddress
        program.pointee.code_count = code.count
        program.pointee.format = UnsafePointer(format.baseAddress)
        program.pointee.format_count = 4
        return try body(program)
      }
    }
  }
}
