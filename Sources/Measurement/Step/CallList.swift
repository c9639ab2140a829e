import CKernels
import HostPlan
import TrainingStep

/// The calls of a laid-out step: every kernel with its arguments, ready for the team of threads.
///
/// The arguments point into the step's block of memory and live as long as the list.
final class CallList {
  /// One call an operation of the step.
  private(set) var calls: [sf_call] = []

  private let layout: HostLayout
  private let base: UnsafeMutableRawPointer
  private let counter: UnsafeMutablePointer<Int32>
  private var releases: [() -> Void] = []

  /// Learning rate and decay of every update: `p - (rate * direction + decay * p)`.
  ///
  /// Source: the step of `Validation/training_step.py`.
  static let rate: Float = 1e-3, decay: Float = 1e-4

  /// The calls of `layout` in the block at `base`; `counter` holds the number of the step.
  init(_ layout: HostLayout, base: UnsafeMutableRawPointer, counter: UnsafeMutablePointer<Int32>) {
    self.layout = layout
    self.base = base
    self.counter = counter
    calls = layout.step.operations.map { call($0.kernel) }
  }

  deinit { for release in releases { release() } }

  // MARK: - Memory

  private var sizes: AxisSizes { layout.sizes }

  /// Where a buffer is.
  func address(_ buffer: BufferID) -> UnsafeMutableRawPointer {
    base.advanced(by: layout.arena.offsets[buffer.index] ?? 0)
  }

  private func floats(_ buffer: BufferID) -> UnsafeMutablePointer<Float> {
    address(buffer).assumingMemoryBound(to: Float.self)
  }

  private func floats(_ buffer: BufferID?) -> UnsafeMutablePointer<Float>? { buffer.map { floats($0) } }

  private var scratch: UnsafeMutablePointer<Float> {
    base.advanced(by: layout.arena.byteCount).assumingMemoryBound(to: Float.self)
  }

  private var scratchStride: Int64 { Int64(layout.scratchPerThread / MemoryLayout<Float>.stride) }

  private func kept<T>(_ value: T) -> UnsafeMutablePointer<T> {
    let pointer = UnsafeMutablePointer<T>.allocate(capacity: 1)
    pointer.initialize(to: value)
    releases.append {
      pointer.deinitialize(count: 1)
      pointer.deallocate()
    }
    return pointer
  }

  private func kept<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let pointer = UnsafeMutablePointer<T>.allocate(capacity: max(1, values.count))
    pointer.initialize(from: values, count: values.count)
    releases.append { pointer.deallocate() }
    return pointer
  }

  private func call<T>(_ kernel: @escaping sf_kernel, _ arguments: T) -> sf_call {
    sf_call(kernel: kernel, arguments: UnsafeRawPointer(kept(arguments)))
  }

  // Up to three pointers, in the form that C takes.
  private func three<T>(_ values: [T?]) -> (T?, T?, T?) {
    func at(_ index: Int) -> T? { index < values.count ? values[index] : nil }
    return (at(0), at(1), at(2))
  }

  private func reading(_ buffer: BufferID?) -> UnsafePointer<Float>? { buffer.map { UnsafePointer(floats($0)) } }

  // MARK: - Kernels

  private func call(_ kernel: HostKernel) -> sf_call {
    switch kernel {
    case .patches(let images, let output):
      return call(
        sf_patches,
        sf_patches_arguments(
          batch: Int64(sizes[.batch]), side: Int64(sizes[.imageRows]), patch: Int64(sizes[.patchRows]),
          channels: Int64(sizes[.channels]), images: floats(images), rows: floats(output)))
    case .linear(let l): return linear(l)
    case .layerNorm(let l): return call(sf_layer_norm, layerNorm(l))
    case .normalize(let l): return call(sf_normalize, layerNorm(l))
    case .attention(let a):
      return call(
        sf_attention,
        sf_attention_arguments(
          batch: Int64(sizes[.batch]), queries: Int64(sizes[a.queries]), keys: Int64(sizes[a.keys]),
          heads: Int64(sizes[.heads]), d: Int64(sizes[.headWidth]), q: floats(a.query), k: floats(a.key),
          v: floats(a.value), o: floats(a.output), logsumexp: floats(a.logSum), scratch: scratch,
          scratch_stride: scratchStride))
    case .attentionGradient(let a, let dy):
      return call(
        sf_attention_gradient,
        sf_attention_gradient_arguments(
          batch: Int64(sizes[.batch]), queries: Int64(sizes[a.queries]), keys: Int64(sizes[a.keys]),
          heads: Int64(sizes[.heads]), d: Int64(sizes[.headWidth]), q: floats(a.query), k: floats(a.key),
          v: floats(a.value), o: floats(a.output), logsumexp: floats(a.logSum), dout: floats(dy), scratch: scratch,
          scratch_stride: scratchStride))
    case .mlp(let l):
      return call(
        sf_mlp,
        sf_mlp_arguments(
          m: Int64(l.m(sizes)), width: Int64(l.outer(sizes)), hidden: Int64(l.inner(sizes)), n: floats(l.x),
          wup: floats(l.up), bup: floats(l.upBias), h: floats(l.hidden), wdown: floats(l.down),
          bdown: floats(l.downBias), residual: reading(l.residual), y: floats(l.output), scratch: scratch,
          scratch_stride: scratchStride))
    case .mlpGradient(let g):
      return call(
        sf_mlp_gradient,
        sf_mlp_gradient_arguments(
          m: Int64(g.m(sizes)), width: Int64(g.outer(sizes)), hidden: Int64(g.inner(sizes)), h: floats(g.hidden),
          dy: floats(g.gradient), n: floats(g.input), wdown: floats(g.down), dwdown: floats(g.downGradient),
          dbdown: floats(g.downBiasGradient), dwup: floats(g.upGradient), dbup: floats(g.upBiasGradient),
          slab: HostScratch.mlpSlab(g, sizes, threads: layout.threads), scratch: scratch,
          scratch_stride: scratchStride))
    case .inputGradient(let g): return inputGradient(g)
    case .weightGradient(let g):
      return call(
        sf_weight_gradient,
        sf_weight_gradient_arguments(
          m: Int64(g.m(sizes)), k: Int64(g.k(sizes)), n: Int64(g.n(sizes)), count: Int64(g.layers.count),
          x: floats(g.x), dy: three(g.layers.map { reading($0.dy) }), dw: three(g.layers.map { floats($0.gradient) }),
          dbias: three(g.layers.map { floats($0.biasGradient) })))
    case .move(let m): return move(m)
    case .loss(let logits, let labels, let rows, let columns, let loss):
      return call(sf_cross_entropy, crossEntropy(logits, labels, rows, columns, loss: loss))
    case .lossGradient(let logits, let labels, let rows, let columns, let gradient):
      return call(sf_cross_entropy, crossEntropy(logits, labels, rows, columns, gradient: gradient))
    case .clipFactor(let gradients, let factor):
      let tensors = gradients.map { sf_norm_tensor(count: Int64(layout.step[$0].extent(sizes)), g: floats($0)) }
      return call(
        sf_norm_factor,
        sf_norm_factor_arguments(
          tensors: kept(tensors), tensor_count: Int64(tensors.count), factor: floats(factor), scratch: scratch,
          scratch_stride: scratchStride))
    case .update(let update): return self.update(update)
    case .reference(let operation, let inputs, let outputs):
      return call(
        ReferenceCall.kernel,
        ReferenceCall(
          operation, in: layout.step.program, inputs: inputs.map(address), outputs: outputs.map(address), sizes: sizes))
    }
  }

  private func linear(_ l: HostKernel.Linear) -> sf_call {
    call(
      sf_linear,
      sf_linear_arguments(
        m: Int64(l.m(sizes)), n: Int64(l.n(sizes)), k: Int64(l.k(sizes)), count: Int64(l.layers.count),
        x: floats(l.x), w: three(l.layers.map { reading($0.weight) }), bias: three(l.layers.map { reading($0.bias) }),
        residual: reading(l.residual), y: three(l.layers.map { floats($0.output) }),
        activated: three(l.layers.map { floats($0.activated) })))
  }

  private func layerNorm(_ l: HostKernel.LayerNorm) -> sf_layer_norm_arguments {
    sf_layer_norm_arguments(
      m: Int64(l.m(sizes)), n: Int64(l.n(sizes)), x: floats(l.x), scale: floats(l.scale), bias: floats(l.bias),
      y: floats(l.output), mean: floats(l.mean), reciprocal_deviation: floats(l.deviation))
  }

  private func inputGradient(_ g: HostKernel.InputGradient) -> sf_call {
    let residual = g.accumulates ? reading(g.output) : nil
    if let given = g.given, let norm = g.norm {
      return call(
        sf_layer_norm_gradient,
        sf_layer_norm_gradient_arguments(
          m: Int64(g.m(sizes)), n: Int64(g.k(sizes)), x: floats(norm.x), mean: floats(norm.mean),
          reciprocal_deviation: floats(norm.deviation), scale: floats(norm.scale), dy: floats(given),
          residual: residual, dx: floats(g.output), dscale: floats(norm.scaleGradient),
          dbias: floats(norm.biasGradient), scratch: scratch, scratch_stride: scratchStride))
    }
    let n = g.pairs.map { Int64($0.n(sizes)) } + [0, 0]
    return call(
      sf_input_gradient,
      sf_input_gradient_arguments(
        m: Int64(g.m(sizes)), k: Int64(g.k(sizes)), count: Int64(g.pairs.count), n: (n[0], n[1], n[2]),
        dy: three(g.pairs.map { reading($0.gradient) }), w: three(g.pairs.map { reading($0.weight) }),
        x: reading(g.norm?.x), mean: reading(g.norm?.mean), reciprocal_deviation: reading(g.norm?.deviation),
        scale: reading(g.norm?.scale), residual: residual, out: floats(g.output),
        dscale: floats(g.norm?.scaleGradient), dbias: floats(g.norm?.biasGradient), scratch: scratch,
        scratch_stride: scratchStride))
  }

  private func crossEntropy(
    _ logits: BufferID, _ labels: BufferID, _ rows: Extent, _ columns: Extent, loss: BufferID? = nil,
    gradient: BufferID? = nil
  ) -> sf_cross_entropy_arguments {
    sf_cross_entropy_arguments(
      batch: Int64(rows(sizes)), classes: Int64(columns(sizes)), logits: floats(logits), labels: floats(labels),
      loss: floats(loss), gradient: floats(gradient), scratch: scratch, scratch_stride: scratchStride)
  }

  private func move(_ m: HostKernel.Move) -> sf_call {
    func start(_ view: HostKernel.Move.View) -> UnsafeMutablePointer<Float> {
      floats(view.buffer).advanced(by: view.offset?(sizes) ?? 0)
    }
    func stride(_ extent: Extent?) -> Int64 { Int64(extent?(sizes) ?? 0) }
    let blocks = Int64(m.groups(sizes)), rows = Int64(m.repeats(sizes)), n = Int64(m.length(sizes))
    let factor = 1 / Float(m.divisor(sizes))
    guard let source = m.source else {
      return call(sf_fill, sf_fill_arguments(count: blocks * rows * n, y: start(m.output), value: 0))
    }
    if let other = m.other {
      return call(
        sf_add,
        sf_add_arguments(
          count: blocks * rows * n, period: n, a: start(source), b: start(other), y: start(m.output)))
    }
    if m.output.repetition == nil, rows > 1 {
      return call(
        sf_sum_rows,
        sf_sum_rows_arguments(
          blocks: blocks, rows: rows, n: n, x: start(source), x_block: stride(source.group),
          x_row: stride(source.repetition), y: start(m.output), y_block: stride(m.output.group), factor: factor))
    }
    return call(
      sf_copy,
      sf_copy_arguments(
        blocks: blocks, rows: rows, n: n, x: start(source), x_block: stride(source.group),
        x_row: stride(source.repetition), y: start(m.output), y_block: stride(m.output.group),
        y_row: stride(m.output.repetition), factor: factor))
  }

  // MARK: - Updates

  private func update(_ update: HostKernel.Update) -> sf_call {
    let factor = reading(update.factor), count = Int64(update.items.count)
    func size(_ item: HostKernel.Update.Item) -> Int64 { Int64(layout.step[item.parameter].extent(sizes)) }
    let half = update.items.first?.firstMoment == .bfloat16
    switch update.items.first?.primitive {
    case .adamUpdate:
      let tensors = update.items.map { item in
        sf_adam_tensor(
          count: size(item), p: floats(item.parameter), g: floats(item.gradient), m: address(item.state[0]),
          v: floats(item.state[1]))
      }
      return call(
        sf_adam,
        sf_adam_arguments(
          tensors: kept(tensors), tensor_count: count, factor: factor, step: counter, rate: Self.rate,
          decay: Self.decay, half: half))
    case .adafactorUpdate, .adafactorUnfactoredUpdate:
      let tensors = update.items.map { item in
        var tensor = HostScratch.adafactorTensor(item, sizes)
        tensor.p = floats(item.parameter)
        tensor.g = reading(item.gradient)
        tensor.m = address(item.state[0]).assumingMemoryBound(to: UInt16.self)
        if case .adafactorUpdate = item.primitive {
          tensor.row = floats(item.state[1])
          tensor.column = floats(item.state[2])
        } else {
          tensor.v = floats(item.state[1])
        }
        return tensor
      }
      return call(
        sf_adafactor,
        sf_adafactor_arguments(
          tensors: kept(tensors), tensor_count: count, factor: factor, step: counter, rate: Self.rate,
          decay: Self.decay, scratch: scratch, scratch_stride: scratchStride))
    default:
      let tensors = update.items.map { item in
        sf_sgd_tensor(
          count: size(item), p: floats(item.parameter), g: floats(item.gradient), m: item.state.first.map { floats($0) }
        )
      }
      return call(
        sf_sgd,
        sf_sgd_arguments(
          tensors: kept(tensors), tensor_count: count, factor: factor, rate: Self.rate, decay: Self.decay))
    }
  }
}
