import Foundation
import Selection
import Testing
import VisionTransformer

@testable import Reporting

@Suite struct CheckListingTests {
  private static var input: CheckReport.Input {
    var room = Room(largest: 52)
    room.gaps = [3...4]
    room.mayFit = 53...78
    var compiled = Sample.compiled
    compiled.verdict = .fits
    var input = CheckReport.Input(
      result: Sample.fits, peak: "the end",
      rematerialization: .init(
        startsAt: Bytes(5), floor: Bytes(4), recomputed: Bytes(3), cost: Seconds(0.25)),
      room: room,
      changes: [
        FitChange(
          description: "head map → gap", verdict: .fits, total: Bytes(1), limit: Bytes(2), bytesSaved: Bytes(3),
          timeCost: -0.5)
      ], compiled: compiled,
      settling: .init(command: "shapefinder compile x", seconds: Seconds(25), isTypical: true))
    let cost = TrainingCost(deviceTime: Seconds(86_400), chipTime: Seconds(43_200))
    input.training = (try? TrainingRun(examples: 1000)).map {
      .init(
        title: "1,000 images", run: $0, estimated: cost, compiled: cost,
        wholeRuns: .init(efficiency: 0.5, testError: 0.1, fittedOn: "A", testedOn: "B"))
    }
    return input
  }

  private func object(_ extent: CheckReport.Extent) throws -> [String: Any] {
    let text = CheckReport.listing(extent).text([Self.input], format: .json, answer: .single)
    return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func jsonHasWhatTheTableHas() throws {
    let one = try object(.one)
    #expect(one["headroom"] as? Int == Sample.fits.memory.limit.count - Sample.fits.memory.total.count)
    #expect(one["peak"] as? String == "the end")
    let recomputation = try #require(one["recomputation"] as? [String: Double])
    #expect(recomputation == ["startsAt": 5, "floor": 4, "recomputedBytes": 3, "seconds": 0.25])
    #expect(one["largestBatch"] as? Int == 52)
    #expect(one["batchGaps"] as? [[Int]] == [[3, 4]] && one["mayFitBatch"] as? [Int] == [53, 78])
    let change = try #require((one["changes"] as? [[String: Any]])?.first)
    #expect(change["change"] as? String == "head map → gap" && change["timeCost"] as? Double == -0.5)
    #expect((one["settle"] as? [String: Any])?["command"] as? String == "shapefinder compile x")
    #expect((one["compiled"] as? [String: Any])?["verdict"] as? String == "fits")
    let training = try #require(one["training"] as? [String: Any])
    #expect(Set(training.keys) == Set(StepResult.TrainingKey.allCases.map(\.rawValue)).union(["compiled"]))
    #expect(training["deviceDays"] as? Double == 1 && training["chipHours"] as? Double == 12)
    #expect(training["steps"] is NSNull && training["runEfficiency"] as? Double == 0.5)
    // Every key has its name in one place, and a line has what costs nothing; `selection` is what `select` adds.
    let added = Set(one.keys).subtracting(try object(.row).keys).union(["compiled", "selection"])
    #expect(added == Set(StepResult.AnswerKey.allCases.map(\.rawValue)))
    #expect(
      Set(try object(.line).keys).subtracting(try object(.row).keys) == ["headroom", "peak", "recomputation"])
  }

  @Test(arguments: [CheckReport.Extent.one, .line, .row]) func csvColumnsAreLeavesOfTheJSON(extent: CheckReport.Extent)
    throws
  {
    let object = try object(extent)
    let listing = CheckReport.listing(extent)
    #expect(Set(listing.keys).count == listing.keys.count)
    for key in listing.keys where !Listing.results.keys.contains(key) && key != "settle" {
      let parts = key.split(separator: ".").map(String.init)
      let outer = try #require(object[parts[0]], "\(key)")
      guard parts.count == 2 else { continue }
      let inner = outer as? [String: Any]
      #expect(
        inner?[parts[1]] != nil || (inner?["memory"] as? [String: Any])?[parts[1]] != nil
          || (inner?["provenance"] as? [String: Any])?[parts[1]] != nil, "\(key)")
    }
  }

  @Test func aTableOfManyShowsWhatCompilersSaidBeforeTheEstimate() {
    let table = CheckReport.listing(.line, showsCompiled: true).text([Self.input], format: .table)
    let heading = table.split(separator: "\n")[0]
    let compiled = heading.range(of: "compiled"), estimated = heading.range(of: "estimated")
    #expect(compiled != nil && estimated != nil && compiled!.lowerBound < estimated!.lowerBound)
    #expect(!CheckReport.listing(.line).text([Self.input], format: .table).contains("compiled"))
  }

  @Test(arguments: [(Verdict.fits, "\u{1B}[32m"), (.uncertain, "\u{1B}[33m"), (.doesNotFit, "\u{1B}[31m")])
  func theBarOfTheTotalHasTheVerdictsColour(verdict: Verdict, sequence: String) throws {
    let colors = Terminal(columns: 100, colorDepth: .indexed)
    let lines = BreakdownTable(Sample.fits.memory, verdict: verdict).lines(for: colors)
    let total = try #require(lines.first { $0.plain.contains("total") }).rendered(for: colors)
    #expect(total.contains(sequence + "█"), "\(total.debugDescription)")
    for other in ["\u{1B}[31m", "\u{1B}[32m", "\u{1B}[33m"] where other != sequence { #expect(!total.contains(other)) }
  }
}
