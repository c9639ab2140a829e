import Catalog
import Compilation
import Evidence
import TrainingStep
import VisionTransformer

/// One program to compile: a configuration's, or a user's own.
package struct CompileQuestion: Sendable {
  /// The subject of a compile.
  package enum Subject: Sendable {
    /// The training step of a configuration.
    case configuration(Configuration)
    /// A module from a file.
    case program(CompileProgram, name: String)
  }

  package let subject: Subject
  /// The device to compile for.
  package let device: Device
  /// Bytes that the verdict is checked against.
  package let limit: Bytes

  /// The step of a configuration.
  ///
  /// - Throws: `ConfigurationError` for an unknown device, one that no compiler supports, and more cores than it
  ///   compiles for.
  package init(_ configuration: Configuration, _ catalog: Catalog) throws(ConfigurationError) {
    subject = .configuration(configuration)
    device = try catalog.device(named: configuration.device)
    limit = configuration.memoryLimit ?? device.usableMemory
    _ = try topology
  }

  /// A user's own program.
  ///
  /// - Throws: as for a configuration.
  package init(_ program: CompileProgram, name: String, device: Device, limit: Bytes?) throws(ConfigurationError) {
    subject = .program(program, name: name)
    self.device = device
    self.limit = limit ?? device.usableMemory
    if let most = CompileTopology.mostCores(of: device.name), program.cores > most {
      throw ConfigurationError(
        key: "program", value: name,
        rule:
          "is for \(counted(program.cores, "core")): at most \(grouped(most)) of \(device.name) are compiled for at once"
      )
    }
    _ = try topology
  }

  /// The configuration; nil for a user's own program.
  package var configuration: Configuration? {
    if case .configuration(let configuration) = subject { configuration } else { nil }
  }

  /// File of a user's own program.
  package var programName: String? {
    if case .program(_, let name) = subject { name } else { nil }
  }

  /// Name of the shape or of the file.
  package var title: String { configuration?.title ?? programName ?? "" }

  /// Cores that run it together.
  package var cores: Int {
    switch subject {
    case .configuration(let configuration): configuration.dataParallel
    case .program(let program, _): program.cores
    }
  }

  /// The topology to compile for.
  package var topology: CompileTopology {
    get throws(ConfigurationError) { try CompileTopology(device: device.name, partitions: cores) }
  }

  /// The module.
  ///
  /// - Throws: `ConfigurationError` for a step that cannot be printed.
  package func program() throws(ConfigurationError) -> CompileProgram {
    switch subject {
    case .configuration(let configuration): try CompileProgram(configuration)
    case .program(let program, _): program
    }
  }

  /// The compiler's options for `program`, based on `options`.
  package func options(_ options: CompilerOptions, for program: CompileProgram) -> CompilerOptions {
    withinLimit(options.compiling(program))
  }

  /// The options with the limit included: memory above a smaller limit is reserved, so that the compiler recomputes as
  /// it would within that limit.
  func withinLimit(_ options: CompilerOptions) -> CompilerOptions {
    var told = options
    if case .tpu = device.kind, limit < device.usableMemory, told.overrides[Self.reservedMemory] == nil {
      told.overrides[Self.reservedMemory] = .integer((device.usableMemory - limit).count)
    }
    return told
  }

  /// The compiler's option for memory that the program must not use. Source: libtpu 0.0.17.1.
  package static let reservedMemory = "xla_tpu_user_reserved_hbm_bytes"
}
