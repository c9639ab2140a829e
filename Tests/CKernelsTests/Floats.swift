import CKernels
import Testing

/// Floats aligned to 64 bytes, followed by canaries that reveal a kernel writing too far.
final class Floats {
  let start: UnsafeMutablePointer<Float>
  let count: Int
  private static let canaries = 32
  private static let canary: Float = 12345.678

  init(_ count: Int, _ value: Float = .nan) {
    self.count = count
    let bytes = (count + Self.canaries) * MemoryLayout<Float>.stride
    start = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64).assumingMemoryBound(to: Float.self)
    start.initialize(repeating: value, count: count)
    (start + count).initialize(repeating: Self.canary, count: Self.canaries)
    KeptUntilTheTestEnds.kept.append(self)
  }

  convenience init(_ values: [Float]) {
    self.init(values.count)
    for (i, value) in values.enumerated() { start[i] = value }
  }

  /// The same values for the same seed: uniform in [-scale, scale) plus an offset.
  static func random(_ count: Int, seed: UInt64, scale: Float = 1, offset: Float = 0) -> Floats {
    let floats = Floats(count)
    var state = seed &* 0x9E37_79B9_7F4A_7C15
    for i in 0..<count {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      floats.start[i] = (Float(z >> 40) * 0x1p-23 - 1) * scale + offset
    }
    return floats
  }

  deinit { start.deallocate() }

  var values: [Float] { Array(UnsafeBufferPointer(start: start, count: count)) }
  var doubles: [Double] { UnsafeBufferPointer(start: start, count: count).map(Double.init) }
  func copy() -> Floats { Floats(values) }

  /// Whether nothing was written past the end.
  var isIntact: Bool { (0..<Self.canaries).allSatisfy { start[count + $0] == Self.canary } }
}

/// One way of running the kernels.
struct Way: CustomStringConvertible {
  var level: Int
  var threads: Int
  let team: OpaquePointer

  var description: String { "level \(level), \(threads) threads" }

  /// Runs one kernel on the team.
  func run<Arguments>(_ kernel: sf_kernel, _ arguments: Arguments) {
    withUnsafePointer(to: arguments) { pointer in
      var call = sf_call(kernel: kernel, arguments: UnsafeRawPointer(pointer))
      sf_team_run(team, &call, 1, nil)
    }
  }

  /// Scratch of `perThread` floats for each thread, filled with NaN.
  func scratch(_ perThread: Int64) -> (floats: Floats, stride: Int64) {
    let stride = (perThread + 15) / 16 * 16
    return (Floats(Int(stride) * threads), stride)
  }
}

/// Runs the body at every level of this processor and with 1, 2 and 3 threads.
func eachWay(_ body: (Way) -> Void) {
  defer { sf_set_level(sf_cpu_level()) }
  for threads in 1...3 {
    guard let team = sf_team_create(Int32(threads)) else {
      Issue.record("no team of \(threads)")
      return
    }
    defer { sf_team_destroy(team) }
    for level in 0...sf_cpu_level() {
      sf_set_level(level)
      body(Way(level: Int(level), threads: threads, team: team))
    }
  }
}

/// Expects every number within `tolerance` of the reference, relative to its size plus the tensor's root mean square.
func expectClose(
  _ got: Floats, _ wanted: [Double], tolerance: Double, _ what: String, _ way: Way,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(got.isIntact, "\(what) wrote behind its end, \(way)", sourceLocation: sourceLocation)
  guard got.count == wanted.count else {
    Issue.record("\(what): \(got.count) numbers, wanted \(wanted.count)", sourceLocation: sourceLocation)
    return
  }
  let size = (wanted.reduce(0) { $0 + $1 * $1 } / Double(max(wanted.count, 1))).squareRoot()
  var worst = 0.0
  var at = 0
  for i in wanted.indices {
    let error = abs(Double(got.start[i]) - wanted[i]) / (abs(wanted[i]) + size + 1e-30)
    if !(error <= worst) { (worst, at) = (error.isNaN ? .infinity : error, i) }
  }
  if !(worst <= tolerance) {
    Issue.record(
      "\(what)[\(at)] = \(got.start[at]), wanted \(wanted[at]): off by \(worst), allowed \(tolerance), \(way)",
      sourceLocation: sourceLocation)
  }
}

/// Arguments hold addresses without keeping anything alive, so that this keeps the buffers until the test ends.
struct KeptUntilTheTestEnds: SuiteTrait, TestTrait, TestScoping {
  // The tests run one after another.
  nonisolated(unsafe) static var kept: [AnyObject] = []

  var isRecursive: Bool { true }

  func provideScope(for test: Test, testCase: Test.Case?, performing body: () async throws -> Void) async throws {
    try await body()
    if testCase != nil { Self.kept = [] }
  }
}

/// All tests of kernels run one after another, because the level applies to the whole process.
@Suite(.serialized, KeptUntilTheTestEnds()) enum Kernels {}
