import Scheduling
import TrainingStep
import VisionTransformer

extension StepLowering {
  /// Reduced gradients by parameter, and the reduced loss.
  struct Reduced {
    var gradients: [String: Int] = [:]
    var loss = 0
    /// The all-reduces.
    var nodes: Set<Int> = []
  }

  /// The most bytes of one all-reduce. Source: Facts, "All-reduce buckets".
  private static let bucketBytes = 120 << 20

  func name(_ parameter: Parameter) -> String { program[parameter.value].name }

  /// The all-reduces: of each type, gradients in the order of the results, each in the first that has room for it.
  ///
  /// Source: openxla/xla, xla/service/collective_combiner_utils.h; that a gradient without room is passed over is seen.
  mutating func writeReductions(loss: Int) -> Reduced {
    var reduced = Reduced(), count = 0
    var left =
      ordered.compactMap { parameter -> (name: String?, node: Int)? in
        gradients[name(parameter)].map { (name(parameter), $0) }
      } + [(nil, loss)]
    for index in left.indices {
      guard let name = left[index].name, isFlat(name) else { continue }
      switch configuration.optimizer {
      case .sgd, .adam, .adamHalf: break
      case .sgdMomentum, .adafactor:
        // An update that reads the gradient only once reads it in the parameter's own shape.
        guard configuration.gradientClipping == .none else { break }
        left[index].node = writer.add(
          "backward/\(configuration.head == .map ? "head" : "stem")/convert", Pass.result(20), [left[index].node],
          gradientArray(name))
      }
    }
    while let first = left.first {
      let element = array(first.node).element
      var bytes = 0
      // The patch kernel counts as in rows of eight, whatever it is moved in.
      func size(_ array: TiledArray) -> Int {
        array.minorToMajor == [3, 2, 1, 0]
          ? array.extents[0] * array.extents[1] * TiledArray(array.element, [8, array.extents[3]]).tiledBytes
          : array.tiledBytes
      }
      var bucket: [(name: String?, node: Int)] = [], rest = bucket
      for gradient in left {
        let size = size(array(gradient.node))
        if array(gradient.node).element == element, bucket.isEmpty || bytes + size <= Self.bucketBytes {
          bucket.append(gradient)
          bytes += size
        } else {
          rest.append(gradient)
        }
      }
      left = rest
      let node = writer.add(
        writer.drafts[bucket[0].node].origin, .work, Pass.reduction(count), bucket.map(\.node),
        outputs: bucket.map { array($0.node) })
      count += 1
      reduced.nodes.insert(node)
      for (index, gradient) in bucket.enumerated() {
        let result = bucket.count == 1 ? node : writer.element(index, of: node)
        if let name = gradient.name { reduced.gradients[name] = result } else { reduced.loss = result }
      }
    }
    return reduced
  }

  /// The updates, and the results of the step in order: parameters, the counter, moments, the loss.
  mutating func writeUpdates(_ reduced: Reduced) -> [Int] {
    var parameters: [Int] = [], first: [Int] = [], second: [Int] = [], rows: [Int] = [], columns: [Int] = []
    let clip = configuration.gradientClipping == .globalNorm ? writeNorm(reduced) : []
    let counter = program.counter.map { writeCounter($0.before) }
    for (place, parameter) in ordered.enumerated() {
      let name = name(parameter), old = argument(name)
      guard let gradient = reduced.gradients[name] else { continue }
      let scope = program[parameter.value].scope
      var update = UpdateOperands(
        origin: origin(scope), place: place, parameter: old, gradient: [gradient] + clip,
        moments: parameter.state.map { argument(program[$0].name) }, scalars: counter?.scalars ?? [])
      if isFlat(name) { flatten(&update, clip) }
      let results =
        switch configuration.optimizer {
        case .sgd, .sgdMomentum: descent(update)
        case .adam, .adamHalf: adam(update)
        case .adafactor where parameter.state.count == 3: factored(update, parameter)
        case .adafactor: unfactored(update)
        }
      for (argument, result) in zip([old] + update.moments, results) { writer.donate(argument, to: result) }
      parameters.append(results[0])
      switch results.count {
      case 2: first.append(results[1])
      case 3:
        first.append(results[1])
        second.append(results[2])
      case 4:
        first.append(results[1])
        rows.append(results[2])
        columns.append(results[3])
      default: break
      }
    }
    if let counter, let before = program.counter?.before {
      writer.donate(argument(program[before].name), to: counter.result)
    }
    let one = writer.add("", .constant, Pass.scalar(4000), [], .scalar)
    let loss = writer.add("forward/loss/sigmoidCrossEntropy", Pass.scalar(4001), [reduced.loss, one], .scalar)
    let moments = configuration.optimizer == .adafactor ? rows + columns + second + first : first + second
    return parameters + (counter.map { [$0.result] } ?? []) + moments + [loss]
  }

  private func origin(_ scope: Scope) -> String {
    (scope.block.map { "update/block\($0)/" } ?? "update/") + "\(scope.part)"
  }

  /// What an update reads.
  struct UpdateOperands {
    var origin: String
    /// The parameter's place among the results.
    var place: Int
    var parameter: Int
    /// The gradient, and the norm of all where it is clipped.
    var gradient: [Int]
    var moments: [Int]
    var scalars: [Int]
  }

  /// Whether a parameter is one vector, a token or a probe, whose gradient is reduced without its two axes of one.
  private func isFlat(_ name: String) -> Bool {
    writer.drafts[argument(name)].outputs[0].extents.prefix(2) == [1, 1]
  }

  /// The multiples of such a gradient that an update reads are written before it.
  private mutating func flatten(_ update: inout UpdateOperands, _ clip: [Int]) {
    let row = vector(width, .float32)
    guard clip.isEmpty else {
      let part = configuration.head == .map ? "head" : "stem"
      update.gradient[0] = writer.add("backward/\(part)/convert", Pass.clipping(1), [update.gradient[0]], row)
      return
    }
    switch configuration.optimizer {
    case .sgd: update.gradient = [writer.add("\(update.origin)/sgdUpdate", Pass.clipping(1), update.gradient, row)]
    case .adam, .adamHalf:
      let node = writer.add("\(update.origin)/adamUpdate", Pass.clipping(1), update.gradient, row, row)
      update.gradient = [writer.element(1, of: node), writer.element(0, of: node)]
    case .sgdMomentum, .adafactor: return
    }
  }

  private func array(_ node: Int) -> TiledArray { writer.drafts[node].outputs[0] }

  /// Updates are made from the last to the first, larger ones before smaller ones.
  private func number(_ update: UpdateOperands) -> Int {
    let bytes = array(update.parameter).tiledBytes
    let size = bytes > 4 << 20 ? 0 : bytes > 1 << 20 ? 1 : bytes > 12 << 10 ? 2 : bytes > 4 << 10 ? 3 : 4
    return Pass.kernelUpdate(size << 16 + (1 << 16 - 1 - update.place))
  }

  // MARK: - Clipping and the counter

  /// The norm of all gradients, and whether it exceeds its limit.
  private mutating func writeNorm(_ reduced: Reduced) -> [Int] {
    var total: Int?
    let origin = "update/head/globalNormFactor"
    for (place, parameter) in ordered.enumerated() {
      guard let gradient = reduced.gradients[name(parameter)] else { continue }
      let own = writer.add(origin, Pass.clipping(1000 - place), [gradient], .scalar)
      total = total.map { writer.add(origin, Pass.scalar(place), [$0, own], .scalar) } ?? own
    }
    let norm = writer.add(origin, Pass.scalar(2000), total.map { [$0] } ?? [], .scalar)
    let one = writer.add("", .constant, Pass.scalar(2001), [], .scalar)
    return [norm, writer.add(origin, Pass.scalar(2002), [norm, one], .scalar)]
  }

  /// The next count of steps, and the factors that follow from it.
  private mutating func writeCounter(_ before: Value) -> (result: Int, scalars: [Int]) {
    let origin = "update/loss/increment"
    var place = 3000
    func scalar(_ origin: String, _ operands: [Int], _ self: inout StepLowering) -> Int {
      place += 1
      return self.writer.add(origin, Pass.scalar(place), operands, .scalar)
    }
    func constant(_ self: inout StepLowering) -> Int {
      place += 1
      return self.writer.add("", .constant, Pass.scalar(place), [], .scalar)
    }
    let copied = writer.add("", .copy, Pass.result(10), [argument(program[before].name)], .scalar)
    let limit = constant(&self)
    let isLast = scalar(origin, [copied, limit], &self)
    let one = constant(&self)
    let next = scalar(origin, [copied, one], &self)
    let result = scalar(origin, [isLast, next, limit], &self)
    let factored = configuration.optimizer == .adafactor
    let update = "update/block0/attention/" + (factored ? "adafactorUnfactoredUpdate" : "adamUpdate")
    let count = scalar(update, [result], &self), unit = constant(&self)
    if factored {
      let exponent = constant(&self), cap = constant(&self)
      let power = scalar(update, [count, exponent], &self)
      let decay = scalar(update, [scalar(update, [unit, power], &self), cap], &self)
      return (result, [decay, scalar(update, [unit, decay], &self)])
    }
    var corrections: [Int] = []
    for _ in 0..<2 {
      let base = constant(&self)
      corrections.append(scalar(update, [unit, scalar(update, [base, count], &self)], &self))
    }
    return (result, corrections)
  }

  // MARK: - Optimizers

  private mutating func descent(_ update: UpdateOperands) -> [Int] {
    let name = update.moments.isEmpty ? "sgdUpdate" : "momentumUpdate"
    var outputs = ([update.parameter] + update.moments).map { array($0) }
    // The patch kernel stays as the convolution leaves its gradient, and is copied back.
    let isPatchKernel = outputs[0].extents.count == 4 && updatesPatchKernelAsItIs
    if isPatchKernel { for index in outputs.indices { outputs[index].minorToMajor = [3, 2, 1, 0] } }
    let node = writer.add(
      "\(update.origin)/\(name)", .work, number(update), [update.parameter] + update.moments + update.gradient,
      outputs: outputs, replacing: isPatchKernel ? [] : [update.parameter] + update.moments)
    return outputs.indices.map { index in
      let result = outputs.count == 1 ? node : writer.element(index, of: node)
      guard isPatchKernel else { return result }
      return writer.add(
        "", .copy, Pass.copy(20 + index), [result], array(index == 0 ? update.parameter : update.moments[0]))
    }
  }

  private mutating func adam(_ update: UpdateOperands) -> [Int] {
    let node = writer.add(
      "\(update.origin)/adamUpdate", number(update),
      configuration.optimizer == .adam
        ? [update.parameter] + update.scalars + [update.moments[1]] + update.gradient + [update.moments[0]]
        : [update.parameter] + update.gradient + update.scalars + update.moments,
      array(update.parameter), array(update.moments[1]), array(update.moments[0]),
      replacing: [update.parameter, update.moments[1], update.moments[0]])
    return [0, 2, 1].map { writer.element($0, of: node) }
  }

  private mutating func unfactored(_ update: UpdateOperands) -> [Int] {
    let (first, second) = (update.moments[0], update.moments[1])
    let origin = "\(update.origin)/adafactorUnfactoredUpdate"
    let moments = writer.add(
      origin, Pass.firstMoments(2000 - update.place),
      [first] + update.gradient + [update.scalars[1], second, update.scalars[0]], array(first), array(second),
      replacing: [first, second])
    let isNorm = array(update.gradient[0]).element == .float32
    let variance = [writer.element(1, of: moments)]
    let parameter = writer.add(
      origin, number(update),
      [update.parameter, first] + (isNorm ? update.gradient + variance : variance + update.gradient),
      array(update.parameter), replacing: [update.parameter])
    // The old moment is read after the new one exists, which therefore moves in last.
    let copied = writer.add("", .copy, Pass.result(100 + update.place), [writer.element(0, of: moments)], array(first))
    return [parameter, copied, writer.element(1, of: moments)]
  }

  private mutating func factored(_ update: UpdateOperands, _ parameter: Parameter) -> [Int] {
    let origin = "\(update.origin)/adafactorUpdate", place = update.place
    let (first, row, column) = (update.moments[0], update.moments[1], update.moments[2])
    let (decay, rest) = (update.scalars[0], update.scalars[1])
    func squeezed(_ node: Int) -> TiledArray {
      let own = array(node)
      let extents = own.extents.filter { $0 > 1 }
      return extents.count == own.extents.count ? own : TiledArray(own.element, extents)
    }
    let isSqueezed = squeezed(row).extents.count < array(row).extents.count
    let sums = writer.add(origin, Pass.upGradient(-1 - place), update.gradient, squeezed(row), squeezed(column))
    // Factors for axes of one size are one.
    func share(_ size: Int, _ self: inout StepLowering) -> Int {
      if let known = self.shares[size] { return known }
      let constant = self.writer.add("", .constant, Pass.scalar(8000 + 8 * place), [], .scalar)
      let node = self.writer.add(origin, Pass.scalar(8001 + 8 * place), [rest, constant], .scalar)
      self.shares[size] = node
      return node
    }
    func scaled(_ node: Int, _ factor: Int, _ shape: TiledArray, _ self: inout StepLowering) -> [Int] {
      guard isSqueezed else { return [node, factor] }
      return [self.writer.add(origin, Pass.moments(4000 - place), [node, factor], shape)]
    }
    let elements = array(update.parameter).extents.reduce(1, *)
    let columnShare = share(elements / array(column).extents.reduce(1, *), &self)
    let rowShare = share(elements / array(row).extents.reduce(1, *), &self)
    let columns = writer.add(
      origin, Pass.moments(3000 - place),
      scaled(writer.element(1, of: sums), columnShare, squeezed(column), &self) + [column, decay], squeezed(column),
      array(column), replacing: [column])
    // The mean of a row over its largest axis.
    let rowShape = squeezed(row)
    let mean = rowShape.extents.count > 1 ? vector(rowShape.extents[0], .float32) : .scalar
    let rows = writer.add(
      origin, Pass.hiddenGradient(-1 - place),
      scaled(writer.element(0, of: sums), rowShare, rowShape, &self) + [row, decay], mean, array(row), replacing: [row])
    let divided =
      mean == .scalar
      ? writer.add(origin, Pass.scalar(8004 + 8 * place), [writer.element(0, of: rows), columnShare], .scalar)
      : writer.add(origin, Pass.moments(5000 - place), [writer.element(0, of: rows)], mean)
    let factor = writer.add(
      origin, Pass.biasUpdate(1000 - place), [writer.element(1, of: rows), divided], rowShape)
    let node = writer.add(
      origin, number(update),
      [update.gradient[0], writer.element(0, of: columns), factor] + update.gradient.dropFirst()
        + [first, update.parameter],
      array(first), array(update.parameter), replacing: [first, update.parameter])
    return [
      writer.element(1, of: node), writer.element(0, of: node), writer.element(1, of: rows),
      writer.element(1, of: columns),
    ]
  }
}
