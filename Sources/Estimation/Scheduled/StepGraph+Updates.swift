import Scheduling
import TrainingStep
import VisionTransformer

extension StepGraph {
  /// A parameter of this step.
  private struct Parameter {
    var block: Int?
    var trained: StepTemplate.Trained
    /// Its gradient before it is reduced.
    var gradient: Int
    /// The same afterwards, and the all-reduce.
    var reduced = 0
    var reduction = 0
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
      let next = update("increment", [argument(nil, slot)], [.scalar])
      writer.donate(argument(nil, slot), to: next)
      counter = next
      scalars = [update("increment", [next], [.scalar])]
    }
    let buckets = buckets(parameters)
    var results: [[Int]] = []
    for parameter in parameters {
      let old =
        [argument(parameter.block, parameter.trained.slot)]
        + parameter.trained.moments.map { argument(parameter.block, $0) }
      let updated = write(parameter, old, factor, scalars)
      for (argument, result) in zip(old, updated) { writer.donate(argument, to: result) }
      order(update(of: updated[0]), parameter, buckets)
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
    for block in (0..<depth).sorted(by: { "\($0)" < "\($1)" }) {
      for trained in template.blockParameters {
        let gradient = node(trained.gradient, in: .backward(0), as: .backward(block))
        all.append(Parameter(block: block, trained: trained, gradient: gradient))
      }
    }
    for trained in template.otherParameters {
      all.append(Parameter(block: nil, trained: trained, gradient: node(trained.gradient, in: nil, as: nil)))
    }
    return all
  }

  private func array(_ node: Int) -> Array { writer.drafts[node].outputs[0] }

  private mutating func update(
    _ name: String, _ reads: [Int], _ outputs: [Array], replacing replaceable: [Int] = [], isCopy: Bool = false
  ) -> Int {
    let node = writer.add(name, isCopy ? .copy : .work, number(), reads, outputs: outputs, replacing: replaceable)
    describe(
      node,
      Detail(
        phase: .update, label: .update(name: name), instant: .endOfBackward,
        purposes: Swift.Array(repeating: .workspace, count: outputs.count), unpaddedBytes: outputs.map(\.unpaddedBytes))
    )
    return node
  }

  // MARK: - All-reduces

  /// Of each type, gradients in the order of the results, each in the first bucket that has room for it.
  ///
  /// Source: openxla/xla, xla/service/collective_combiner_utils.h; Facts, "All-reduce buckets". The patch kernel counts as in
  /// rows of eight, whatever it is moved in.
  private mutating func reduce(_ parameters: inout [Parameter], loss: Int) -> Int {
    var left = Swift.Array(parameters.indices), result = loss, isLossLeft = true
    while let first = left.first {
      let element = parameters[first].trained.gradientElement
      var bucket: [Int] = [], rest: [Int] = [], bytes = 0
      for index in left {
        let trained = parameters[index].trained
        let size =
          trained.kind == .patchKernel
          ? sizes[.patchRows] * sizes[.patchRows] * TileLayout.sublaneCount * TileLayout.lanes(sizes[.width])
            * trained.gradientElement.size : array(parameters[index].gradient).tiledBytes
        if trained.gradientElement == element, bucket.isEmpty || bytes + size <= GradientTail.bucketBytes {
          bucket.append(index)
          bytes += size
        } else {
          rest.append(index)
        }
      }
      left = rest
      let hasLoss = isLossLeft && element == .float32
      if hasLoss { isLossLeft = false }
      let operands = bucket.map { parameters[$0].gradient } + (hasLoss ? [loss] : [])
      let outputs = operands.map { array($0) }
      let node = writer.add("allReduceMean", .work, number(), operands, outputs: outputs, replacing: operands)
      describe(
        node,
        Detail(
          phase: .backward, label: .allReduce, instant: .endOfBackward,
          purposes: Swift.Array(repeating: .gradient, count: operands.count),
          unpaddedBytes: outputs.map(\.unpaddedBytes)))
      for (place, index) in bucket.enumerated() {
        parameters[index].reduced = operands.count == 1 ? node : writer.element(place, of: node)
        parameters[index].reduction = node
      }
      if hasLoss { result = operands.count == 1 ? node : writer.element(bucket.count, of: node) }
    }
    return result
  }

  /// The norm of all gradients.
  private mutating func writeNorm(_ parameters: [Parameter]) -> [Int] {
    var total: Int?
    for parameter in parameters {
      let own = update("globalNormFactor", [parameter.reduced], [.scalar])
      total = total.map { update("globalNormFactor", [$0, own], [.scalar]) } ?? own
    }
    return total.map { [update("globalNormFactor", [$0], [.scalar])] } ?? []
  }

  // MARK: - Updates

  private mutating func write(_ parameter: Parameter, _ old: [Int], _ factor: [Int], _ scalars: [Int]) -> [Int] {
    let name = parameter.trained.name, gradient = parameter.reduced, outputs = old.map { array($0) }
    if template.structure.optimizer == .adafactor {
      return old.count == 4
        ? factored(name, gradient, old, factor, scalars) : unfactored(name, gradient, old, factor, scalars)
    }
    let moves = parameter.trained.isProjection && movesKernels
    let node = update(name, old + [gradient] + factor + scalars, outputs, replacing: moves ? [] : old)
    let results = outputs.count == 1 ? [node] : outputs.indices.map { writer.element($0, of: node) }
    guard moves else { return results }
    return zip(results, outputs).map { update(name, [$0], [$1], isCopy: true) }
  }

  private mutating func factored(
    _ name: String, _ gradient: Int, _ old: [Int], _ factor: [Int], _ scalars: [Int]
  ) -> [Int] {
    let (first, row, column) = (array(old[1]), array(old[2]), array(old[3]))
    let sums = update(name, [gradient] + factor, [row, column])
    let columns = update(
      name, [writer.element(1, of: sums), old[3]] + scalars, [column, column], replacing: [old[3]])
    let rows = update(name, [writer.element(0, of: sums), old[2]] + scalars, [.scalar, row], replacing: [old[2]])
    let share = update(name, [writer.element(1, of: rows), writer.element(0, of: rows)], [row])
    let node = update(
      name, [gradient, writer.element(0, of: columns), share] + factor + [old[1], old[0]], [first, array(old[0])],
      replacing: [old[1], old[0]])
    return [
      writer.element(1, of: node), writer.element(0, of: node), writer.element(1, of: rows),
      writer.element(1, of: columns),
    ]
  }

  private mutating func unfactored(
    _ name: String, _ gradient: Int, _ old: [Int], _ factor: [Int], _ scalars: [Int]
  ) -> [Int] {
    let moments = update(
      name, [old[1], gradient] + factor + scalars + [old[2]], [array(old[1]), array(old[2])],
      replacing: [old[1], old[2]])
    let node = update(
      name, [old[0], old[1], gradient] + factor + [writer.element(1, of: moments)], [array(old[0])], replacing: [old[0]]
    )
    // The old moment is read after the new one exists, which therefore moves in last.
    let copied = update(name, [writer.element(0, of: moments)], [array(old[1])], isCopy: true)
    return [node, copied, writer.element(1, of: moments)]
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

  /// The work whose result, or a copy of it, is a node.
  private func update(of node: Int) -> Int {
    let maker = writer.maker(node)
    return writer.drafts[maker].role == .copy ? update(of: writer.drafts[maker].operands[0]) : maker
  }

  /// Makes an update in place wait for the readers of the parameter that it overwrites, unless it follows them anyhow.
  ///
  /// It follows the forward pass of all blocks, and the backward pass of all above the lowest whose gradients are in its
  /// bucket; if gradients are clipped, it follows everything. Left are readers in that block.
  ///
  /// Source: openxla/xla, xla/service/copy_insertion.cc, `AddSpecialCaseCopies` and `CopyRemover`.
  private mutating func order(_ update: Int, _ parameter: Parameter, _ buckets: [Int: Bucket]) {
    guard template.structure.gradientClipping == .none, let bucket = buckets[parameter.reduction],
      let level = level(parameter), bucket.lowest == level
    else { return }
    let part: StepTemplate.Stretch = parameter.block.map { .backward($0) } ?? .head
    writer.wait(
      update, for: parameter.trained.readers.filter { !bucket.ancestors.contains($0) }.map { node(piece: $0, of: part) }
    )
  }

  /// How late in the backward pass a gradient is computed: the block, the depth for the head; nil for the stem.
  private func level(_ parameter: Parameter) -> Int? {
    if let block = parameter.block { return block }
    if case .piece(.head, _, _) = parameter.trained.gradient { return depth }
    return nil
  }

  /// The gradients of an all-reduce that are computed last.
  private struct Bucket {
    /// The lowest block that they belong to, as `level`; -1 for the stem.
    var lowest = Int.max
    /// Pieces of that block that precede one of its gradients.
    var ancestors: Set<Int> = []
  }

  private func buckets(_ parameters: [Parameter]) -> [Int: Bucket] {
    var buckets: [Int: Bucket] = [:]
    for parameter in parameters {
      let level = level(parameter) ?? -1
      guard level <= buckets[parameter.reduction]?.lowest ?? .max else { continue }
      if level < buckets[parameter.reduction]?.lowest ?? .max { buckets[parameter.reduction] = Bucket(lowest: level) }
      guard level >= 0, case .piece(_, let piece, _) = parameter.trained.gradient else { continue }
      let part: StepTemplate.Stretch = parameter.block == nil ? .head : .backward(ofTemplate(level))
      buckets[parameter.reduction]?.ancestors.formUnion(template.ancestors(piece, in: part))
    }
    return buckets
  }
}
