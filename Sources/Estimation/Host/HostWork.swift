import HostPlan
import TrainingStep
import VisionTransformer

/// A kernel's kind and its work, for pricing.
public struct HostWork: Sendable, Hashable {
  /// The kind.
  public var kernel: HostFigures.Kernel
  /// Units of each kind of work. Both spills are those of a step that finds nothing in the cache.
  public var units: HostFigures.Rates

  /// Work of a kind.
  public init(kernel: HostFigures.Kernel, units: HostFigures.Rates) {
    self.kernel = kernel
    self.units = units
  }

  /// Seconds, if a share `spill` of the elements it touches comes from memory.
  public func seconds(_ figures: HostFigures, spill: Double) -> Double {
    guard let rates = figures.rates[kernel] else { return 0 }
    return (units(spill: spill) * rates).sum()
  }

  /// Units of work, if a share `spill` of the elements it touches comes from memory.
  public func units(spill: Double) -> HostFigures.Rates {
    var units = units
    units[HostFigures.Work.spill.index] *= spill
    units[HostFigures.Work.weightSpill.index] *= spill
    return units
  }

  /// The share of touched elements that come from memory: `r^2 / (1 + r^2)` for a step whose bytes are `r` times the
  /// cache.
  ///
  /// A step cycles through its bytes. If they exceed the cache even slightly, hardly any are left when their turn comes
  /// again; at half the cache some are already missing, because the cache is imperfect and holds other data. An Adam
  /// update takes 20 ps an element in steps of a quarter of the cache, 37 to 50 in steps as large as it, and 55 to 60
  /// in steps of three times its size and more (32 MiB of an AMD EPYC, 74 steps, none of them in a grid that estimates
  /// are compared with). Of ten curves through these values, this has the smallest error on the same steps.
  public static func spill(stepBytes: Int, cache: Bytes) -> Double {
    let ratio = Double(stepBytes) / Double(max(1, cache.count))
    return ratio * ratio / (1 + ratio * ratio)
  }

  /// The work of one kernel; nil if the kernel has no price.
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
    add(.spill, units[HostFigures.Work.activation.index])
    add(.weightSpill, units[HostFigures.Work.weight.index])
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
