import Scheduling
import Testing

/// The orders, accounts and rematerialization on graphs that libtpu 0.0.17.1 scheduled, against what it logged.
@Suite struct CompilerGraphTests {
  @Test func graphsAreBundled() { #expect(DumpedGraph.all.count >= 12) }

  @Test(arguments: DumpedGraph.all) func livePeakOfTheCompilersOrderIsTheLoggedOne(_ dump: DumpedGraph) {
    #expect(dump.graph.livePeak(dump.order).bytes + dump.graph.resultBytes == dump.livePeak)
  }

  @Test(arguments: DumpedGraph.all) func theChosenOrderIsTheCompilers(_ dump: DumpedGraph) throws {
    let chosen = try #require(dump.graph.schedules().first)
    // Ties are broken by the order in which users were added, which no dump keeps: some kilobytes.
    let needed = dump.graph.heapPeak(dump.order)
    #expect(abs(chosen.heapPeak - needed) <= needed / 10_000, "\(chosen.order): \(chosen.heapPeak), not \(needed)")
    let peak = dump.graph.livePeak(chosen.sequence).bytes + dump.graph.resultBytes
    let logged = try #require(dump.livePeak)
    #expect(abs(peak - logged) <= logged / 1000, "\(chosen.order): \(peak), not \(logged)")
  }

  @Test func largeWorkIsInTheCompilersOrder() throws {
    let agreements = try DumpedGraph.all.map { dump in
      dump.graph.agreement(try #require(dump.graph.schedules().first).sequence, dump.order)
    }
    #expect(agreements.reduce(0, +) >= 0.99 * Double(agreements.count), "\(agreements)")
    #expect(agreements.allSatisfy { $0 >= 0.98 }, "\(agreements)")
  }

  @Test(arguments: DumpedGraph.all.filter { $0.rematerialized != nil })
  func whatIsRecomputedIsWhatTheCompilerRecomputed(_ dump: DumpedGraph) throws {
    let limit = try #require(dump.limit) - dump.graph.resultBytes
    let outcome = dump.graph.rematerialized(dump.order, limit: limit)
    #expect(outcome.peak + dump.graph.resultBytes == dump.peakAfter)
    #expect(outcome.changes.count == dump.rematerialized)
  }

  @Test(arguments: DumpedGraph.all.prefix(3)) func textIsReadAsItIsWritten(_ dump: DumpedGraph) throws {
    let text = dump.graph.text
    let read = try ScheduledGraph(lines: text.split(separator: "\n"))
    #expect(read.text == text)
    #expect(read.livePeak(dump.order) == dump.graph.livePeak(dump.order))
    #expect(throws: ScheduledGraph.Unreadable.self) {
      try ScheduledGraph(lines: text.prefix(text.count / 2).split(separator: "\n"))
    }
  }
}
