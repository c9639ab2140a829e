import VisionTransformer

/// Configurations drawn at random over everything that a person may ask: sizes of every magnitude, odd ones among them, every setting.
/// The same seed gives the same ones.
struct RandomConfigurations {
  private var state: UInt64

  init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

  /// The next configuration that is valid.
  mutating func next(on device: Device) -> Configuration {
    while true {
      let configuration = draw(device)
      if (try? configuration.validated()) != nil { return configuration }
    }
  }

  private mutating func draw(_ device: Device) -> Configuration {
    let heads = pick([1, 2, 3, 4, 6, 7, 8, 12, 14, 16, 20, 28]), width = heads * size(1...256)
    let imageSize = pick([32, 64, 96, 128, 224, 224, 224, 256, 303, 384, 512])
    var configuration = Configuration(
      shape: Shape(
        width: width, depth: size(1...96), mlpWidth: pick([2, 3, 4, 4, 4, 8]) * width + pick([0, 0, 0, 1, 7]),
        heads: heads, patch: pick([7, 8, 14, 14, 16, 16, 21, 28, 32, 54])),
      device: device.name, batch: size(1...4096), imageSize: imageSize)
    if pick([true, false, false]) { configuration.shape.mlpWidth = size(1...16384) }
    configuration.head = pick(Head.allCases)
    configuration.classes = pick([1, 10, 100, 1000, 21843, 29593])
    configuration.optimizer = pick(Optimizer.allCases)
    configuration.precision = pick(Precision.allCases)
    configuration.gradientClipping = pick(GradientClipping.allCases)
    configuration.rematerialization = pick(Rematerialization.allCases)
    configuration.layers = pick([.unrolled, .unrolled, .unrolled, .scanned])
    configuration.dataParallel = pick([1, 2, 8, 32, 128])
    if pick([true, false]) { configuration.memoryLimit = Bytes(size(1...device.usableMemory.count)) }
    return configuration
  }

  /// A number of any magnitude: its logarithm is uniform.
  private mutating func size(_ range: ClosedRange<Int>) -> Int {
    var bits = 0
    while range.upperBound >> bits > 1 { bits += 1 }
    let magnitude = 1 << Int(random() % UInt64(bits + 1))
    return min(range.upperBound, max(range.lowerBound, magnitude + Int(random() % UInt64(magnitude))))
  }

  private mutating func pick<Value>(_ values: [Value]) -> Value { values[Int(random() % UInt64(values.count))] }

  /// Source: SplitMix64, Steele, Lea and Flood, OOPSLA 2014.
  private mutating func random() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
