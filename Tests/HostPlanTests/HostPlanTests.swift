import HostPlan
import Testing
import TrainingStep
import VisionTransformer

/// Every structure that the host runs.
private let structures: [Configuration] = Head.allCases.flatMap { head in
  Optimizer.allCases.flatMap { optimizer in
    GradientClipping.allCases.flatMap { clipping in
      [Rematerialization.none, .full].map { rematerialization in
        configuration(
          head: head, optimizer: optimizer, clipping: clipping, rematerialization: rematerialization)
      }
    }
  }
}

private func configuration(
  depth: Int = 3, head: Head = .map, optimizer: Optimizer = .adam, clipping: GradientClipping = .none,
  rematerialization: Rematerialization = .none, batch: Int = 4
) -> Configuration {
  Configuration(
    shape: Shape(width: 96, depth: depth, mlpWidth: 320, heads: 3, patch: 16), device: "cpu", batch: batch,
    imageSize: 100, head: head, classes: 37, optimizer: optimizer, precision: .float32, gradientClipping: clipping,
    rematerialization: rematerialization)
}

private func host(_ c: Configuration) throws -> HostProgram { try HostProgram(TrainingStep(c).program) }

@Suite struct HostPlanTests {
  @Test(arguments: structures)
  func everyOperationOfEveryStructureHasAKernel(_ c: Configuration) throws {
    let step = try host(c)
    let leftovers = step.operations.filter {
      if case .reference = $0.kernel { true } else { false }
    }
    #expect(leftovers.isEmpty)
  }

  @Test(arguments: structures)
  func everyParameterHasAGradientThatLivesUntilTheUpdate(_ c: Configuration) throws {
    let step = try host(c)
    let lifetimes = step.lifetimes()
    for parameter in step.program.parameters {
      let gradient = try #require(step.locations[parameter.gradient])
      #expect(step[gradient].purpose == .gradient)
      #expect(lifetimes[gradient.index]?.upperBound == step.operations.count - 1)
    }
  }

  @Test(arguments: structures)
  func nothingIsReadBeforeItIsWritten(_ c: Configuration) throws {
    let step = try host(c)
    var written = Set(step.buffers.indices.filter { step.buffers[$0].isPersistent })
    for operation in step.operations {
      for buffer in operation.kernel.reads { #expect(written.contains(buffer.index), "\(step[buffer].name)") }
      written.formUnion(operation.kernel.writes.map(\.index))
    }
  }

  @Test(arguments: structures)
  func buffersThatLiveAtTheSameTimeDoNotOverlap(_ c: Configuration) throws {
    let step = try host(c)
    let layout = try HostLayout(step, AxisSizes(c), threads: 2)
    let lifetimes = step.lifetimes()
    let placed = step.buffers.indices.compactMap { index in
      lifetimes[index].flatMap { life in
        layout.arena.offsets[index].map { (life: life, bytes: $0..<$0 + step.buffers[index].bytes(layout.sizes)) }
      }
    }
    for (index, one) in placed.enumerated() {
      for other in placed[(index + 1)...] where one.life.overlaps(other.life) {
        #expect(!one.bytes.overlaps(other.bytes))
      }
    }
    #expect(placed.map(\.bytes.upperBound).max() == layout.arena.byteCount)
  }

  @Test(arguments: structures)
  func theArenaLosesUnderTwoPercentToGaps(_ c: Configuration) throws {
    let layout = try HostLayout(host(c), AxisSizes(c), threads: 2)
    #expect(layout.arena.byteCount >= layout.arena.livePeak)
    // Of a step of a few MiB; under 1 % of larger ones.
    #expect(Double(layout.arena.byteCount) <= 1.02 * Double(layout.arena.livePeak))
  }

  @Test func deepStepsAreLaidOutWithoutGapsToo() throws {
    let c = configuration(depth: 60)
    let layout = try HostLayout(host(c), AxisSizes(c), threads: 2)
    #expect(Double(layout.arena.byteCount) <= 1.01 * Double(layout.arena.livePeak))
  }

  // Saved by a block: the residual stream before attention, query, key, value and attention output, each B T D; the hidden
  // layer, B T M (nine tensors of the width where M = 4 D); four statistics a token and one a query and head.
  @Test func aBlockKeepsNineTensorsOfItsWidth() throws {
    func live(_ depth: Int) throws -> Int {
      let c = configuration(depth: depth, optimizer: .sgd, batch: 32)
      return try HostLayout(host(c), AxisSizes(c), threads: 1).peak[.activation]
    }
    let sizes = AxisSizes(configuration(batch: 32))
    let tokens = sizes[.batch] * sizes[.tokens]
    let expected = 4 * tokens * (5 * sizes[.width] + sizes[.mlpWidth] + 4 + sizes[.heads])
    let perBlock = try live(5) - live(4)
    #expect(abs(perBlock - expected) <= 16 * Arena.alignment, "\(perBlock) \(expected)")
  }

  @Test func fullRematerializationKeepsOnlyTheInputsOfBlocks() throws {
    func live(_ rematerialization: Rematerialization, _ depth: Int) throws -> Int {
      let c = configuration(depth: depth, optimizer: .sgd, rematerialization: rematerialization, batch: 32)
      return try HostLayout(host(c), AxisSizes(c), threads: 1).peak[.activation]
    }
    let sizes = AxisSizes(configuration(batch: 32))
    let perBlock = try live(.full, 5) - live(.full, 4)
    #expect(abs(perBlock - 4 * sizes[.batch] * sizes[.tokens] * sizes[.width]) <= Arena.alignment)
    #expect(try live(.none, 5) > 2 * live(.full, 5))
  }

  @Test func queryKeyAndValueAreOneKernel() throws {
    let step = try host(configuration(depth: 1, head: .gap))
    // Query, key and value of the last block once more: they are computed again.
    let layers = step.operations.compactMap { operation in
      if case .linear(let linear) = operation.kernel, operation.scope.part == .attention {
        linear.layers.count
      } else {
        nil
      }
    }
    #expect(layers == [3, 1, 3])
  }

  @Test func bfloat16ActivationsAreRefused() throws {
    var c = configuration()
    c.precision = .bfloat16
    let program = try TrainingStep(c).program
    #expect(throws: HostPlanError.self) { try HostProgram(program) }
  }

  // Forward plus twice as much backward, the logits that the attention gradient computes again, and the projection of the
  // attention output (2 B T D D a block), whose sum with the residual stream is computed again; query, key and value of one.
  @Test(arguments: [Head.token, .gap, .map])
  func productsAreThoseOfTheProgram(_ head: Head) throws {
    let c = configuration(head: head)
    let sizes = AxisSizes(c)
    let step = try host(c)
    let products = step.operations.flatMap { $0.kernel.products(sizes) }.reduce(0) { $0 + $1.flops }
    let program = step.program.operations.filter { step.program.work($0).isMatrixProduct }
      .reduce(0) { $0 + step.program.work($1).flops(sizes) }
    let logits = step.operations.reduce(0.0) { sum, operation in
      guard case .attentionGradient(let a, _) = operation.kernel else { return sum }
      let (queries, keys, width, count) = a.sizes(sizes)
      return sum + 2 * Double(queries * keys * width * count)
    }
    let projection = 2 * Double(sizes[.batch] * sizes[.tokens] * sizes[.width] * sizes[.width])
    let again = logits + Double(c.shape.depth + 3) * projection
    #expect(abs(products - program - again) < 1e-9 * program)
  }

  // Nothing that is there already is computed again: the blocks' sums after attention are, and the last block's query, key and
  // value; the MLP's and the head's are not.
  @Test(arguments: [Rematerialization.none, .full])
  func onlyTheSumAfterAttentionIsComputedAgain(_ rematerialization: Rematerialization) throws {
    let c = configuration(depth: 3, head: .map, rematerialization: rematerialization)
    let again = try host(c).operations.compactMap { operation -> Int? in
      guard case .linear(let linear) = operation.kernel, operation.phase == .backward else { return nil }
      return linear.layers.count
    }
    #expect(again == (rematerialization == .none ? [1, 3, 1, 1] : []))
  }
}

@Suite struct ArenaTests {
  @Test func buffersOfDifferentTimesShareBytes() throws {
    let arena = try Arena(sizes: [64, 128, 64], lifetimes: [0...1, 2...3, 0...3], count: 4)
    #expect(arena.livePeak == 192)
    #expect(arena.byteCount == 192)
  }

  @Test func untouchedBuffersTakeNothing() throws {
    let arena = try Arena(sizes: [64, 128], lifetimes: [0...1, nil], count: 2)
    #expect(arena.offsets == [0, nil])
  }

  @Test func sizesBeyondAllMemoryAreAnError() {
    #expect(throws: HostPlanError.tooLarge) {
      try Arena(sizes: [.max / 2 + 1, .max / 2 + 1], lifetimes: [0...0, 0...0], count: 1)
    }
  }
}
