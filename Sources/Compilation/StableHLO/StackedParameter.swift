import TrainingStep

/// One parameter of all blocks stacked into a single tensor, blocks first, with its optimizer state.
struct StackedParameter {
  /// The parameter of the first block.
  let first: Parameter
  /// The dimensions over which Adafactor's second moment is factored; nil if it is not, and with other optimizers.
  let factoring: (largest: Int, second: Int)?
  /// Types of the moments.
  let stateTypes: [StableHLOType]
  /// The moments before the step by their index from 1, once they have names.
  var state: [Int: StableHLOTensor] = [:]
  /// Parameter and moments after the step, if they are not those of the first block's values.
  var updated: [StableHLOTensor]?

  /// Whether the moments are the blocks' own, one after another.
  let hasBlockStates: Bool

  /// The parameter `first` of `depth` blocks. As in Optax, its moments are factored by their stacked sizes: they differ
  /// in shape from the blocks' own if the number of blocks is a dimension large enough to factor.
  init(_ first: Parameter, shape: [Int], depth: Int, isAdafactor: Bool, states: [StableHLOType]) {
    self.first = first
    let whole = [depth] + shape
    func stacked(_ type: StableHLOType) -> StableHLOType { StableHLOType([depth] + type.shape, type.element) }
    guard isAdafactor else {
      factoring = nil
      stateTypes = states.map(stacked)
      hasBlockStates = true
      return
    }
    let order = whole.indices.sorted { (whole[$0], $0) < (whole[$1], $1) }
    let moment = StableHLOType(whole, .bfloat16), full = StableHLOType(whole, .float32)
    if order.count >= 2, whole[order[order.count - 2]] >= Int(Factoring.minimumSize) {
      let pair = (largest: order[order.count - 1], second: order[order.count - 2])
      factoring = pair
      stateTypes = [moment, full.without([pair.largest]), full.without([pair.second])]
    } else {
      factoring = nil
      stateTypes = [moment, full]
    }
    hasBlockStates = stateTypes == states.map(stacked)
  }
}
