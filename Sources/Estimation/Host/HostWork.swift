import HostPlan
import TrainingStep
import VisionTransformer

/// The kind of a kernel and the work it does, for pricing.
public struct HostWork: Sendable, Hashable {
  /// The kind.
  public var kernel: HostFigures.Kernel
  /// Units of each work; the spill is that of a step that no cache holds anything of.
  public var units: HostFigures.Rates

  /// Work of a kind.
  public init(kernel: HostFigures.Kernel, units: HostFigures.Rates) {
    self.kernel = kernel
    self.units = units
  }

  /// Seconds of it, with a share `spill` of the activations coming from memory.
  public func seconds(_ figures: HostFigures, spill: Double) -> Double {
    var units = units
    units[HostFigures.Work.spill.index] *= spill
    guard let rates = figures.rates[kernel] else { return 0 }
    return (units * rates).sum()
  }

  /// The share of a step's activations that come from memory: what of its bytes the cache does not hold.
  public static func spill(stepBytes: Int, cache: Bytes) -> Double {
    max(0, 1 - Double(cache.count) / Double(max(1, stepBytes)))
  }

  /// The work of one kernel; nil for one that is not priced.
  public init?(_ kernel: HostKernel, _ step: HostProgram, _ sizes: AxisSizes) {
    func elements(_ buffers: [BufferID], _ test: (HostPurpose) -> Bool) -> Double {
      buffers.reduce(0) { test(step[$1].purpose) ? $0 + Double(step[$1].extent(sizes)) : $0 }
    }
    func isWeight(_ purpose: HostPurpose) -> Bool {
      switch purpose {
      case .parameter, .optimizerState, .gradient: true
      case .input, .activation, .workspace: false
      }
    }
    let touched = kernel.reads + kernel.writes
    var units = HostFigures.Rates.zero
    func add(_ work: HostFigures.Work, _ amount: Double) { units[work.index] += amount }
    add(.call, 1)
    add(.product, kernel.products(sizes).reduce(0) { $0 + $1.flops })
    add(.activation, elements(touched) { !isWeight($0) })
    add(.weight, elements(touched, isWeight))
    add(.spill, elements(touched) { !isWeight($0) })
    switch kernel {
    case .patches: self.kernel = .patches
    case .linear(let l):
      self.kernel = .linear
      for layer in l.layers where layer.activated != nil { add(.transcendental, Double(l.m(sizes) * l.n(sizes))) }
    case .mlp(let l):
      self.kernel = .linear
      add(.transcendental, Double(l.m(sizes) * l.inner(sizes)))
    case .layerNorm, .normalize: self.kernel = .layerNorm
    case .attention(let a):
      self.kernel = .attention
      let (queries, keys, _, count) = a.sizes(sizes)
      add(.transcendental, Double(queries * keys * count))
    case .attentionGradient(let a, _):
      self.kernel = .attentionGradient
      let (queries, keys, _, count) = a.sizes(sizes)
      add(.transcendental, Double(queries * keys * count))
    case .mlpGradient(let g):
      self.kernel = .mlpGradient
      add(.transcendental, Double(g.m(sizes) * g.inner(sizes)))
    case .inputGradient: self.kernel = .inputGradient
    case .weightGradient: self.kernel = .weightGradient
    case .move: self.kernel = .move
    case .loss(let logits, _, _, _, _), .lossGradient(let logits, _, _, _, _):
      self.kernel = .loss
      add(.transcendental, Double(step[logits].extent(sizes)))
    case .clipFactor: self.kernel = .clip
    case .update(let update):
      switch update.items.first?.primitive {
      case .adamUpdate: self.kernel = .adam
      case .adafactorUpdate, .adafactorUnfactoredUpdate: self.kernel = .adafactor
      default: self.kernel = .sgd
      }
    case .reference: return nil
    }
    self.units = units
  }
}
