import CPJRT
import Evidence
import Foundation

/// A loaded PJRT plugin.
///
/// It stays loaded until the process ends; load only one in a process. From then on libtpu handles SIGQUIT, SIGILL,
/// SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGTERM and SIGPWR (seen: 0.0.17.1), keeps dozens of threads, and aborts
/// the process on some input. A process that must survive loads it in a child (`Compiler`).
public final class PJRTPlugin {
  /// The major version of the interface that this binding supports.
  public static let major = 0
  /// The oldest minor version that it supports.
  public static let leastMinor = 57

  /// The library's file.
  public let path: String
  private let table: OpaquePointer

  /// Version of the plugin's interface.
  public var version: (major: Int, minor: Int) { (Int(sfj_major(table)), Int(sfj_minor(table))) }

  /// Loads the plugin at `path` and initializes it.
  ///
  /// Set the environment that it reads (`PluginKind.environment`) first.
  ///
  /// - Throws: `PluginError` if the file is not a plugin; `PJRTError` if it does not start.
  public init(path: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
      throw PluginError.missing(path: path)
    }
    var isLibrary = false
    var problem = [CChar](repeating: 0, count: 1024)
    // The system would search its own folders for a name without a slash.
    let file = path.contains("/") ? path : "./" + path
    guard let table = sfj_load(file, &isLibrary, &problem, problem.count) else {
      let reason = String(decoding: problem.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw isLibrary
        ? PluginError.notAPlugin(path: path, reason: reason) : PluginError.notALibrary(path: path, reason: reason)
    }
    self.path = path
    self.table = table
    let version = self.version
    guard version.major == Self.major, version.minor >= Self.leastMinor else {
      throw PluginError.version(path: path, major: version.major, minor: version.minor)
    }
    for needed in [sfj_error_destroy, sfj_error_message, sfj_error_code, sfj_plugin_initialize] {
      guard sfj_has(table, Int32(needed)) else {
        throw PluginError.notAPlugin(path: path, reason: "its table is shorter than its version says")
      }
    }
    var arguments = sfj_initialize_arguments()
    try call(sfj_plugin_initialize, &arguments, \.size)
  }

  /// Calls a function of the table.
  ///
  /// - Throws: `PJRTError`; `unimplemented` if the table lacks the function.
  func call<Arguments>(
    _ function: Int, _ arguments: inout Arguments, _ size: WritableKeyPath<Arguments, Int>
  ) throws(PJRTError) {
    let place = Int32(function)
    guard sfj_has(table, place) else {
      throw PJRTError(.unimplemented, "the plugin \(path) has no function \(place)")
    }
    arguments[keyPath: size] = MemoryLayout<Arguments>.size
    let error = withUnsafeMutablePointer(to: &arguments) { sfj_call(table, place, $0) }
    if let error { throw take(error) }
  }

  /// Reads an error and destroys it.
  private func take(_ error: UnsafeMutableRawPointer) -> PJRTError {
    var message = sfj_error_message_arguments()
    message.size = MemoryLayout.size(ofValue: message)
    message.error = UnsafeRawPointer(error)
    _ = sfj_call(table, Int32(sfj_error_message), &message)
    var code = sfj_error_code_arguments()
    code.size = MemoryLayout.size(ofValue: code)
    code.error = UnsafeRawPointer(error)
    _ = sfj_call(table, Int32(sfj_error_code), &code)
    let found = PJRTError(
      PJRTError.Code(rawValue: Int(code.code)) ?? .unknown, Self.text(message.text, message.count))
    var gone = sfj_error_arguments()
    gone.size = MemoryLayout.size(ofValue: gone)
    gone.error = error
    _ = sfj_call(table, Int32(sfj_error_destroy), &gone)
    return found
  }

  /// Destroys an object; does nothing for nil, and ignores a plugin's errors.
  func destroy(_ function: Int, _ object: UnsafeMutableRawPointer?) {
    guard let object else { return }
    var arguments = sfj_object_arguments()
    arguments.object = object
    try? call(function, &arguments, \.size)
  }

  /// A text that belongs to an object.
  func text(_ function: Int, of object: UnsafeMutableRawPointer) throws(PJRTError) -> String {
    var arguments = sfj_text_arguments()
    arguments.object = object
    try call(function, &arguments, \.size)
    return Self.text(arguments.text, arguments.count)
  }

  /// The plugin's attributes, with names such as `stablehlo_current_version`.
  public func attributes() throws(PJRTError) -> [String: NamedValue] {
    var arguments = sfj_attributes_arguments()
    try call(sfj_plugin_attributes, &arguments, \.size)
    return NamedValue.dictionary(arguments.values, count: arguments.count)
  }

  /// Bytes of the plugin as text.
  static func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
    guard let start, count > 0 else { return "" }
    return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
  }
}
