import Scheduling
import TrainingStep
import VisionTransformer

extension StepGraph {
  /// A parameter of this step.
  private struct Parameter {
    var block: Int?
    /// Its place among the parameters of a block, or among the others.
    var index: Int
    /// Its gradient before it is reduced.
    var gradient: Int
    /// The same afterwards, and the number of its bucket.
    var reduced = 0
    var bucket = 0
  }

  private func trained(_ parameter: Parameter) -> StepTemplate.Trained {
    parameter.block == nil ? template.otherParameters[parameter.index] : template.blockParameters[parameter.index]
  }

  /// The all-reduces and the updates.
  ///
  /// - Returns: the results of the step in order: parameters, the counter, moments, the loss.
  mutating func writeUpdates() -> [Int] {
    var parameters = listParameters()
    let loss = node(template.loss, in: nil, as: nil)
    let reducedLoss = reduce(&parameters, loss: loss)
    let factor = template.structure.gradientClipping == .globalNorm ? writeNorm(parameters) : []
    var counter: Int?, scalars: [Int] = []
    if let slot = template.counter {
      let name = template.rank(.counter)
      let next = update(name, [argument(nil, slot)], [scalar])
      writer.donate(argument(nil, slot), to: next)
      counter = next
      scalars = [update(name, [next], [scalar])]
    }
    let buckets = template.structure.gradientClipping == .none ? buckets(parameters) : []
    var results: [[Int]] = []
    results.reserveCapacity(parameters.count)
    for parameter in parameters {
      let trained = trained(parameter)
      let old =
        [argument(parameter.block, trained.slot)] + trained.moments.map { argument(parameter.block, $0) }
      let updated = write(trained, parameter.reduced, old, factor, scalars)
      for (argument, result) in zip(old, updated) { writer.donate(argument, to: result) }
      if !buckets.isEmpty { order(writer.work(updated[0]), parameter, trained, buckets[parameter.bucket]) }
      results.append(updated)
    }
    func moments(_ count: Int, _ place: Int) -> [Int] { results.filter { $0.count == count }.map { $0[place] } }
    let all =
      template.structure.optimizer == .adafactor
      ? moments(4, 2) + moments(4, 3) + moments(3, 2) + results.filter { $0.count > 2 }.map { $0[1] }
      : results.filter { $0.count > 1 }.map { $0[1] } + moments(3, 2)
    return results.map { $0[0] } + (counter.map { [$0] } ?? []) + all + [reducedLoss]
  }

  /// Parameters in the order of the step's results: blocks by their numbers' digits, then all others.
  private mutating func listParameters() -> [Parameter] {
    var all: [Parameter] = []
    all.reserveCapacity(depth * template.blockParameters.count + template.otherParameters.count)
    for block in (0..<depth).sorted(by: { "\($0)" < "\($1)" }) {
      for (index, trained) in template.blockParameters.enumerated() {
        let gradient = node(trained.gradient, in: .backward(0), as: .backward(block))
        all.append(Parameter(block: block, index: index, gradient: gradient))
      }
    }
    for (index, trained) in template.otherParameters.enumerated() {
      all.append(Parameter(block: nil, index: index, gradient: node(trained.gradient, in: nil, as: nil)))
    }
    return all
  }

  private mutating func add(_ work: Work, name: Int, _ reads: [Int], _ outputs: [Int], replacing: Int = 0) -> Int {
    for read in reads { writer.read(read) }
    for output in outputs { writer.write(output) }
    let node = writer.add(.work, name: name, replacing: replacing)
    describe(node, work)
    return node
  }

  /// Work of an update. What it writes over is an argument, which no account counts.
  private mutating func update(_ name: Int, _ reads: [Int], _ outputs: [Int]) -> Int {
    add(.update(name: name), name: name, reads, outputs)
  }

  private mutating func copy(_ name: Int, _ node: Int) -> Int {
    writer.read(node)
    writer.write(writer.kind(node))
    let copy = writer.add(.copy, name: name)
    describe(copy, .update(name: name))
    return copy
  }

  // MARK: - All-reduces

  /// Of each type, gradients in the order of the results, each in the first bucket that has room for it.
  ///
  /// Source: openxla/xla, xla/service/collective_combiner_utils.h; Facts, "All-reduce buckets". The patch kernel counts as in
  /// rows of eight, whatever it is moved in.
  private mutating func reduce(_ parameters: inout [Parameter], loss: Int) -> Int {
    var left = Array(parameters.indices), result = loss, isLossLeft = true
    let elements = parameters.map { trained($0).gradientElement }
    let sizes = parameters.map { parameter in
      let trained = trained(parameter), sizes = self.sizes
      return trained.kind == .patchKernel
        ? sizes[.patchRows] * sizes[.patchRows] * TileLayout.sublaneCount * TileLayout.lanes(sizes[.width])
          * trained.gradientElement.size : writer.bytes(writer.kind(parameter.gradient))
    }
    var count = 0
    while let first = left.first {
      let element = elements[first]
      var bucket: [Int] = [], rest: [Int] = [], bytes = 0
      for index in left {
        if elements[index] == element, bucket.isEmpty || bytes + sizes[index] <= GradientTail.bucketBytes {
          bucket.append(index)
          bytes += sizes[index]
        } else {
          rest.append(index)
        }
      }
      left = rest
      let hasLoss = isLossLeft && element == .float32
      if hasLoss { isLossLeft = false }
      let operands = bucket.map { parameters[$0].gradient } + (hasLoss ? [loss] : [])
      let node = add(
        .allReduce, name: template.rank(.allReduce), operands, operands.map { writer.kind($0) },
        replacing: operands.count)
      for (place, index) in bucket.enumerated() {
        parameters[index].reduced = writer.output(place, of: node)
        parameters[index].bucket = count
      }
      if hasLoss { result = writer.output(bucket.count, of: node) }
      count += 1
    }
    return result
  }

  /// The norm of all gradients.
  private mutating func writeNorm(_ parameters: [Parameter]) -> [Int] {
    let name = template.rank(.clipping)
    var total: Int?
    for parameter in parameters {
      let own = update(name, [parameter.reduced], [scalar])
      total = total.map { update(name, [$0, own], [scalar]) } ?? own
    }
    return total.map { [update(name, [$0], [scalar])] } ?? []
  }

  // MARK: - Updates

  private mutating func write(
    _ trained: StepTemplate.Trained, _ gradient: Int, _ old: [Int], _ factor: [Int], _ scalars: [Int]
  ) -> [Int] {
    let name = trained.rank
    if template.structure.optimizer == .adafactor {
      return old.count == 4
        ? factored(name, gradient, old, factor, scalars) : unfactored(name, gradient, old, factor, scalars)
    }
    let moves = trained.isProjection && movesKernels
    let node = update(name, old + [gradient] + factor + scalars, old.map { writer.kind($0) })
    return old.indices.map { writer.output($0, of: node) }.map { moves ? copy(name, $0) : $0 }
  }

  private mutating func factored(
    _ name: Int, _ gradient: Int, _ old: [Int], _ factor: [Int], _ scalars: [Int]
  ) -> [Int] {
    let kinds = old.map { writer.kind($0) }
    let sums = update(name, [gradient] + factor, [kinds[2], kinds[3]])
    let columns = update(name, [writer.output(1, of: sums), old[3]] + scalars, [kinds[3], kinds[3]])
    let rows = update(name, [writer.output(0, of: sums), old[2]] + scalars, [scalar, kinds[2]])
    let newRow = writer.output(1, of: rows)
    let share = update(name, [newRow, writer.output(0, of: rows)], [kinds[2]])
    let node = update(
      name, [gradient, writer.output(0, of: columns), share] + factor + [old[1], old[0]], [kinds[1], kinds[0]])
    return [writer.output(1, of: node), writer.output(0, of: node), newRow, writer.output(1, of: columns)]
  }

  private mutating func unfactored(
    _ name: Int, _ gradient: Int, _ old: [Int], _ factor: [Int], _ scalars: [Int]
  ) -> [Int] {
    let kinds = old.map { writer.kind($0) }
    let moments = update(name, [old[1], gradient] + factor + scalars + [old[2]], [kinds[1], kinds[2]])
    let second = writer.output(1, of: moments)
    let node = update(name, [old[0], old[1], gradient] + factor + [second], [kinds[0]])
    // The old moment is read after the new one exists, which therefore moves in last.
    let copied = copy(name, writer.output(0, of: moments))
    return [node, copied, second]
  }

  /// Whether gradients and updates of projection kernels have the head's width on the minor dimensions, while the kernels
  /// have the heads on sublanes: every result is then copied into the layout of its argument.
  ///
  /// Source: graphs that libtpu 0.0.17.1 schedules, for heads of 60, 112 and 128 in float32, and of 64 in bfloat16.
  private var movesKernels: Bool {
    let heads = sizes[.heads], head = sizes[.headWidth], width = sizes[.width]
    let sublanes = TileLayout.sublanes(heads, .float32) * TileLayout.lanes(head) * width
    let others = min(
      TileLayout.sublanes(head, .float32) * TileLayout.lanes(width) * heads,
      TileLayout.sublanes(heads, .float32) * TileLayout.lanes(width) * head)
    return sublanes <= others && (template.structure.precision == .float32 || head % TileLayout.laneCount != 0)
  }

  // MARK: - Edges

  /// Makes an update in place wait for the readers of the parameter that it overwrites, unless it follows them anyhow.
  ///
  /// It follows the forward pass of all blocks, and the backward pass of all above the lowest whose gradients are in its
  /// bucket; if gradients are clipped, it follows everything. Left are readers in that block.
  ///
  /// Source: openxla/xla, xla/service/copy_insertion.cc, `AddSpecialCaseCopies` and `CopyRemover`.
  private mutating func order(
    _ update: Int, _ parameter: Parameter, _ trained: StepTemplate.Trained, _ bucket: Bucket
  ) {
    guard let level = level(parameter, trained), bucket.lowest == level else { return }
    let part: StepTemplate.Stretch = parameter.block.map { .backward($0) } ?? .head
    for reader in trained.readers where !bucket.ancestors.contains(reader) {
      writer.wait(update, for: node(piece: reader, of: part))
    }
  }

  /// How late in the backward pass a gradient is computed: the block, the depth for the head; nil for the stem.
  private func level(_ parameter: Parameter, _ trained: StepTemplate.Trained) -> Int? {
    if let block = parameter.block { return block }
    if case .piece(.head, _, _) = trained.gradient { return depth }
    return nil
  }

  /// The gradients of an all-reduce that are computed last.
  private struct Bucket {
    /// The lowest block that they belong to, as `level`; -1 for the stem.
    var lowest = Int.max
    /// Pieces of that block that precede one of its gradients.
    var ancestors = PieceSet()
  }

  private func buckets(_ parameters: [Parameter]) -> [Bucket] {
    var buckets: [Bucket] = []
    for parameter in parameters {
      while buckets.count <= parameter.bucket { buckets.append(Bucket()) }
      let trained = trained(parameter), level = level(parameter, trained) ?? -1,
        lowest = buckets[parameter.bucket].lowest
      guard level <= lowest else { continue }
      if level < lowest { buckets[parameter.bucket] = Bucket(lowest: level) }
      guard level >= 0, case .piece(_, let piece, _) = trained.gradient else { continue }
      let part: StepTemplate.Stretch = parameter.block == nil ? .head : .backward(ofTemplate(level))
      buckets[parameter.bucket].ancestors.formUnion(template.ancestors(piece, in: part))
    }
    return buckets
  }
}
