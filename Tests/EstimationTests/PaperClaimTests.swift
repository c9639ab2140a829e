import Estimation
import Testing
import VisionTransformer

/// The claims of *Scaling Vision Transformers*, checked with the model's own answers. Source: arXiv 2106.04560,
/// sections 3.2, 3.4, 3.6.
@Suite struct PaperClaimTests {
  let estimator: Estimator

  init() throws { estimator = try Bundled.estimator.get() }

  private func estimate(
    _ shape: String, batch: Int, head: Head = .map, optimizer: Optimizer = .adafactor,
    clipping: GradientClipping = .none
  ) throws -> Estimate {
    estimator.estimate(
      Configuration(
        shape: try Bundled.shape(shape), batch: batch, head: head, optimizer: optimizer, gradientClipping: clipping))
  }

  // MARK: - Section 3.2

  @Test func classTokenAtPatch14PadsAttentionTo384Lanes() throws {
    // Batch 32, 8 blocks: 1552 MB of temporaries with MAP against 2036 MB with a token (Facts, "Tile layouts").
    func temporaries(_ head: Head) -> Int {
      let shape = Shape(width: 1024, depth: 8, mlpWidth: 4096, heads: 16, patch: 14)
      let configuration = Configuration(shape: shape, batch: 32, head: head)
      #expect(configuration.tokens == (head == .token ? 257 : 256))
      let estimate = estimator.estimate(configuration)
      return estimate.livePeak - estimate.parameters - estimate.optimizerState
    }
    let ratio = Double(temporaries(.token)) / Double(temporaries(.map))
    #expect(ratio > 1.25 && ratio < 1.5, "\(ratio)")
  }

  @Test func classTokenAtPatch14WastesUpToHalfOfAttention() throws {
    let token = try estimate("ViT-g/14", batch: 8, head: .token), gap = try estimate("ViT-g/14", batch: 8, head: .gap)
    // One token more in 257, and the padding that comes with it.
    #expect(Double(token.activations) > 1.15 * Double(gap.activations))
    #expect(token.paddingWaste > 2 * gap.paddingWaste)
  }

  // MARK: - Section 3.4

  @Test func viTGHasAbout2BillionParametersIn8GiB() throws {
    let estimate = try estimate("ViT-G/14", batch: 8)
    #expect((Double(estimate.parameterCount) / 1e6).rounded() == 1930)
    #expect((Bytes(estimate.parameters).gibibytes - 7.19).magnitude < 0.03)
  }

  @Test func adamAdds14GiBToViTG() throws {
    // The paper's "16 GiB", of parameters that it rounds to 8.
    let state = Bytes(try estimate("ViT-G/14", batch: 8, optimizer: .adam).optimizerState)
    #expect((state.gibibytes - 14.4).magnitude < 0.05, "\(state)")
  }

  @Test(arguments: [(Optimizer.adam, 2.0), (.adamHalf, 1.5), (.adafactor, 0.5)])
  func optimizerStateIsAMultipleOfTheParameters(optimizer: Optimizer, ratio: Double) throws {
    let estimate = try estimate("ViT-G/14", batch: 8, optimizer: optimizer)
    let actual = Double(estimate.optimizerState) / Double(estimate.parameters)
    // Factored second moments and small unfactored tensors add a little to Adafactor's half.
    #expect(actual >= ratio - 0.001 && actual <= ratio + 0.01, "\(actual)")
  }

  // MARK: - Section 3.6 and the published configurations

  @Test func viTg14At32ImagesWithMAPAdafactorAndClippingFits() throws {
    #expect(try estimate("ViT-g/14", batch: 32, clipping: .globalNorm).verdict == .fits)
  }

  @Test func viTG14At8ImagesWithAdafactorFits() throws {
    #expect(try estimate("ViT-G/14", batch: 8).verdict == .fits)
  }

  @Test func viTG14At16ImagesWithAdafactorFits() throws {
    #expect(try estimate("ViT-G/14", batch: 16).verdict == .fits)
  }

  @Test(arguments: [Optimizer.adam, .adamHalf], [1, 8])
  func viTG14WithEitherAdamDoesNotFit(optimizer: Optimizer, batch: Int) throws {
    #expect(try estimate("ViT-G/14", batch: batch, optimizer: optimizer).verdict == .doesNotFit)
  }

  @Test func thinShapesOfDepth100Fit() throws {
    for optimizer in [Optimizer.adamHalf, .adafactor] {
      let thin = Shape(width: 1024, depth: 100, mlpWidth: 2048, heads: 16, patch: 14)
      let configuration = Configuration(shape: thin, batch: 8, optimizer: optimizer)
      #expect(estimator.estimate(configuration).verdict == .fits)
    }
  }

  /// Each of the paper's three settings lets more in than the one before.
  @Test func everySettingOfFigure8FitsDeeperShapesThanTheOneBefore() throws {
    let depths = try [(Head.token, Optimizer.adam), (.map, .adamHalf), (.map, .adafactor)].map { head, optimizer in
      let series = estimator.series(
        Configuration(shape: try Bundled.shape("ViT-g/14"), batch: 8, head: head, optimizer: optimizer))
      return try #require((1...200).last { series.estimate(depth: $0).verdict == .fits })
    }
    #expect(depths[0] < depths[1])
    #expect(depths[1] < depths[2])
  }
}
