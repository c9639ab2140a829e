import Evidence
import Foundation
import GRDB
import Testing

@testable import EvidenceStore

@Suite struct SweepTests {
  @Test func aSweepGoesThroughItsStates() throws {
    let store = try EvidenceStore.inMemory()
    let words = ["enumerate", "--depth", "1..4 by \"2\"", "é"]
    let first = try store.addSweep(.enumerate, words: words, total: 3)
    let second = try store.addSweep(.measure, words: ["measure"], total: 2)
    #expect(first.id == 1 && first.status == .queued && first.words == words)
    #expect(
      try store.sweep(1) == first && store.sweeps().map(\.id) == [2, 1] && store.openSweeps().map(\.id) == [1, 2])
    #expect(try store.sweep(3) == nil && store.cancelSweep(3) == nil)
    let earlier = try store.beginRun(RunDescription(command: "same", modelVersion: "1"))
    let (isBegun, last) = try store.beginSweep(1)
    #expect(isBegun && last == earlier)
    #expect(try !store.beginSweep(1).isBegun)
    #expect(try store.findRun(ofSweep: 1, command: "same", after: last) == nil)
    let run = try store.beginRun(RunDescription(command: "same", modelVersion: "1"))
    _ = try store.beginRun(RunDescription(command: "other", modelVersion: "1"))
    #expect(try store.findRun(ofSweep: 1, command: "same", after: last) == run)
    try store.write(run: run) { writer in
      for depth in 1...3 { try writer.append(estimate(depth: depth)) }
    }
    let running = try #require(try store.sweep(1))
    #expect(running.status == .running && running.run == run && running.done == 3 && running.started != nil)
    try store.endSweep(1, .finished)
    #expect(try store.sweep(1)?.status == .finished && store.sweep(1)?.finished != nil)
    // What is over stays as it is.
    #expect(try store.cancelSweep(1)?.status == .finished)
    try store.endSweep(1, .failed, error: "late")
    #expect(try store.sweep(1)?.status == .finished)
    #expect(try store.openSweeps() == [second])
  }

  @Test func whatWasRunningIsQueuedAgainAndWhatWasCancelledStaysSo() throws {
    let store = try EvidenceStore.inMemory()
    for kind in SweepKind.allCases {
      let sweep = try store.addSweep(kind, words: [kind.rawValue], total: 1)
      #expect(try store.beginSweep(sweep.id).isBegun)
    }
    #expect(try store.cancelSweep(2)?.status == .running)
    try store.endSweep(2, .queued)
    try store.endSweep(3, .failed, error: "no compiler")
    try store.requeueSweeps()
    #expect(try store.sweeps().map(\.status) == [.failed, .cancelled, .queued])
    #expect(try store.sweep(3)?.error == "no compiler")
  }

  @Test func anOlderStoreHasNoneUntilItIsWritten() throws {
    try withFolder { folder in
      let path = folder + "/s.sqlite"
      let queue = try DatabaseQueue(path: path)
      try StoreSchema.migrator.migrate(queue, upTo: StoreSchema.migrations[6].name)
      try queue.close()
      #expect(try EvidenceStore.glance(at: path) { try $0.sweeps() } == [])
      #expect(try EvidenceStore.glance(at: path) { try $0.openSweeps().count + ($0.sweep(1) == nil ? 0 : 1) } == 0)
      let store = try EvidenceStore.open(path: path, mode: .readWrite)
      #expect(try store.addSweep(.compile, words: ["compile"], total: 1).id == 1)
      try store.close()
      #expect(try column(path, "SELECT kind || status || done FROM sweeps") == ["compilequeued0"])
    }
  }
}
