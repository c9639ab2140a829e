import Evidence
import EvidenceStore
import Testing
import VisionTransformer

@Suite struct QueryTests {
  private func store() throws -> EvidenceStore {
    let store = try EvidenceStore.inMemory()
    try store.add(
      (1...100).map { estimate(depth: $0, verdict: $0 <= 40 ? .fits : $0 <= 45 ? .uncertain : .doesNotFit) }
        + [compile(), measurement(), estimate(depth: 3, head: .token, optimizer: .adam)])
    return store
  }

  private func depths(_ change: (inout EvidenceQuery) -> Void) throws -> [Int] {
    var query = EvidenceQuery()
    change(&query)
    return try store().all(query).map(\.configuration.shape.depth)
  }

  @Test func byVerdict() throws {
    #expect(try depths { $0.verdicts = [.fits] } == Array(1...40) + [3])
    #expect(try depths { $0.verdicts = [.uncertain] } == Array(41...45) + [12])
  }

  @Test func byKind() throws {
    #expect(try depths { $0.kinds = [.compiled] } == [48])
    #expect(try depths { $0.kinds = [.compiled, .measured] } == [48, 12])
  }

  @Test func byTheHostThatMeasured() throws {
    let store = try EvidenceStore.inMemory(), times = ["2026-01-02T03:04:05Z", "2026-01-03T03:04:05Z"]
    var results = [compile()]
    for (seconds, host) in zip([0.4, 0.1], ["a", "b"]) {
      for time in times {
        var result = measurement(seconds: seconds, time: time)
        result.provenance.host = host
        results.append(result)
      }
    }
    try store.add(results)
    let hosts = try store.measuringHosts()
    #expect(hosts == [MeasuringHost(name: "a", speaksFor: nil), MeasuringHost(name: "b", speaksFor: nil)])
    for (host, seconds) in zip(hosts, [0.4, 0.1]) {
      var query = EvidenceQuery()
      query.hosts = [host]
      query.latestOnly = true
      #expect(try store.all(query).compactMap(\.stepSeconds) == [Seconds(seconds)])
    }
    #expect(try store.measuringHosts(run: 1) == hosts && store.measuringHosts(run: 2) == [])
  }

  @Test func byDeviceHeadAndOptimizer() throws {
    #expect(try depths { $0.devices = ["cpu"] } == [12])
    #expect(try depths { $0.heads = [.token] } == [12, 3])
    #expect(
      try depths {
        $0.heads = [.token]
        $0.optimizers = [.adam]
      } == [3])
  }

  @Test func byShapeWhateverItsName() throws {
    let tiny = measurement().configuration.shape
    #expect(try depths { $0.shapes = [tiny] } == [12])
    #expect(try depths { $0.shapes = [tiny, viTG] } == [48, 48, 12])
    #expect(try depths { $0.shapes = [Shape(width: 192, depth: 12, mlpWidth: 768, heads: 3, patch: 14)] } == [])
  }

  @Test func byBoundsEndsIncluded() throws {
    #expect(try depths { $0.bounds = [.depth: 10...12, .width: 1000...2000] } == [10, 11, 12])
    #expect(try depths { $0.bounds = [.parameterCount: 0...124_348_288] } == [1, 12])
    #expect(try depths { $0.bounds = [.total: 29_700_000_000...Int.max] } == [99, 100])
  }

  @Test func rowsAreOrderedByTheRequestedQuantityWithUnknownLast() throws {
    #expect(
      try depths {
        $0.order = .parameterCount
        $0.descending = true
        $0.limit = 3
      } == [100, 99, 98])
    let byTime = try depths { $0.order = .stepSeconds }
    // The compile has no step time.
    #expect(byTime.count == 103)
    #expect(byTime.last == 48)
    #expect(byTime.first == 1)
    #expect(
      try depths {
        $0.order = .imagesPerSecond
        $0.descending = true
        $0.limit = 2
        $0.offset = 1
      } == [2, 3])
  }

  @Test(arguments: EvidenceQuery.Quantity.allCases)
  func everyQuantityBoundsAndOrders(quantity: EvidenceQuery.Quantity) throws {
    var query = EvidenceQuery()
    query.order = quantity
    query.bounds = [quantity: 0...Int.max]
    let known = try store().all(query).count
    query.bounds = [quantity: -2 ... -1]
    #expect(known > 0)
    #expect(try store().count(query) == 0)
  }

  @Test func aLimitOfNothingIsNothing() throws {
    #expect(try depths { $0.limit = 0 } == [])
    #expect(try depths { $0.limit = -5 } == [])
    #expect(try depths { $0.offset = 102 } == [3])
  }

  @Test func aTextInAFilterIsNeverSQL() throws {
    #expect(try depths { $0.devices = ["cpu' OR 1=1 --"] } == [])
  }

  @Test func aRunThatIsNotThereIsNamedWithThoseThatAre() throws {
    let store = try store()
    var query = EvidenceQuery()
    query.run = 2
    #expect(storeError { _ = try store.results(query) } == .noSuchRun(id: 2, known: 1...1))
    #expect(storeError { _ = try store.run(9) } == .noSuchRun(id: 9, known: 1...1))
    #expect(storeError { try store.finishRun(9) } == .noSuchRun(id: 9, known: 1...1))
    #expect(storeError { _ = try EvidenceStore.inMemory().run(1) } == .noSuchRun(id: 1, known: nil))
  }

  @Test func runsSayWhatTheyDid() throws {
    let store = try EvidenceStore.inMemory()
    let id = try store.beginRun(
      RunDescription(command: "shapefinder enumerate figure8", grid: "figure8", modelVersion: "1", host: "here"))
    #expect(try store.run(id).status == .running)
    #expect(try store.run(id).finished == nil)
    try store.write(run: id) { try $0.append(estimate()) }
    try store.finishRun(id, status: .failed)
    let run = try #require(try store.runs().first)
    #expect(run.id == 1)
    #expect(run.status == .failed)
    #expect(run.description.grid == "figure8")
    #expect(run.description.command == "shapefinder enumerate figure8")
    #expect(run.counts == RunCounts(new: 1))
    let time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/
    #expect(run.started.wholeMatch(of: time) != nil)
    #expect(try #require(run.finished).wholeMatch(of: time) != nil)
  }

  @Test func aCursorSeesTheStoreAsItWasAndTheBodyMayWrite() throws {
    try withFolder { folder in
      let store = try EvidenceStore.open(path: folder + "/s.sqlite", mode: .create)
      try store.add((1...1500).map { estimate(depth: $0) })
      var seen = 0
      try store.forEachResult { result in
        seen += 1
        if seen % 500 == 0 { try store.add([estimate(depth: 5000 + seen)]) }
      }
      #expect(seen == 1500)
      #expect(try store.count() == 1503)
    }
  }

  @Test func anErrorOfTheBodyIsPassedOnAndItsRowsAreKept() throws {
    struct Stop: Error {}
    let store = try EvidenceStore.inMemory()
    let run = try store.beginRun(RunDescription(command: "test", modelVersion: "1"))
    #expect(throws: Stop.self) {
      try store.write(run: run) { writer in
        for depth in 1...10 { try writer.append(estimate(depth: depth)) }
        throw Stop()
      }
    }
    #expect(try store.count() == 10)
  }
}
