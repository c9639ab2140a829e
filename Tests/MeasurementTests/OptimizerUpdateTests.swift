import Measurement
import Testing
import TrainingStep
import VisionTransformer

/// Two updates of one small tensor against Optax 0.2.8 on JAX 0.6.2 (float32), with these transformations:
///
///     decay = lambda step, exponent: jnp.minimum(1 - (step + 1.0) ** -exponent, 0.999)
///     chain(scale_by_factored_rms(factored, min_dim_size_to_factor=2, epsilon=1e-30, decay_rate_fn=decay), ema(0.9, debias=False))
///     scale_by_adam()
///
/// and `p - (1e-3 * u + 1e-4 * p)`. Element i of the parameter is number(i, 0), of the gradient of step t number(i, t), with
/// number(i, k) = ((7 i + 5 k) % 11 - 5) / 8.
@Suite struct OptimizerUpdateTests {
  /// Rounding of a few float32 operations.
  static let tolerance: Float = 1e-6

  @Test func adafactorFactorsTheLargestAxisLast() throws {
    // (3, 2, 4): the row lacks the axis of 4, the column that of 3.
    let states = try twoSteps(
      .adafactorUpdate(reducedInRow: 2, reducedInColumn: 0), axes: [.width, .heads, .headWidth], extents: [3, 2, 4],
      states: [[.width, .heads, .headWidth], [.width, .heads], [.heads, .headWidth]])
    expect(
      states,
      [
        [
          -0.62501597, 0.25016713, -0.24999774, 0.62500471, 0.12519105, -0.37491292, 0.50008196, -0.00015678070,
          -0.49992007, 0.37504211, -0.12510762, -0.62501162, 0.25009853, -0.25003359, 0.62489408, 0.12517554,
          -0.37508693, 0.49989837, -0.00018201731, -0.49997604, 0.37500799, -0.12517995, -0.62503254, 0.25009656,
        ],
        [
          0.14100498, -0.082059622, -0.029410213, -0.0010945871, -0.10234324, -0.071821451, -0.038135238, 0.057814650,
          -0.061264820, -0.015808232, 0.029745959, 0.13666348, -0.051542673, -0.011949979, 0.057586767, -0.094995067,
          0.019699171, 0.060698576, 0.069569394, -0.036407508, -0.0018229187, 0.062875614, 0.15754145, -0.052397732,
        ],
        [0.15765128, 0.15476885, 0.17335615, 0.14312997, 0.17095287, 0.14445139],
        [0.20851718, 0.10617064, 0.15272620, 0.20186639, 0.12580359, 0.15104167, 0.16065477, 0.15230028],
      ])
  }

  @Test func adafactorFactorsTheLargestAxisFirst() throws {
    // (4, 1, 3): the row lacks the axis of 4, the column that of 3.
    let states = try twoSteps(
      .adafactorUpdate(reducedInRow: 0, reducedInColumn: 2), axes: [.width, .heads, .headWidth], extents: [4, 1, 3],
      states: [[.width, .heads, .headWidth], [.heads, .headWidth], [.width, .heads]])
    expect(
      states,
      [
        [
          -0.62504035, 0.25009355, -0.25018334, 0.62484080, 0.12517588, -0.37500533, 0.49999848, -0.00016946820,
          -0.49985838, 0.37517712, -0.12508483, -0.62502134,
        ],
        [
          0.16538021, -0.050914075, 0.065200709, 0.085381821, -0.095157124, -0.022018343, 0.0038442165, 0.063748628,
          -0.092821866, -0.083941527, 0.017188042, 0.14636797,
        ],
        [0.14442955, 0.14980260, 0.19154413], [0.16012236, 0.16223282, 0.17120701, 0.15413955],
      ])
  }

  @Test func adafactorOfATensorTooSmallToFactor() throws {
    let states = try twoSteps(
      .adafactorUnfactoredUpdate, axes: [.width], extents: [5], states: [[.width], [.width]])
    expect(
      states,
      [
        [-0.62500691, 0.25010321, -0.25003999, 0.62493598, 0.12516499],
        [0.13195080, -0.053201359, -0.010000005, 0.038997121, -0.089999996],
        [0.22435515, 0.11538692, 0.140625, 0.15023808, 0.16626985],
      ])
  }

  @Test func adamCorrectsTheBiasOfBothMoments() throws {
    let states = try twoSteps(.adamUpdate, axes: [.width], extents: [5], states: [[.width], [.width]])
    expect(
      states,
      [
        [-0.62561911, 0.25141934, -0.25089726, 0.62531543, 0.12664495],
        [0.0625, -0.032499999, -0.0037500001, 0.038750000, -0.056249999],
        [0.00039062501, 0.00026537501, 0.00028110939, 0.00026560939, 0.00039023437],
      ])
  }

  /// The direction is taken from the moment as computed; only what is kept for the next step is rounded.
  @Test func halfPrecisionAdamRoundsTheMomentThatItKeeps() throws {
    let sizes = sizes([.width], [5])
    let p = ReferenceTensor<Float>(TensorType([.width], .float32), number(5, 0))
    let g = ReferenceTensor<Float>(TensorType([.width], .float32), number(5, 1))
    let zero = [Float](repeating: 0, count: 5), v = ReferenceTensor(p.type, zero)
    let count = ReferenceTensor<Float>(TensorType([], .int32), [1])
    let full = try Interpreter.apply(.adamUpdate, to: p, g, ReferenceTensor(p.type, zero), v, count, sizes: sizes)
    let half = try Interpreter.apply(
      .adamUpdate, to: p, g, ReferenceTensor(p.type.with(.bfloat16), zero), v, count, sizes: sizes)
    #expect(half[0] == full[0])
    #expect(half[1].elements != full[1].elements)
    #expect(half[1].elements == full[1].elements.map(\.roundedToBFloat16))
    #expect(half[2] == full[2])
  }

  @Test(arguments: [
    (Float(1), Float(1)), (0x1.01p0, 1), (0x1.010002p0, 0x1.02p0), (0x1.03p0, 0x1.04p0), (-3.1415927, -3.140625),
    (.infinity, .infinity), (.greatestFiniteMagnitude, .infinity), (0, 0), (0x1p-149, 0), (0x1.8p-133, 0x1p-132),
  ])
  func bfloat16RoundsToNearestTiesToEven(_ value: Float, _ expected: Float) {
    #expect(value.roundedToBFloat16 == expected)
    #expect(Float.nan.roundedToBFloat16.isNaN)
  }

  // MARK: - Running the primitive

  // Parameter and states after two steps from states of zero.
  private func twoSteps(
    _ primitive: Primitive, axes: Axes, extents: [Int], states: [Axes]
  ) throws -> [ReferenceTensor<Float>] {
    let sizes = sizes(axes, extents)
    let count = extents.reduce(1, *)
    var tensors = ([axes] + states).map { axes in
      let type = TensorType(axes, .float32)
      return ReferenceTensor<Float>(type, [Float](repeating: 0, count: type.elementCount(sizes)))
    }
    tensors[0].elements = number(count, 0)
    for step in 1...2 {
      let gradient = ReferenceTensor(tensors[0].type, number(count, step))
      let counter = ReferenceTensor<Float>(TensorType([], .int32), [Float(step)])
      tensors = try Float.evaluate(primitive, [tensors[0], gradient] + tensors.dropFirst() + [counter], sizes)
    }
    return tensors
  }

  private func expect(_ tensors: [ReferenceTensor<Float>], _ expected: [[Float]]) {
    #expect(tensors.map(\.elements.count) == expected.map(\.count))
    for (tensor, expected) in zip(tensors, expected) {
      #expect(largestDifference(tensor.elements, expected) <= Self.tolerance * (expected.map(abs).max() ?? 0))
    }
  }

  private func number(_ count: Int, _ k: Int) -> [Float] { (0..<count).map { Float((7 * $0 + 5 * k) % 11 - 5) / 8 } }

  private func sizes(_ axes: Axes, _ extents: [Int]) -> AxisSizes {
    var sizes = AxisSizes(tinyStructures[0])
    for (axis, extent) in zip(axes, extents) { sizes[axis] = extent }
    return sizes
  }
}
