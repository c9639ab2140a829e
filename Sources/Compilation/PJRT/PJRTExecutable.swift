import CPJRT
import Evidence
import VisionTransformer

/// A compiled program.
public final class PJRTExecutable {
  private let plugin: PJRTPlugin
  private let executable: UnsafeMutableRawPointer

  init(_ plugin: PJRTPlugin, _ executable: UnsafeMutableRawPointer) {
    self.plugin = plugin
    self.executable = executable
  }

  deinit { plugin.destroy(sfj_executable_destroy, executable) }

  /// Bytes of one core by kind.
  ///
  /// - Throws: `PJRTError`.
  public func memory() throws(PJRTError) -> CompiledMemory {
    var a = sfj_memory_arguments()
    a.executable = executable
    try plugin.call(sfj_executable_memory, &a, \.size)
    func bytes(_ count: Int64) -> Bytes { Bytes(Int(count)) }
    return CompiledMemory(
      arguments: bytes(a.arguments), outputs: bytes(a.outputs), aliased: bytes(a.aliased),
      temporaries: bytes(a.temporaries), code: bytes(a.code), peak: a.peak > 0 ? bytes(a.peak) : nil)
  }

  /// The compiler's own counts by name, such as `flops` and `bytes accessed`, without those of single operands.
  ///
  /// - Throws: `PJRTError`.
  public func cost() throws(PJRTError) -> [String: Double] {
    var arguments = sfj_cost_arguments()
    arguments.executable = executable
    try plugin.call(sfj_executable_cost_analysis, &arguments, \.size)
    let all = NamedValue.dictionary(arguments.values, count: arguments.count)
    // "bytes accessed17{}" is the sum over all operands with the number 17, whatever they are.
    return all.filter { !$0.key.contains("{") }.compactMapValues { value in
      switch value {
      case .number(let number): number
      case .integer(let number): Double(number)
      case .string, .integers, .boolean: nil
      }
    }
  }

  /// The number of the program's results.
  ///
  /// - Throws: `PJRTError`.
  func outputCount() throws(PJRTError) -> Int {
    var arguments = sfj_output_count_arguments()
    arguments.executable = executable
    try plugin.call(sfj_executable_output_count, &arguments, \.size)
    return arguments.count
  }

  /// The final program with its format, `hlo` or `hlo_with_config`.
  ///
  /// - Throws: `PJRTError`.
  public func optimizedProgram() throws(PJRTError) -> (format: String, bytes: [UInt8]) {
    let program = UnsafeMutablePointer<sfj_program>.allocate(capacity: 1)
    defer { program.deallocate() }
    program.initialize(to: sfj_program())
    program.pointee.size = MemoryLayout<sfj_program>.size
    var arguments = sfj_optimized_arguments()
    arguments.executable = executable
    arguments.program = program
    // The first call returns the length, the second writes the bytes.
    try plugin.call(sfj_executable_optimized_program, &arguments, \.size)
    let count = program.pointee.code_count
    guard count > 0 else { return (PJRTPlugin.text(program.pointee.format, program.pointee.format_count), []) }
    let code = UnsafeMutableBufferPointer<CChar>.allocate(capacity: count)
    defer { code.deallocate() }
    code.initialize(repeating: 0)
    program.pointee.code = code.baseAddress
    try plugin.call(sfj_executable_optimized_program, &arguments, \.size)
    return (
      PJRTPlugin.text(program.pointee.format, program.pointee.format_count),
      code.map { UInt8(bitPattern: $0) }
    )
  }
}
