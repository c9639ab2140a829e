import Evidence
import EvidenceStore
import Testing
import VisionTransformer

@Suite struct IdentityTests {
  @Test func storingTheSameEvidenceAgainChangesNothing() throws {
    try withFolder { folder in
      let path = folder + "/s.sqlite"
      let results = (1...300).map { estimate(depth: $0) } + [measurement(), compile()]
      let store = try EvidenceStore.open(path: path, mode: .create)
      let (_, first) = try store.add(results)
      #expect(first == RunCounts(new: 302))
      let tables = ["configuration", "setting", "provenance", "note", "evidence", "evidence_detail"]
      let before = try tables.map { try dump(path, $0) }
      let (run, second) = try store.add(results)
      #expect(second == RunCounts(confirmed: 302))
      #expect(try tables.map { try dump(path, $0) } == before)
      var query = EvidenceQuery()
      query.run = run
      #expect(try store.all(query) == results)
      #expect(try store.run(run).counts == second)
    }
  }

  @Test func theSameEvidenceInAnotherOrderChangesNothing() throws {
    let store = try EvidenceStore.inMemory()
    try store.add((1...50).map { estimate(depth: $0) })
    let (_, counts) = try store.add((1...50).reversed().map { estimate(depth: $0) } + [estimate(depth: 51)])
    #expect(counts == RunCounts(new: 1, confirmed: 50))
    #expect(try store.summary().configurations == 51)
  }

  @Test func anotherModelVersionOrCompilerAddsARow() throws {
    let store = try EvidenceStore.inMemory()
    try store.add([estimate(), compile()])
    let (_, counts) = try store.add([estimate(version: "2"), compile(compiler: "0.0.32")])
    #expect(counts == RunCounts(new: 2))
    #expect(try store.count() == 4)
    #expect(try store.summary().configurations == 1)
  }

  @Test func aCompileRepeatedLaterConfirmsAndKeepsTheFirstTime() throws {
    let store = try EvidenceStore.inMemory()
    var first = compile()
    first.provenance.time = "2026-01-01T00:00:00Z"
    var second = first
    second.provenance.time = "2026-02-01T00:00:00Z"
    try store.add([first])
    #expect(try store.add([second]).1 == RunCounts(confirmed: 1))
    #expect(try store.all() == [first])
  }

  @Test func aMeasurementWithAnotherTimeIsKeptBesideTheFirst() throws {
    let store = try EvidenceStore.inMemory()
    let first = measurement(seconds: 0.5), second = measurement(seconds: 0.25, time: "2026-03-04T05:06:07Z")
    try store.add([first])
    #expect(try store.add([second]).1 == RunCounts(new: 1, revised: 1))
    #expect(try store.add([first, second]).1 == RunCounts(confirmed: 2))
    #expect(try store.all() == [first, second])
    var query = EvidenceQuery()
    query.latestOnly = true
    #expect(try store.all(query) == [second])
  }

  /// All but the compiler, which the provenance says.
  @Test(arguments: Configuration.Key.allCases.filter { $0 != .shape && $0 != .compiler })
  func everyKeyOfTheContractIsPartOfIdentity(key: Configuration.Key) throws {
    let base = estimate()
    var other = base
    switch key {
    case .shape, .compiler: break
    case .device: other.configuration.device = "tpu-v4"
    case .batch: other.configuration.batch = 9
    case .imageSize: other.configuration.imageSize = 384
    case .head: other.configuration.head = .gap
    case .classes: other.configuration.classes = 1000
    case .optimizer: other.configuration.optimizer = .sgd
    case .precision: other.configuration.precision = .float32
    case .gradientClipping: other.configuration.gradientClipping = .globalNorm
    case .rematerialization: other.configuration.rematerialization = .none
    case .layers: other.configuration.layers = .scanned
    case .dataParallel: other.configuration.dataParallel = 16
    case .memoryLimit: other.configuration.memoryLimit = Bytes(16_621_780_992)
    }
    let store = try EvidenceStore.inMemory()
    try store.add([base, other, base])
    #expect(try store.all() == [base, other])
  }

  @Test(arguments: [\Shape.width, \Shape.depth, \Shape.mlpWidth, \Shape.heads, \Shape.patch])
  func everyNumberOfTheShapeIsPartOfIdentity(number: any WritableKeyPath<Shape, Int> & Sendable) throws {
    let base = estimate()
    var other = base
    other.configuration.shape[keyPath: number] *= 2
    let store = try EvidenceStore.inMemory()
    try store.add([base, other, base])
    #expect(try store.all() == [base, other])
  }

  @Test func theNameOfAShapeIsNotIdentity() throws {
    let store = try EvidenceStore.inMemory()
    var named = estimate(), renamed = estimate()
    named.configuration.shapeName = "ViT-G/14"
    renamed.configuration.shapeName = "mine"
    try store.add([named, compile()])
    #expect(try store.add([renamed, estimate()]).1 == RunCounts(confirmed: 2))
    #expect(try store.all() == [compile(), named])
  }

  @Test func aBadRowIsRefusedAndItsNeighboursAreKept() throws {
    let store = try EvidenceStore.inMemory()
    let run = try store.beginRun(RunDescription(command: "test", modelVersion: "1"))
    let writer = try store.writer(run: run)
    try writer.append(estimate(depth: 1))
    var heads = estimate(depth: 2)
    heads.configuration.shape.heads = 7
    #expect(
      storeError { try writer.append(heads) }
        == .invalidConfiguration(
          ConfigurationError(key: "shape.heads", value: "7", rule: "must divide the width 1664")))
    var infinite = estimate(depth: 3)
    infinite.stepSeconds = Seconds(.infinity)
    #expect(
      storeError { try writer.append(infinite) }
        == .invalidValue(key: "stepSeconds", value: "inf", rule: "it must be a finite number above 0"))
    var nan = estimate(depth: 3)
    nan.flopsPerImage = FLOPs(.nan)
    guard case .invalidValue(key: "flopsPerImage", _, _) = storeError({ try writer.append(nan) }) else {
      Issue.record("NaN was stored")
      return
    }
    var negative = estimate(depth: 3)
    negative.memory.total = Bytes(-1)
    guard case .invalidValue(key: "memory.total", value: "-1", _) = storeError({ try writer.append(negative) }) else {
      Issue.record("a negative total was stored")
      return
    }
    try writer.append(estimate(depth: 4))
    try writer.flush()
    #expect(try store.all() == [estimate(depth: 1), estimate(depth: 4)])
  }

  private func dump(_ path: String, _ table: String) throws -> [String?] {
    try column(path, "SELECT json_array(\(try columns(path, table))) FROM \(table) ORDER BY 1")
  }

  private func columns(_ path: String, _ table: String) throws -> String {
    try column(path, "SELECT name FROM pragma_table_info('\(table)')").compactMap { $0 }.joined(separator: ", ")
  }
}
