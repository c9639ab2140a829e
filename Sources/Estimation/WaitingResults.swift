import TrainingStep
import VisionTransformer

/// Results of updates that wait for the end of the step, in post order, where 8 does not divide the width of a head.
///
/// Gradients and updates of such a kernel have the head's width on sublanes or lanes, while the kernel and its moments
/// have the heads on sublanes: every result is copied into the layout of its argument. The copies of the parameters
/// follow their updates. Those of the moments come after all parameters, and until then the moments' results are alive.
/// The compiler chooses an order without knowing of them, because its scheduler counts them in place of the arguments;
/// its rematerialization frees them only in its own accounting.
/// Source: scheduled programs and `Min-memory` lines in logs of libtpu 0.0.17.1, for heads of 84, 124 and 156 and a
/// token head. With the other heads the compiler takes depth-first order there, which copies as it goes.
struct WaitingResults: Sendable {
  /// Number of blocks from which the scheduler counts a copy of the classifier: it had one from 12 or 14 on, none up to
  /// 9.
  static let leastDepth = 12

  /// Bytes a block.
  private let perBlock: Int
  private let classifier: Int
  /// What the scheduler counts at the head: everything the forward pass leaves, and the classifier twice.
  private let atHead: LinearBytes

  /// The results of a model's order; nil if none wait.
  init?(_ model: borrowing StepModel, _ bytes: BufferBytes, _ sizes: AxisSizes, classifier: Int) {
    let structure = model.structure, regime = model.regime
    guard Self.mayWait(structure, regime), 2 * sizes[.batch] * sizes[.tokens] >= sizes[.width] else { return nil }
    let width = sizes[.width], head = sizes[.headWidth]
    let plane = min(
      TileLayout.sublanes(head, .float32) * TileLayout.lanes(width),
      TileLayout.sublanes(width, .float32) * TileLayout.lanes(head))
    perBlock = 4 * sizes[.heads] * plane * structure.optimizer.moments.bytesOfKernel
    self.classifier = classifier
    var atHead = bytes[.atBackward]
    atHead.constant &+= classifier / ElementType.bfloat16.size * ElementType.float32.size
    self.atHead = atHead
  }

  /// Whether results wait in an order, as far as this does not depend on sizes.
  static func mayWait(_ structure: StepStructure, _ regime: XLARegime) -> Bool {
    regime.keepsOutputKernel && !regime.eager && structure.head == .token && structure.gradientClipping == .none
      && !structure.recomputesBlocks
  }

  /// Bytes that the scheduler counts at the head of `depth` blocks, if the peak may be there.
  func head(_ depth: Int) -> Int { depth >= Self.leastDepth ? atHead(depth) : 0 }

  /// Bytes alive at the end, including the classifier's gradient, which comes last, before and after its all-reduce.
  func end(_ depth: Int) -> (total: Int, gradients: Int) { (depth &* perBlock &+ 2 &* classifier, 2 &* classifier) }

  /// The least of these bytes that stays.
  func floor(_ depth: Int) -> Int { depth &* perBlock &+ classifier }
}
