import Reporting
import Testing
import VisionTransformer

private let configuration = Configuration(
  shape: Shape(width: 64, depth: 2, mlpWidth: 128, heads: 2, patch: 16), batch: 4)

/// An answer of 100 bytes in all, 10 of them gaps, and 50 cycles.
private func row(
  memoryOnly: Bool = false, verdict: Verdict = .fits, _ change: (inout Observation) -> Void = { _ in }
) -> AgreementReport.Row {
  var seen = Observation()
  seen.fits = true
  seen.arguments = Bytes(40)
  seen.livePeak = Bytes(80)
  seen.total = Bytes(110)
  seen.cycles = 50
  change(&seen)
  let result = StepResult(
    configuration: configuration, evidence: .compiled, verdict: verdict, parameterCount: 1,
    memory: MemoryBreakdown(
      total: Bytes(100), limit: Bytes(1000), livePeak: Bytes(80), arguments: Bytes(40), packing: Bytes(10)),
    flopsPerImage: FLOPs(1), stepSeconds: memoryOnly ? nil : Seconds(5),
    provenance: Provenance(
      source: "a test", version: "1", isOfMemoryOnly: memoryOnly))
  return AgreementReport.Row(
    place: "rows:1",
    evidence: ObservedEvidence(
      configuration: configuration, compiler: "another", observation: seen, label: .shared),
    result: result, clock: 10)
}

@Suite struct AgreementReportTests {
  @Test func gapsCountTwiceAndSecondsAreCyclesAgain() throws {
    let row = row()
    let total = try #require(row[.total]), cycles = try #require(row[.cycles])
    #expect(total == (110, 110) && cycles == (50, 50))
    #expect(AgreementReport([row]).summary.text.contains("| total | 1 | 1 | 0.00 % | 0.00 % | 2 % |"))
  }

  @Test func aCompileForMemoryHasThePeakAlone() {
    let row = row(memoryOnly: true)
    #expect(row[.arguments] == nil && row[.total] == nil && row[.cycles] == nil)
    #expect(row[.livePeak] ?? (0, 0) == (80, 80))
  }

  @Test func differencesAndVerdictsStandOut() {
    let report = AgreementReport([
      row(), row(verdict: .doesNotFit) { $0.livePeak = Bytes(64) },
    ])
    #expect(report.summary.text.contains("| live peak | 2 | 1 | 12.50 % | 25.00 % | 2 % |"))
    #expect(report.summary.text.contains("| verdict | 2 | 1 |"))
    #expect(report.all.text.contains("**does not fit**, the other fits"))
  }

  @Test func whatWasNotObservedIsNotCompared() {
    let row = row {
      $0.cycles = nil
      $0.fits = nil
    }
    #expect(row[.cycles] == nil && row.verdicts == nil)
  }

  @Test func cyclesOfScannedLayersAreNotCompared() {
    var row = row()
    row.evidence.configuration.layers = .scanned
    #expect(row[.cycles] == nil && row[.total] != nil)
  }
}
