/// The path of a parameter in `flax.linen`'s tree, whose branches JAX visits in the order of their names.
///
/// Source: flax 0.11.2, names of submodules by class and number; jax 0.6.2, `jax.tree_util`: dictionaries by sorted keys.
public struct FlaxPath: Comparable {
  /// Names of the branches and the leaf.
  public let names: [String]

  /// The path of the parameter with the name `name` in a program, such as `block3/mlp/up/kernel`.
  public init(_ name: String, isScanned: Bool) {
    var words = name.split(separator: "/").map(String.init)[...]
    var names: [String] = []
    if let block = words.first, block.hasPrefix("block") {
      names.append(isScanned ? "ScanBlock_0" : "Block_" + block.dropFirst(5))
      words.removeFirst()
    } else if words.first == "map" {
      words.removeFirst()
      if words.first == "norm" { words[words.startIndex] = "norm2" }
    }
    names += words.map { Self.modules[$0] ?? $0 }
    self.names = names
  }

  private static let modules = [
    "embedding": "Conv_0", "norm": "LayerNorm_0", "norm1": "LayerNorm_0", "norm2": "LayerNorm_1",
    "attention": "MultiHeadDotProductAttention_0", "mlp": "Mlp_0", "up": "Dense_0", "down": "Dense_1",
    "classifier": "Dense_0", "pos_embedding": "pos",
  ]

  /// Whether a path comes before another in the tree.
  public static func < (a: Self, b: Self) -> Bool { a.names.lexicographicallyPrecedes(b.names) }
}
