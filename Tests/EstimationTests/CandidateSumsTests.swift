import Testing
import TrainingStep
import VisionTransformer

@testable import Estimation

/// The fast sums over merged buffers and differences of candidates, compared with the memory model that they come from,
/// buffer by buffer and term by term.
@Suite struct CandidateSumsTests {
  /// What a candidate has at one depth.
  private struct Parts: Hashable {
    var instant: Instant
    var live = 0, activations = 0, gradients = 0, padding = 0, headGradients = 0, floor = 0
  }

  private func parts(_ candidate: MemoryModel.Candidate, _ buffers: [Buffer], _ sizes: AxisSizes, depth: Int) -> Parts {
    var parts = Parts(instant: candidate.instant)
    for term in candidate.terms {
      let bytes = buffers[term.buffer].bytes(sizes), count = term.count(depth)
      parts.live += bytes * count
      parts.padding += (bytes - buffers[term.buffer].unpaddedBytes(sizes)) * count
      switch term.purpose {
      case .activation, .recomputable: parts.activations += bytes * count
      case .gradient, .headGradient: parts.gradients += bytes * count
      case .workspace, .inPlace: break
      }
      if term.purpose == .headGradient { parts.headGradients += bytes * term.count.constant }
      let isRecomputed = term.purpose == .recomputable && bytes >= LiveOrder.leastRecomputed
      parts.floor += bytes * (isRecomputed ? term.count(1) : count)
    }
    return parts
  }

  @Test(arguments: ClosedFormTests.structures)
  func sumsAreThoseOfTheMemoryModel(_ structure: ClosedFormTests.Structure) throws {
    let estimator = try Bundled.estimator.get()
    for size in ClosedFormTests.sizes {
      let configuration = structure.configuration(size)
      let sizes = AxisSizes(configuration), step = StepStructure(configuration)
      for order in estimator.series(configuration).orders {
        let model = try StepModel.of(step, order.live.regime)
        let bytes = BufferBytes(model, sizes)
        defer { bytes.deallocate() }
        let sums = CandidateSums(model, bytes)
        let floors = sums.floors()
        for depth in [1, 2, 12, 1000] {
          let all = model.memory.candidates.map { parts($0, model.memory.buffers, sizes, depth: depth) }
          let ends = Set(
            all.map { parts in
              var parts = parts
              parts.floor = 0
              return parts
            })
          for candidate in order.candidates {
            let parts = Parts(
              instant: candidate.instant, live: candidate.live(depth), activations: candidate.activations(depth),
              gradients: candidate.gradients(depth), padding: candidate.padding(depth),
              headGradients: candidate.headGradients)
            #expect(ends.contains(parts), "\(size) at depth \(depth): \(parts)")
          }
          #expect(floors.map { $0(depth) }.max() == all.map(\.floor).max(), "\(size) at depth \(depth)")
        }
      }
    }
  }

  @Test(arguments: ClosedFormTests.structures)
  func mergedBuffersHaveTheBytesOfEach(_ structure: ClosedFormTests.Structure) throws {
    for size in ClosedFormTests.sizes {
      let configuration = structure.configuration(size)
      let sizes = AxisSizes(configuration), step = StepStructure(configuration)
      let model = try StepModel.of(step, XLARegime(step, sizes))
      let bytes = BufferBytes(model, sizes)
      defer { bytes.deallocate() }
      let laidOut = Set(model.plan.buffers.indices.map { bytes[$0] })
      #expect(laidOut.isSuperset(of: model.memory.buffers.map { $0.bytes(sizes) }), "\(size)")
      let unpadded = Set(model.plan.buffers.indices.map { bytes.unpadded($0) })
      #expect(unpadded.isSuperset(of: model.memory.buffers.map { $0.unpaddedBytes(sizes) }), "\(size)")
    }
  }

  /// Models are cached by a word that must contain every choice; otherwise one model would answer for another. A new
  /// choice must be added to the word.
  @Test func theKeyOfAModelHasEveryChoice() {
    let configuration = ClosedFormTests.structures[0].configuration(ClosedFormTests.sizes[0])
    let structure = StepStructure(configuration), sizes = AxisSizes(configuration)
    #expect(Mirror(reflecting: structure).children.count == 7)
    #expect(Mirror(reflecting: XLARegime(structure, sizes)).children.count == 22)
    let all = ClosedFormTests.structures.flatMap { structure in
      ClosedFormTests.sizes.map { size in
        let configuration = structure.configuration(size)
        let step = StepStructure(configuration)
        return Choice(structure: step, regime: XLARegime(step, AxisSizes(configuration)))
      }
    }
    .flatMap { choice in
      [(true, false), (false, true), (false, false)].map { softmax, products in
        var choice = choice
        choice.regime.writesSoftmax = softmax
        choice.regime.writesProducts = products
        choice.regime.keepsUnscaledLogits = products
        return choice
      }
    }
    #expect(Set(all).count == Set(all.map { StepModel.key($0.structure, $0.regime) }).count)
  }

  /// Devices share models, and each counts the code by constants of its own.
  @Test func codeIsCountedByTheConstantsOfTheDevice() throws {
    let configuration = ClosedFormTests.structures[0].configuration(ClosedFormTests.sizes[0])
    let bundled = try Bundled.estimator.get().device
    let own = FittedConstants { name, neutral in
      name == "instructions.mostBytes" ? 1e9 : 1
    }
    let code = try [bundled.tpu.constants, own, .none].map { constants in
      var device = bundled, tpu = try device.tpu
      tpu.constants = constants
      device.kind = .tpu(tpu)
      return Estimator(device: device).estimate(configuration).code
    }
    #expect(code[1] > 0 && code[1] < code[0])
    #expect(code[2] == 0)
  }

  private struct Choice: Hashable {
    var structure: StepStructure
    var regime: XLARegime
  }
}
