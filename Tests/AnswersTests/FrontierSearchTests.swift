import Evidence
import Testing
import VisionTransformer

@testable import Answers

struct FrontierSearchTests {
  /// Searches a column whose first `fitting` depths fit, and records the questions.
  private func search(
    count: Int, estimated: Int, fitting: Int, compilesEdge: Bool, uncertainByMemory: Set<Int> = []
  ) -> (FrontierSearch.Ending?, [FrontierSearch.Probe]) {
    var search = FrontierSearch(count: count, estimated: estimated, compilesEdge: compilesEdge)
    var asked: [FrontierSearch.Probe] = []
    while let probe = search.next(), asked.count < 100 {
      asked.append(probe)
      let isOpen = probe.mode == .memory && uncertainByMemory.contains(probe.place)
      search.take(probe, verdict: isOpen ? .uncertain : probe.place < fitting ? .fits : .doesNotFit, mode: probe.mode)
    }
    return (search.ending, asked)
  }

  @Test(arguments: [1, 2, 7, 40, 100], [false, true])
  func theEdgeIsFoundWhereverItIsEstimated(count: Int, compilesEdge: Bool) {
    for fitting in 0...count {
      for estimated in -1..<count {
        let (ending, asked) = search(count: count, estimated: estimated, fitting: fitting, compilesEdge: compilesEdge)
        #expect(
          ending
            == .found(fits: fitting == 0 ? nil : fitting - 1, doesNotFit: fitting == count ? nil : fitting))
        // Nothing is asked twice.
        #expect(Set(asked).count == asked.count)
      }
    }
  }

  @Test func aRightEstimateTakesTwoOfEachKind() {
    let (_, asked) = search(count: 100, estimated: 47, fitting: 48, compilesEdge: true)
    #expect(asked.map(\.place) == [47, 48, 47, 48])
    #expect(asked.map(\.mode) == [.memory, .memory, .full, .full])
  }

  @Test func whatALogLeavesOpenIsCompiledInFull() {
    let (ending, asked) = search(
      count: 10, estimated: 4, fitting: 5, compilesEdge: false, uncertainByMemory: [4, 5])
    #expect(ending == .found(fits: 4, doesNotFit: 5))
    #expect(asked.contains(FrontierSearch.Probe(place: 4, mode: .full)))
  }

  @Test func aFailureEndsTheColumn() {
    var search = FrontierSearch(count: 10, estimated: 4, compilesEdge: true)
    let probe = search.next()
    #expect(probe == FrontierSearch.Probe(place: 4, mode: .memory))
    if let probe { search.fail(probe, "crashed") }
    #expect(search.next() == nil && search.ending == .failed(place: 4, "crashed"))
  }
}
