/// The shape of a Vision Transformer's body: everything about the encoder that a named variant, such as `ViT-G/14`,
/// fixes.
///
/// Source: arXiv 2010.11929 section 3.1 and arXiv 2106.04560 Table 2.
public struct Shape: Sendable, Hashable {
  /// Width of the residual stream, D.
  public var width: Int
  /// Number of encoder blocks.
  public var depth: Int
  /// Width of the MLP's hidden layer, M.
  public var mlpWidth: Int
  /// Attention heads a block, H; divides the width.
  public var heads: Int
  /// Side of a square image patch in pixels, P.
  public var patch: Int

  /// A shape from its five numbers; `Configuration.validated()` checks them.
  public init(width: Int, depth: Int, mlpWidth: Int, heads: Int, patch: Int) {
    self.width = width
    self.depth = depth
    self.mlpWidth = mlpWidth
    self.heads = heads
    self.patch = patch
  }

  /// Width of one attention head, d = D / H.
  public var headWidth: Int { width / heads }
}

extension Shape: CustomStringConvertible {
  /// The five numbers in the order of the paper's tables: `1664x48x8192 h16 /14` (width x depth x MLP-width, heads, patch).
  public var description: String { "\(width)x\(depth)x\(mlpWidth) h\(heads) /\(patch)" }
}

extension Shape {
  /// The value of one of the contract's keys.
  public subscript(key: Configuration.ShapeKey) -> Int {
    switch key {
    case .width: width
    case .depth: depth
    case .mlpWidth: mlpWidth
    case .heads: heads
    case .patch: patch
    }
  }
}
