/// What a compile is told beside the program.
public struct CompilerOptions: Sendable, Hashable, Codable {
  /// Parts that the program is divided into, each on a core of its own.
  public var partitions: Int
  /// Copies of all parts that run side by side; nil: one.
  public var replicas: Int?
  /// Whether the program's shardings are Shardy's; nil: no, they are GSPMD's.
  public var usesShardy: Bool?
  /// How hard the compiler tries to make the program fit; 29 is what JAX sends, and it changes verdicts.
  public var memoryFittingLevel: Int
  /// Whether the arguments come as one tuple; nil: as JAX does, above `mostSeparateArguments`.
  public var tupledArguments: Bool?
  /// The compiler's own options by name, such as `xla_tpu_user_reserved_hbm_bytes`.
  public var overrides: [String: NamedValue]

  /// JAX's level, "O2".
  public static let jaxMemoryFittingLevel = 29
  /// Arguments above which JAX passes all as one tuple. ViT-G's step has 2,670.
  ///
  /// Source: jax, `jax/_src/interpreters/pxla.py`: a TPU program of more than 2000 arguments.
  public static let mostSeparateArguments = 2000

  /// Options; what is left out is as JAX has it.
  public init(
    partitions: Int = 1, replicas: Int? = nil, usesShardy: Bool? = nil,
    memoryFittingLevel: Int = Self.jaxMemoryFittingLevel,
    tupledArguments: Bool? = nil, overrides: [String: NamedValue] = [:]
  ) {
    self.partitions = partitions
    self.replicas = replicas
    self.usesShardy = usesShardy
    self.memoryFittingLevel = memoryFittingLevel
    self.tupledArguments = tupledArguments
    self.overrides = overrides
  }

  /// Cores that run the program together.
  public var cores: Int { partitions * max(1, replicas ?? 1) }
}
