import CKernels
import TrainingStep

/// Memory that kernels need while they run; all kernels reuse one block.
///
/// The kernels themselves give its size (`CKernels.h`), so that plan and execution agree.
public enum HostScratch {
  /// Bytes that every thread needs for the most demanding kernel of a step, in whole cache lines.
  public static func bytesPerThread(_ step: HostProgram, _ sizes: AxisSizes, threads: Int) -> Int {
    step.operations.reduce(0) { max($0, bytesPerThread($1.kernel, step, sizes, threads: threads)) }
  }

  /// Bytes that every thread needs for one kernel.
  public static func bytesPerThread(_ kernel: HostKernel, _ step: HostProgram, _ sizes: AxisSizes, threads: Int) -> Int
  {
    let floats: Int64 =
      switch kernel {
      case .attention(let a):
        sf_attention_scratch(Int64(sizes[a.queries]), Int64(sizes[a.keys]), Int64(sizes[.headWidth]))
      case .attentionGradient(let a, _):
        sf_attention_gradient_scratch(Int64(sizes[a.queries]), Int64(sizes[a.keys]), Int64(sizes[.headWidth]))
      case .mlp(let l): sf_mlp_scratch(Int64(l.m(sizes)), Int64(l.inner(sizes)), Int32(threads))
      case .mlpGradient(let g):
        sf_mlp_gradient_scratch(Int64(g.m(sizes)), Int64(g.outer(sizes)), mlpSlab(g, sizes, threads: threads))
      case .inputGradient(let g):
        g.given == nil
          ? sf_input_gradient_scratch(
            Int64(g.m(sizes)), Int64(g.k(sizes)), Int64(g.pairs.reduce(0) { max($0, $1.n(sizes)) }), Int32(threads))
          : sf_layer_norm_gradient_scratch(Int64(g.k(sizes)))
      case .loss, .lossGradient, .clipFactor: 16
      case .update(let update):
        update.items.reduce(0) { most, item in
          guard case .adafactorUpdate = item.primitive else { return most }
          var tensor = adafactorTensor(item, sizes)
          return max(most, sf_adafactor_scratch(&tensor))
        }
      case .patches, .linear, .layerNorm, .normalize, .weightGradient, .move, .reference: 0
      }
    return Arena.aligned(Int(floats) * 4)
  }

  /// Columns of the hidden layer that a thread processes at a time.
  public static func mlpSlab(_ gradient: HostKernel.MLPGradient, _ sizes: AxisSizes, threads: Int) -> Int64 {
    sf_mlp_gradient_slab(
      Int64(gradient.m(sizes)), Int64(gradient.outer(sizes)), Int64(gradient.inner(sizes)), Int32(threads))
  }

  /// Shape and axes of a tensor under Adafactor, without its memory.
  public static func adafactorTensor(_ item: HostKernel.Update.Item, _ sizes: AxisSizes) -> sf_adafactor_tensor {
    var tensor = sf_adafactor_tensor()
    // Folds leading axes of one element if a tensor has more axes than the kernel supports.
    tensor.rank = Int64(item.axes.count)
    withUnsafeMutableBytes(of: &tensor.size) { raw in
      let size = raw.bindMemory(to: Int64.self)
      for (index, axis) in item.axes.enumerated() where index < size.count { size[index] = Int64(sizes[axis]) }
    }
    if case .adafactorUpdate(let row, let column) = item.primitive {
      tensor.reduced_in_row = Int64(row)
      tensor.reduced_in_column = Int64(column)
    }
    return tensor
  }
}
