import Catalog
import Estimation
import Testing
import VisionTransformer

/// What every estimate must keep to, whatever the configuration.
@Suite struct EstimateTests {
  typealias Structure = ClosedFormTests.Structure

  private func expectSound(_ estimate: Estimate, _ configuration: Configuration) {
    let brief = configuration.line
    let parts = [
      estimate.parameters, estimate.optimizerState, estimate.inputs, estimate.activations, estimate.gradients,
      estimate.workspace, estimate.packing,
    ]
    #expect(parts.reduce(0, +) == estimate.total, "\(brief): \(parts)")
    // The allocation may write a gradient over the layer it belongs to, which makes the packer's part negative.
    #expect(parts.dropLast().allSatisfy { $0 >= 0 }, "\(brief): \(parts)")
    #expect(estimate.total > 0, "\(brief)")
    #expect(estimate.livePeak >= estimate.parameters + estimate.optimizerState, "\(brief)")
    #expect(estimate.parameterCount > 0 && 4 * estimate.parameterCount <= estimate.parameters, "\(brief)")
    #expect(estimate.paddingWaste >= 0 && estimate.code >= 0, "\(brief)")
    #expect(estimate.stepSeconds > 0 && estimate.stepSeconds.isFinite, "\(brief)")
    #expect(estimate.allReduceSeconds >= 0 && estimate.allReduceSeconds <= estimate.stepSeconds, "\(brief)")
    #expect(estimate.flopsPerImage > 0 && estimate.flopsPerImage.isFinite, "\(brief)")
    if let rematerialized = estimate.rematerialized {
      #expect(estimate.livePeak > rematerialized.startsAt, "\(brief)")
      // The allocation may share what the reduced peak counts twice; where the floor is above the limit, it does not.
      let allocated = estimate.total - estimate.inputs - estimate.packing
      #expect(
        estimate.reducedPeak == rematerialized.startsAt
          ? allocated <= estimate.reducedPeak : allocated == estimate.reducedPeak - estimate.inVectorMemory, "\(brief)")
      #expect(estimate.reducedPeak >= rematerialized.startsAt || estimate.reducedPeak == estimate.livePeak, "\(brief)")
      #expect(rematerialized.recomputedBytes >= 0 && rematerialized.seconds >= 0, "\(brief)")
    } else {
      // The allocation shares what the live peak counts twice.
      #expect(estimate.total - estimate.inputs - estimate.packing <= estimate.livePeak, "\(brief)")
    }
  }

  @Test(arguments: ClosedFormTests.structures)
  func thePartsAddUpToTheTotal(_ structure: Structure) throws {
    let estimator = try Bundled.estimator.get()
    for size in ClosedFormTests.sizes {
      for depth in [1, 12, 100] {
        let configuration = structure.configuration(size, depth: depth)
        expectSound(estimator.estimate(configuration), configuration)
      }
    }
  }

  @Test(arguments: ["tpu-v4", "tpu-v4-core", "tpu-v5e", "tpu-v5p", "tpu-v6e"])
  func temporariesInVectorMemoryAreInNoPart(device: String) throws {
    let catalog = try Catalog.bundled(), estimator = Estimator(device: try catalog.device(named: device))
    let tpu = try estimator.device.tpu
    let most = Int(
      tpu.constants.packing.pointee.resident * Double(tpu.vectorMemory.count + tpu.commonMemory.count))
    for batch in [1, 4, 512] {
      var configuration = Configuration(
        shape: Shape(width: 384, depth: 12, mlpWidth: 1536, heads: 6, patch: 16), batch: batch)
      configuration.device = device
      configuration = try configuration.validated().configuration
      let estimate = estimator.estimate(configuration)
      expectSound(estimate, configuration)
      #expect((1...most).contains(estimate.inVectorMemory))
      let isNoted = estimator.result(estimate, for: configuration).provenance.notes.contains {
        $0.hasPrefix("temporaries stay in vector or common memory")
      }
      #expect(isNoted == (20 * estimate.inVectorMemory >= estimate.total))
      #expect(batch < 512 || !isNoted)
    }
  }

  /// Logits fill the gaps between buffers where they are at the peak.
  @Test func gapsAreFilledByLogits() throws {
    let catalog = try Catalog.bundled()
    for (device, isFilled) in [("tpu-v3", false), ("tpu-v5e", true)] {
      var configuration = Configuration(
        shape: Shape(width: 768, depth: 4, mlpWidth: 3072, heads: 12, patch: 14), batch: 16)
      configuration.device = device
      configuration.imageSize = 448
      let estimate = Estimator(device: try catalog.device(named: device)).estimate(
        try configuration.validated().configuration)
      #expect(estimate.peak == .lastAttentionBackward && estimate.rematerialized == nil)
      #expect((estimate.packing == 0) == isFilled, "\(device)")
    }
  }

  /// Recomputing whole results frees more than has to be freed, but nothing that cannot be recomputed.
  @Test func nothingIsFreedBelowTheFloor() throws {
    let estimator = Estimator(device: try Catalog.bundled().device(named: "tpu-v5p"))
    var configuration = Configuration(
      shape: Shape(width: 1536, depth: 3, mlpWidth: 6144, heads: 16, patch: 16), batch: 704)
    configuration.device = "tpu-v5p"
    configuration.imageSize = 448
    configuration.classes = 1000
    configuration.precision = .float32
    let totals = try [600, 704, 705].map { batch in
      configuration.batch = batch
      let estimate = estimator.estimate(try configuration.validated().configuration)
      expectSound(estimate, configuration)
      let floor = try #require(estimate.rematerialized).floor
      #expect(estimate.total - estimate.inputs - estimate.packing >= floor - estimate.inVectorMemory)
      return estimate.total
    }
    #expect((Double(totals[1]) / Double(totals[2]) - 1).magnitude < 0.02, "\(totals)")
  }

  /// Each size alone at its limit, then as many together as a step may have bytes.
  @Test(arguments: ClosedFormTests.structures)
  func absurdSizesGiveAnAnswer(_ structure: Structure) throws {
    let estimator = try Bundled.estimator.get()
    typealias Limits = Configuration.Limits
    let small = ClosedFormTests.Sizes(
      width: 8, mlpWidth: 8, heads: 1, patch: 16, batch: 1, imageSize: 32, classes: 1)
    var configurations = [structure.configuration(small, depth: Limits.depth)]
    let changes: [(inout ClosedFormTests.Sizes) -> Void] = [
      { $0.width = Limits.width }, { ($0.width, $0.heads) = (Limits.width, Limits.width) },
      { $0.mlpWidth = Limits.mlpWidth }, { $0.batch = Limits.batch }, { $0.classes = Limits.classes },
      { ($0.imageSize, $0.patch) = (Limits.imageSize, Limits.imageSize) }, { ($0.imageSize, $0.patch) = (1024, 1) },
      { ($0.imageSize, $0.patch) = (1, 1) }, { ($0.width, $0.batch, $0.classes) = (1 << 14, 1 << 12, 1 << 16) },
      { ($0.width, $0.mlpWidth, $0.classes) = (Limits.width, Limits.mlpWidth, Limits.classes) },
      { ($0.width, $0.heads, $0.batch, $0.imageSize, $0.patch) = (4096, 4096, 1 << 14, 256, 16) },
      { ($0.width, $0.mlpWidth, $0.heads, $0.classes) = (1, 1, 1, 1) },
    ]
    for change in changes {
      var sizes = small
      change(&sizes)
      configurations.append(structure.configuration(sizes))
      configurations.append(structure.configuration(sizes, depth: Limits.depth))
    }
    var answered = 0
    for configuration in configurations where (try? configuration.validated()) != nil {
      expectSound(estimator.estimate(configuration), configuration)
      answered += 1
    }
    #expect(answered >= 16)
  }

  @Test func oneByteOfMemoryAndAllOfItGiveAnAnswer() throws {
    let estimator = try Bundled.estimator.get()
    var configuration = Configuration(shape: try Bundled.shape("ViT-B/16"))
    for (limit, verdict) in [(1, Verdict.doesNotFit), (1 << 57, .fits)] {
      configuration.memoryLimit = Bytes(limit)
      for rematerialization in Rematerialization.allCases {
        configuration.rematerialization = rematerialization
        expectSound(estimator.estimate(try configuration.validated()), configuration)
        #expect(estimator.estimate(configuration).verdict == verdict)
      }
    }
  }

  @Test func unvalidatedDevicesCarryTheNote() throws {
    let catalog = try Bundled.catalog.get()
    let devices = catalog.devices.map(\.device)
    #expect(devices.count >= 6)
    for device in devices {
      let estimator = Estimator(device: device)
      let configuration = Configuration(shape: try Bundled.shape("ViT-B/16"), device: device.name)
      let result = estimator.result(estimator.estimate(configuration), for: configuration)
      let note: String? =
        switch device.validation {
        case .notYetValidated: "estimates for \(device.name) are not yet validated"
        case .memory: "step times for \(device.name) are not yet validated"
        case .compiled, .measured: nil
        }
      #expect(result.provenance.notes.first { $0.contains("not yet validated") } == note)
      #expect(result.provenance.speaksFor == device.speaksFor)
    }
  }

  @Test func aVerdictWithoutRematerializationIsThatOfTheLivePeak() throws {
    let estimator = try Bundled.estimator.get()
    // The live peak is 15.1 GiB and its inputs little: automatic rematerialization brings it down, none leaves it.
    var configuration = Configuration(shape: try Bundled.shape("ViT-G/14"), batch: 16)
    let automatic = estimator.estimate(configuration)
    #expect(automatic.rematerialized != nil)
    #expect(automatic.verdict == .fits)
    configuration.rematerialization = .none
    let none = estimator.estimate(configuration)
    #expect(none.rematerialized == nil)
    #expect(none.livePeak == automatic.livePeak)
    #expect(none.verdict == .doesNotFit)
  }

  @Test func rematerializationCostsTime() throws {
    let estimator = try Bundled.estimator.get()
    var configuration = Configuration(shape: try Bundled.shape("ViT-G/14"), batch: 16)
    let automatic = estimator.estimate(configuration)
    let seconds = try #require(automatic.rematerialized?.seconds)
    configuration.rematerialization = .none
    let none = estimator.estimate(configuration)
    #expect(seconds > 0)
    #expect((automatic.stepSeconds - seconds - none.stepSeconds).magnitude < 1e-9 * none.stepSeconds)
  }
}
