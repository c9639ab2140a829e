/// The options of a compile.
public struct CompilerOptions: Sendable, Hashable, Codable {
  /// Parts that the program is divided into, each on a core of its own.
  public var partitions: Int
  /// Copies of all parts that run side by side; nil means one.
  public var replicas: Int?
  /// Whether the program's shardings are Shardy's; nil means that they are GSPMD's.
  public var usesShardy: Bool?
  /// How hard the compiler tries to make the program fit. JAX sends 29; the level changes verdicts.
  public var memoryFittingLevel: Int
  /// Whether the arguments come as one tuple; nil means as in JAX, above `mostSeparateArguments`.
  public var tupledArguments: Bool?
  /// The compiler's own options by name, such as `xla_tpu_user_reserved_hbm_bytes`.
  public var overrides: [String: NamedValue]

  /// JAX's level, "O2".
  public static let jaxMemoryFittingLevel = 29
  /// Number of arguments above which JAX passes all of them as one tuple. ViT-G's step has 2,670.
  ///
  /// Source: jax, `jax/_src/interpreters/pxla.py`: a TPU program of more than 2000 arguments.
  public static let mostSeparateArguments = 2000

  /// Options; those left out are as in JAX.
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
