import CPJRT
import Evidence
import VisionTransformer

/// A plugin's devices on this machine, where a program can run: for checking that a printed program computes the right
/// values.
public final class PJRTClient {
  private let plugin: PJRTPlugin
  private let client: UnsafeMutableRawPointer
  private let device: UnsafeMutableRawPointer

  /// The first device of `plugin`.
  ///
  /// - Throws: `PJRTError`; `notFound` if there is no device.
  public init(_ plugin: PJRTPlugin) throws(PJRTError) {
    var arguments = sfj_client_arguments()
    try plugin.call(sfj_client_create, &arguments, \.size)
    guard let client = arguments.client else { throw PJRTError(.internalError, "the plugin made no client") }
    var devices = sfj_list_arguments()
    devices.object = client
    do throws(PJRTError) {
      try plugin.call(sfj_client_addressable_devices, &devices, \.size)
      guard devices.count > 0, let device = devices.list?[0] else {
        throw PJRTError(.notFound, "the plugin has no device on this machine")
      }
      self.device = device
    } catch {
      plugin.destroy(sfj_client_destroy, client)
      throw error
    }
    self.plugin = plugin
    self.client = client
  }

  deinit { plugin.destroy(sfj_client_destroy, client) }

  /// Name of the platform, such as `cpu`.
  public var platformName: String { (try? plugin.text(sfj_client_platform_name, of: client)) ?? "" }

  /// Compiles StableHLO, as text or bytecode, for the one device.
  ///
  /// - Throws: `PJRTError`.
  public func compile(_ program: CompileProgram) throws(PJRTError) -> LoadedProgram {
    var arguments = sfj_client_compile_arguments()
    arguments.client = client
    // On the host, arguments are never passed as a tuple.
    let options = CompilerOptions(tupledArguments: false).serialized(argumentCount: 0)
    try PJRTProgram.with(program.bytes) { program throws(PJRTError) in
      arguments.program = program
      try CBytes.with(options) { bytes throws(PJRTError) in
        arguments.options = UnsafePointer(bytes.baseAddress)
        arguments.option_count = options.count
        try plugin.call(sfj_client_compile, &arguments, \.size)
      }
    }
    guard let executable = arguments.executable else { throw PJRTError(.internalError, "the plugin compiled nothing") }
    return try LoadedProgram(self, executable)
  }

  /// A program on the device.
  public final class LoadedProgram {
    private let client: PJRTClient
    private let loaded: UnsafeMutableRawPointer
    private let outputCount: Int

    fileprivate init(_ client: PJRTClient, _ loaded: UnsafeMutableRawPointer) throws(PJRTError) {
      self.client = client
      self.loaded = loaded
      var arguments = sfj_result_arguments()
      arguments.object = loaded
      try client.plugin.call(sfj_loaded_executable, &arguments, \.size)
      guard let executable = arguments.result else { throw PJRTError(.internalError, "the program has no executable") }
      outputCount = try PJRTExecutable(client.plugin, executable).outputCount()
    }

    deinit { client.plugin.destroy(sfj_loaded_destroy, loaded) }

    /// Runs the program once; donated arguments are copied first.
    ///
    /// - Throws: `PJRTError`, also if arguments do not match the program.
    public func run(_ arguments: [HostArray]) throws(PJRTError) -> [HostArray] {
      let plugin = client.plugin
      var given: [UnsafeMutableRawPointer?] = []
      defer { for buffer in given { plugin.destroy(sfj_buffer_destroy, buffer) } }
      for argument in arguments { given.append(try client.buffer(argument)) }
      let inputs = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: max(1, given.count))
      inputs.initialize(from: given, count: given.count)
      let outputs = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: max(1, outputCount))
      outputs.initialize(repeating: nil, count: max(1, outputCount))
      let inputList = UnsafeMutablePointer<UnsafePointer<UnsafeMutableRawPointer?>?>.allocate(capacity: 1)
      inputList.initialize(to: inputs)
      let outputList = UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutableRawPointer?>?>.allocate(capacity: 1)
      outputList.initialize(to: outputs)
      let done = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: 1)
      done.initialize(to: nil)
      let options = UnsafeMutablePointer<sfj_execute_options>.allocate(capacity: 1)
      options.initialize(to: sfj_execute_options())
      options.pointee.size = MemoryLayout<sfj_execute_options>.size
      defer {
        for index in 0..<outputCount { plugin.destroy(sfj_buffer_destroy, outputs[index]) }
        inputs.deallocate()
        outputs.deallocate()
        inputList.deallocate()
        outputList.deallocate()
        done.deallocate()
        options.deallocate()
      }
      var call = sfj_execute_arguments()
      call.executable = loaded
      call.options = options
      call.arguments = UnsafePointer(inputList)
      call.device_count = 1
      call.argument_count = given.count
      call.outputs = UnsafePointer(outputList)
      call.done = done
      try plugin.call(sfj_loaded_execute, &call, \.size)
      try client.wait(done.pointee)
      var results: [HostArray] = []
      for index in 0..<outputCount {
        guard let buffer = outputs[index] else { throw PJRTError(.internalError, "result \(index) is missing") }
        results.append(try client.array(buffer))
      }
      return results
    }
  }

  /// Waits for an event and destroys it.
  private func wait(_ event: UnsafeMutableRawPointer?) throws(PJRTError) {
    guard let event else { return }
    defer { plugin.destroy(sfj_event_destroy, event) }
    var arguments = sfj_object_arguments()
    arguments.object = event
    try plugin.call(sfj_event_await, &arguments, \.size)
  }

  private func buffer(_ array: HostArray) throws(PJRTError) -> UnsafeMutableRawPointer {
    var arguments = sfj_from_host_arguments()
    arguments.client = client
    arguments.device = device
    arguments.type = array.type.code
    let dimensions = UnsafeMutableBufferPointer<Int64>.allocate(capacity: max(1, array.dimensions.count))
    defer { dimensions.deallocate() }
    _ = dimensions.initialize(from: array.dimensions.map { Int64($0) })
    arguments.dimensions = UnsafePointer(dimensions.baseAddress)
    arguments.dimension_count = array.dimensions.count
    try CBytes.with(array.bytes) { bytes throws(PJRTError) in
      arguments.data = UnsafeRawPointer(bytes.baseAddress)
      try plugin.call(sfj_client_buffer_from_host, &arguments, \.size)
      try wait(arguments.done)
    }
    guard let buffer = arguments.buffer else { throw PJRTError(.internalError, "the plugin made no buffer") }
    return buffer
  }

  private func array(_ buffer: UnsafeMutableRawPointer) throws(PJRTError) -> HostArray {
    var type = sfj_element_type_arguments()
    type.buffer = buffer
    try plugin.call(sfj_buffer_element_type, &type, \.size)
    guard let element = HostArray.ElementType(code: type.type) else {
      throw PJRTError(.unimplemented, "a result has elements of type \(type.type), which is not read here")
    }
    var extents = sfj_dimensions_arguments()
    extents.buffer = buffer
    try plugin.call(sfj_buffer_dimensions, &extents, \.size)
    let dimensions = UnsafeBufferPointer(start: extents.dimensions, count: extents.count).map { Int($0) }
    let count = dimensions.reduce(element.bytes, *)
    let data = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 64)
    defer { data.deallocate() }
    var copy = sfj_to_host_arguments()
    copy.buffer = buffer
    copy.data = data.baseAddress
    copy.count = count
    try plugin.call(sfj_buffer_to_host, &copy, \.size)
    try wait(copy.done)
    return HostArray(type: element, dimensions: dimensions, bytes: Array(data.prefix(count)))
  }
}
