import TrainingStep
import VisionTransformer

/// Images, labels and initial parameters that are the same in every language, from a hash of each number's position.
///
/// Number i of stream s is `splitmix64(seed + s * 0x9E3779B97F4A7C15 + (i + 1) * 0xD1B54A32D192ED03)`, whose upper 24
/// bits are a fraction u of one; r = 2u - 1, exact in float32. Stream 0 is the images, 1 the labels, 2 + p parameter
/// number p of the program. Any part of a tensor can be made on its own, so that threads share the work.
///
/// Source: G. L. Steele Jr., D. Lea and C. H. Flood, Fast splittable pseudorandom number generators, OOPSLA 2014.
public struct SyntheticData: Sendable, Hashable {
  /// The mapping from numbers r in [-1, 1) to a tensor's values.
  public enum Distribution: Sendable, Hashable {
    /// `r * bound`: uniform in [-bound, bound).
    case uniform(bound: Float)
    /// `1 + 0.02 r`: the scales of layer norms.
    case aroundOne
    /// `0.02 r`: biases, tokens and positional embeddings.
    case aroundZero
  }

  /// Seed of every number.
  public var seed: UInt64

  /// Spread of biases, embeddings and tokens, and of scales around one.
  static let spread: Float = 0.02

  /// Data of a seed.
  public init(seed: UInt64 = 0) { self.seed = seed }

  /// Fills `buffer` with the numbers of a stream, starting at number `start`.
  public func fill(
    _ buffer: UnsafeMutableBufferPointer<Float>, stream: Int, startingAt start: Int = 0, as distribution: Distribution
  ) {
    switch distribution {
    case .uniform(let bound): fill(buffer, stream, start) { $0 * bound }
    case .aroundOne: fill(buffer, stream, start) { 1 + Self.spread * $0 }
    case .aroundZero: fill(buffer, stream, start) { Self.spread * $0 }
    }
  }

  /// Images (B,R,R,3), uniform in [-1, 1).
  public func fillImages(_ images: UnsafeMutableBufferPointer<Float>) {
    fill(images, stream: 0, as: .uniform(bound: 1))
  }

  /// Labels (B,C): 1 at one class of each image, 0 elsewhere.
  public func fillLabels(_ labels: UnsafeMutableBufferPointer<Float>, classes: Int) {
    labels.update(repeating: 0)
    guard classes > 0 else { return }
    for image in 0..<labels.count / classes {
      labels[image * classes + Int(fraction(stream: 1, image) * Double(classes))] = 1
    }
  }

  /// Parameter number `number` of a program.
  public func fillParameter(
    _ number: Int, of info: ValueInfo, sizes: AxisSizes, into values: UnsafeMutableBufferPointer<Float>
  ) {
    fill(values, stream: 2 + number, as: Self.distribution(of: info, sizes))
  }

  /// Distribution of a parameter's initial values: kernels have variance 1 / fan-in, as in LeCun's initialization.
  public static func distribution(of parameter: ValueInfo, _ sizes: AxisSizes) -> Distribution {
    if parameter.name.hasSuffix("/kernel") {
      let fanIn = fanIn(parameter.type.axes, sizes)
      return .uniform(bound: Float((3 / Double(fanIn)).squareRoot()))
    }
    return parameter.name.hasSuffix("/scale") ? .aroundOne : .aroundZero
  }

  // Number of elements summed for one output: all axes except those of the output, which are the last one, or heads and
  // head width after the width.
  private static func fanIn(_ axes: Axes, _ sizes: AxisSizes) -> Int {
    let output = axes.suffix(2) == [.heads, .headWidth] ? 2 : 1
    return axes.dropLast(output).reduce(1) { $0 * sizes[$1] }
  }

  // u of one number, exact.
  private func fraction(stream: Int, _ index: Int) -> Double {
    Double(Self.bits(Self.origin(seed, stream) &+ UInt64(index) &* Self.stride)) * 0x1p-24
  }

  @inline(__always)
  private func fill(
    _ buffer: UnsafeMutableBufferPointer<Float>, _ stream: Int, _ start: Int, _ value: (Float) -> Float
  ) {
    guard let base = buffer.baseAddress else { return }
    var position = Self.origin(seed, stream) &+ UInt64(start) &* Self.stride
    for index in 0..<buffer.count {
      base[index] = value(Float(Self.bits(position)) * 0x1p-23 - 1)
      position &+= Self.stride
    }
  }

  private static let stride: UInt64 = 0xD1B5_4A32_D192_ED03

  // The state before number 0 of a stream.
  private static func origin(_ seed: UInt64, _ stream: Int) -> UInt64 {
    seed &+ UInt64(stream) &* 0x9E37_79B9_7F4A_7C15 &+ stride
  }

  // The upper 24 bits of the hash.
  @inline(__always)
  private static func bits(_ position: UInt64) -> Int32 {
    var z = position
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return Int32(truncatingIfNeeded: z >> 40)
  }
}

extension SyntheticData {
  /// Every argument of a step before its first run: data, initial parameters, optimizer state and counter zero.
  public func arguments<Scalar: ReferenceScalar>(
    of program: Program, _ sizes: AxisSizes, as scalar: Scalar.Type = Scalar.self
  ) -> [Value: [Scalar]] {
    var arguments: [Value: [Scalar]] = [:]
    func make(_ value: Value, _ fill: (UnsafeMutableBufferPointer<Float>) -> Void) {
      let count = program[value].type.elementCount(sizes)
      let values = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
        initialized = count
      }
      arguments[value] = values.map { Scalar($0) }
    }
    make(program.images) { fillImages($0) }
    make(program.labels) { fillLabels($0, classes: sizes[.classes]) }
    for (number, parameter) in program.parameters.enumerated() {
      make(parameter.value) { fillParameter(number, of: program[parameter.value], sizes: sizes, into: $0) }
      for state in parameter.state { make(state) { $0.initialize(repeating: 0) } }
    }
    if let counter = program.counter { arguments[counter.before] = [0] }
    return arguments
  }
}
