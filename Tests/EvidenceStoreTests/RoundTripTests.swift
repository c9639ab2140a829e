import Evidence
import EvidenceStore
import Testing
import VisionTransformer

@Suite struct RoundTripTests {
  @Test func everyValueOfEveryKindComesBackEqual() throws {
    let results = [estimate(), measurement(), compile(), estimate(depth: 100, notes: ["thin"])]
    try withFolder { folder in
      let store = try EvidenceStore.open(path: folder + "/s.sqlite", mode: .create)
      try store.add(results)
      #expect(Set(try store.all()) == Set(results))
      try store.close()
      let again = try EvidenceStore.open(path: folder + "/s.sqlite", mode: .readOnly)
      #expect(Set(try again.all()) == Set(results))
    }
  }

  @Test func theInMemoryTwinAnswersAlike() throws {
    let results = [estimate(), measurement(), compile()]
    let store = try EvidenceStore.inMemory()
    try store.add(results)
    #expect(Set(try store.all()) == Set(results))
    #expect(try store.summary().evidence == [.estimated: 1, .measured: 1, .compiled: 1])
  }

  @Test func doublesKeepEveryBit() throws {
    let store = try EvidenceStore.inMemory()
    let values = [0.1, 1.0 / 3, Double.leastNonzeroMagnitude, 1.7976931348623157e308, 0x1.fffffffffffffp-3, 3]
    try store.add(values.enumerated().map { measurementAt(depth: $0.offset + 1, seconds: $0.element) })
    #expect(try store.all().map { $0.stepSeconds?.value.bitPattern } == values.map(\.bitPattern))
  }

  @Test func anEmptyTextIsNotNull() throws {
    let store = try EvidenceStore.inMemory()
    var result = estimate()
    result.provenance = Provenance(source: "", version: "", speaksFor: "", host: "", time: "")
    try store.add([result])
    #expect(try store.all() == [result])
  }

  @Test func aRunComesBackInItsOwnOrder() throws {
    let store = try EvidenceStore.inMemory()
    let first = [5, 3, 4, 9, 1].map { estimate(depth: $0) }
    let second = [1, 2, 3, 4, 5, 6].map { estimate(depth: $0) }
    let one = try store.add(first).run, two = try store.add(second).run
    var query = EvidenceQuery()
    query.run = one
    #expect(try store.all(query) == first)
    query.run = two
    #expect(try store.all(query) == second)
    query.descending = true
    #expect(try store.all(query) == second.reversed())
  }

  @Test func moreThanOneChunkIsReadToTheEnd() throws {
    try withFolder { folder in
      let store = try EvidenceStore.open(path: folder + "/s.sqlite", mode: .create)
      let results = (1...2000).map { estimate(depth: $0) }
      try store.add(results)
      #expect(try store.all() == results)
      #expect(try store.count() == 2000)
    }
  }

  @Test func detailsStandBesideTheirEvidence() throws {
    let store = try EvidenceStore.inMemory()
    let run = try store.beginRun(RunDescription(command: "compile", modelVersion: "1"))
    let detail = EvidenceDetail(aspect: .init(rawValue: "buffers"), json: #"{"largest": [1, 2]}"#)
    try store.write(run: run) { writer in
      try writer.append(compile(), details: [detail])
      try writer.append(compile(), details: [detail, EvidenceDetail(aspect: .init(rawValue: "cycles"), json: "7")])
    }
    let stored = try #require(try store.results().nextStored())
    #expect(stored.run == run)
    #expect(
      try store.details(of: stored.id) == [detail, EvidenceDetail(aspect: .init(rawValue: "cycles"), json: "7")])
  }

  private func measurementAt(depth: Int, seconds: Double) -> StepResult {
    var result = measurement(seconds: seconds)
    result.configuration.shape.depth = depth
    return result
  }
}
