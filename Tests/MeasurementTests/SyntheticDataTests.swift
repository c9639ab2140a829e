import Measurement
import Testing
import TrainingStep
import VisionTransformer

@Suite struct SyntheticDataTests {
  // In Python, without numpy:
  //   def number(seed, stream, i, M=(1 << 64) - 1):
  //     z = (seed + stream * 0x9E3779B97F4A7C15 + (i + 1) * 0xD1B54A32D192ED03) & M
  //     z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & M
  //     z = (z ^ (z >> 27)) * 0x94D049BB133111EB & M
  //     return (z ^ (z >> 31)) >> 40
  //   [number(seed, stream, i) - 2**23 for i in range(4)]      # r times 2**23
  @Test(arguments: [
    (UInt64(0), 0, [133_556, -1_301_590, -2_060_556, -397_206]),
    (0, 2, [-686_737, -2_482_607, 2_782_941, 2_219_211]),
    (7, 3, [3_972_136, 5_482_544, 3_673_231, -5_986_464]),
  ])
  func theFirstNumbersOfAStreamAreThoseOfPython(_ seed: UInt64, _ stream: Int, _ expected: [Int]) {
    let numbers = SyntheticData(seed: seed).numbers(stream: stream, 4)
    #expect(numbers == expected.map { Double($0) * 0x1p-23 })
  }

  // [number(0, 1, image) * 10 >> 24 for image in range(12)]
  @Test func labelsAreOneClassAnImage() {
    var labels = [Float](repeating: .nan, count: 120)
    labels.withUnsafeMutableBufferPointer { SyntheticData().fillLabels($0, classes: 10) }
    let classes = (0..<12).map { image in (0..<10).filter { labels[image * 10 + $0] == 1 } }
    let expected = [1, 2, 0, 4, 3, 6, 0, 2, 4, 4, 4, 3]
    #expect(classes == expected.map { [$0] })
    #expect(labels.filter { $0 == 0 }.count == 108)
  }

  @Test func anyPartOfAStreamCanBeMadeAlone() {
    let whole = SyntheticData(seed: 5).numbers(stream: 4, 1000)
    var part = [Float](repeating: 0, count: 300)
    part.withUnsafeMutableBufferPointer {
      SyntheticData(seed: 5).fill($0, stream: 4, startingAt: 450, as: .uniform(bound: 1))
    }
    #expect(part.map { Double($0) } == Array(whole[450..<750]))
  }

  @Test func numbersAreUniformAndUncorrelated() {
    let count = 1 << 20
    let r = SyntheticData().numbers(stream: 0, count), other = SyntheticData().numbers(stream: 1, count)
    #expect(r.allSatisfy { $0 >= -1 && $0 < 1 })
    // Five standard deviations of the mean of n numbers of deviation s: 5 s / sqrt(n).
    let unit = 5 / Double(count).squareRoot()
    let third = 1.0 / 3
    func meanProduct(_ x: some Sequence<Double>, _ y: some Sequence<Double>) -> Double {
      zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } / Double(count)
    }
    let mean = r.reduce(0, +) / Double(count)
    #expect(abs(mean) < unit * third.squareRoot())
    #expect(abs(meanProduct(r, r) - third) < unit * (4 / 45.0).squareRoot())
    #expect(abs(meanProduct(r, other)) < unit * third)
    #expect(abs(meanProduct(r, r.dropFirst())) < unit * third)
    // Chi-square over 256 equal bins: 255 degrees of freedom, 255 + 5 sqrt(510).
    var bins = [Double](repeating: 0, count: 256)
    for value in r { bins[Int((value + 1) * 128)] += 1 }
    let expected = Double(count) / 256
    let chiSquare = bins.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
    #expect(chiSquare < 255 + 5 * 510.0.squareRoot())
  }

  @Test func kernelsSpreadByTheirFanInAndAllElseByTwoHundredths() throws {
    let configuration = Configuration(
      shape: Shape(width: 48, depth: 1, mlpWidth: 192, heads: 3, patch: 8), batch: 2, imageSize: 32, head: .map,
      classes: 10, optimizer: .adafactor, precision: .float32)
    let program = try TrainingStep(configuration).program
    let sizes = AxisSizes(configuration)
    // Contracted sizes, by hand: 3 * 8 * 8 pixels, the width, the MLP's width.
    let fanIn = [
      "embedding": 192, "query": 48, "key": 48, "value": 48, "out": 48, "up": 48, "down": 192, "classifier": 48,
    ]
    for parameter in program.parameters {
      let name = program[parameter.value].name
      let path = name.split(separator: "/")
      let expected: SyntheticData.Distribution
      switch path[path.count - 1] {
      case "kernel":
        let inputs = try #require(fanIn[String(path[path.count - 2])])
        expected = .uniform(bound: Float((3 / Double(inputs)).squareRoot()))
      case "scale": expected = .aroundOne
      default: expected = .aroundZero
      }
      #expect(SyntheticData.distribution(of: program[parameter.value], sizes) == expected, "\(name)")
    }
    let arguments: [Value: [Float]] = SyntheticData().arguments(of: program, sizes)
    #expect(Set(arguments.keys) == Set(program.arguments))
    let scale = try #require(program.parameters.first { program[$0.value].name == "block0/norm1/scale" })
    #expect(arguments[scale.value]?.allSatisfy { $0 >= 0.98 && $0 < 1.02 } == true)
    #expect(program.parameters.flatMap(\.state).allSatisfy { arguments[$0]?.allSatisfy { $0 == 0 } == true })
  }
}
