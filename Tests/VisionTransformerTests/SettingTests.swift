import Testing
import VisionTransformer

@Suite struct SettingTests {
  private let shape = Shape(width: 64, depth: 2, mlpWidth: 128, heads: 2, patch: 16)

  /// Every key of the contract but the shape, with another value than the default.
  private static let changes: [(Configuration.Key, @Sendable (inout Configuration.Setting) -> Void)] = [
    (.device, { $0.device = "tpu-v4" }), (.batch, { $0.batch = 3 }), (.imageSize, { $0.imageSize = 32 }),
    (.head, { $0.head = .gap }), (.classes, { $0.classes = 10 }), (.optimizer, { $0.optimizer = .sgd }),
    (.precision, { $0.precision = .float32 }), (.gradientClipping, { $0.gradientClipping = .globalNorm }),
    (.rematerialization, { $0.rematerialization = .none }), (.layers, { $0.layers = .scanned }),
    (.dataParallel, { $0.dataParallel = 2 }), (.memoryLimit, { $0.memoryLimit = Bytes(1 << 30) }),
    (.compiler, { $0.compiler = "0.0.52" }),
  ]

  @Test func everyKeyExceptTheShapeIsPartOfTheSetting() {
    #expect(Self.changes.map(\.0) == Configuration.Key.allCases.filter { $0 != .shape })
    let usual = Configuration(shape: shape)
    #expect(usual.setting == Configuration.Setting())
    for (key, change) in Self.changes {
      var setting = Configuration.Setting()
      change(&setting)
      #expect(setting != usual.setting, "\(key)")
      let configuration = Configuration(shape: shape, setting: setting)
      #expect(configuration != usual, "\(key)")
      var same = Configuration(
        shape: shape, device: configuration.device, batch: configuration.batch, imageSize: configuration.imageSize,
        head: configuration.head, classes: configuration.classes, optimizer: configuration.optimizer,
        precision: configuration.precision, gradientClipping: configuration.gradientClipping,
        rematerialization: configuration.rematerialization, layers: configuration.layers,
        dataParallel: configuration.dataParallel, memoryLimit: configuration.memoryLimit)
      same.compiler = configuration.compiler
      #expect(configuration == same, "\(key)")
    }
  }

  @Test func axesOfAGridDoNotTellSettingsApart() {
    for (key, change) in Self.changes {
      var setting = Configuration.Setting()
      change(&setting)
      #expect(
        (setting.apartFromAxes == Configuration.Setting()) == (key == .batch || key == .imageSize), "\(key)")
    }
  }

  /// A configuration that breaks two rules is told of the same one as ever: counts, then what concerns the shape, then the limit.
  @Test func rulesAreCheckedInTheOrderOfTheContract() throws {
    func key(_ change: (inout Configuration) -> Void) throws -> String {
      var configuration = Configuration(shape: shape)
      change(&configuration)
      return try #require(throws: ConfigurationError.self) { try configuration.validated() }.key
    }
    #expect(try key { ($0.classes, $0.batch, $0.shape.width) = (0, 0, 0) } == "shape.width")
    #expect(try key { ($0.classes, $0.batch) = (0, 0) } == "batch")
    #expect(try key { ($0.classes, $0.shape.heads) = (0, 3) } == "classes")
    #expect(try key { ($0.memoryLimit, $0.shape.heads) = (Bytes(0), 3) } == "shape.heads")
    #expect(try key { $0.memoryLimit = Bytes(0) } == "memoryLimit")
  }
}
