import VisionTransformer

/// Why no compiler would accept a file as a program, and what to export instead, in one sentence.
public enum ProgramError: Error, Sendable, Hashable {
  /// It is something other than a StableHLO module: what it is, and what to give instead.
  case noModule(String)
  /// It is truncated bytecode, or bytecode of a version that is not supported.
  case unreadBytecode
  /// A constant was printed without its values; `line` from 1, nil in bytecode.
  case omittedValues(line: Int?)
  /// A shape is not fixed, such as that of `tensor<?x3xf32>`.
  case openShape(type: String, line: Int?)
  /// It states a number of partitions or replicas that no machine has.
  case impossible(attribute: String, value: Int)
  /// The number of devices in its mesh is not its number of partitions.
  case meshAgainstPartitions(devices: Int, partitions: Int)
  /// The requested number of partitions is not the module's.
  case partitionsAgainstModule(given: Int, module: Int, source: PartitionSource)

  /// The part of a module that gives its number of partitions.
  public enum PartitionSource: String, Sendable, Hashable {
    /// The module's attribute.
    case attribute = "mhlo.num_partitions"
    /// The mesh of Shardy's shardings.
    case mesh = "sdy.mesh"
    /// A sharding of GSPMD.
    case sharding = "mhlo.sharding"
  }

  /// The way to export text for a TPU from JAX on any machine.
  static let jaxText = "`jax.jit(f).trace(...).lower(lowering_platforms=(\"tpu\",)).as_text()`"
  /// The export that compiles.
  static let export = "export StableHLO, in JAX " + jaxText
}

extension ProgramError: CustomStringConvertible {
  /// What is wrong, and what to export instead.
  public var description: String {
    func place(_ line: Int?) -> String { line.map { " (line \($0))" } ?? "" }
    switch self {
    case .noModule(let what): return what
    case .unreadBytecode:
      return "the bytecode is cut short, or of a version that is not read here: export text, in JAX "
        + "\(Self.jaxText), or say with --partitions how many cores it is for"
    case .omittedValues(let line):
      return "the values of a constant were left out when the module was printed\(place(line)): write all of it, as "
        + "`lowered.as_text()` of JAX does, or make the weights arguments of the function"
    case .openShape(let type, let line):
      return "not every shape is fixed, as `\(type)`\(place(line)) is not: export it with a number in place of every "
        + "dimension that is left open"
    case .impossible(let attribute, let value):
      return "\(attribute) = \(value) is no number of cores: export it again, lowered for the devices that are meant"
    case .meshAgainstPartitions(let devices, let partitions):
      return
        "its sdy.mesh has \(devices) devices, and mhlo.num_partitions says \(partitions): export it again, lowered "
        + "for one mesh"
    case .partitionsAgainstModule(let given, let module, let source):
      return
        "the module is for \(counted(module, "partition")) (\(source.rawValue)): leave --partitions out, or export "
        + "it again, lowered for \(given == 1 ? "one device" : "a mesh of \(given) devices")"
    }
  }
}

extension ProgramFormat.Kind {
  /// What it is, and what to give instead.
  var advice: String {
    switch self {
    case .gzip: "it is compressed by gzip: give the module itself, as `gunzip` unpacks it"
    case .zip: "it is a zip archive and no StableHLO module: \(ProgramError.export)"
    case .hloText: "it is HLO, which JAX has after `compile()` or as `as_text(\"hlo\")`: \(ProgramError.export)"
    case .hloProtobuf: "it is a protocol buffer of HLO: \(ProgramError.export)"
    case .jaxpr: "it is a jaxpr: \(ProgramError.export)"
    case .jaxExport:
      "it is what `serialize()` of `jax.export` gives: write `mlir_module_serialized` of the same object instead"
    case .utf16: "it is text in UTF-16: write the module in UTF-8"
    case .binary, .otherText: "it is neither the text nor the bytecode of a StableHLO module: \(ProgramError.export)"
    }
  }
}
