import Catalog
import Compilation
import Evidence
import TrainingStep
import VisionTransformer

/// One program that a compiler is asked about: a configuration's, or one of the user's own.
package struct CompileQuestion: Sendable {
  /// What is to be compiled.
  package enum Subject: Sendable {
    /// The training step of a configuration.
    case configuration(Configuration)
    /// A module from a file.
    case program(CompileProgram, name: String)
  }

  package let subject: Subject
  /// What it is compiled for.
  package let device: Device
  /// Bytes that the verdict is held against.
  package let limit: Bytes

  /// The step of a configuration.
  ///
  /// - Throws: `ConfigurationError` for an unknown device, one that no compiler knows, and more cores than it compiles for.
  package init(_ configuration: Configuration, _ catalog: Catalog) throws(ConfigurationError) {
    subject = .configuration(configuration)
    device = try catalog.device(named: configuration.device)
    limit = configuration.memoryLimit ?? device.usableMemory
    _ = try topology
  }

  /// A program of one's own.
  ///
  /// - Throws: as the other.
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

  /// The configuration; nil for a program of one's own.
  package var configuration: Configuration? {
    if case .configuration(let configuration) = subject { configuration } else { nil }
  }

  /// File of a program of one's own.
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

  /// What it is compiled for.
  package var topology: CompileTopology {
    get throws(ConfigurationError) { try CompileTopology(device: device.name, partitions: cores) }
  }

  /// The module, written out.
  ///
  /// - Throws: `ConfigurationError` for what the printer refuses.
  package func program() throws(ConfigurationError) -> CompileProgram {
    switch subject {
    case .configuration(let configuration): try CompileProgram(configuration)
    case .program(let program, _): program
    }
  }

  /// What the compiler is told of `program` beside `options`.
  package func options(_ options: CompilerOptions, for program: CompileProgram) -> CompilerOptions {
    withinLimit(options.compiling(program))
  }

  /// The options with the limit in them: the compiler leaves alone what a smaller limit takes from the device's memory, so that it
  /// recomputes as it would within that limit.
  func withinLimit(_ options: CompilerOptions) -> CompilerOptions {
    var told = options
    if case .tpu = device.kind, limit < device.usableMemory, told.overrides[Self.reservedMemory] == nil {
      told.overrides[Self.reservedMemory] = .integer((device.usableMemory - limit).count)
    }
    return told
  }

  /// The compiler's option for memory that the program may not use. Source: libtpu 0.0.17.1.
  package static let reservedMemory = "xla_tpu_user_reserved_hbm_bytes"
}
