import Estimation
import Reporting
import Testing
import VisionTransformer

/// A measured result of `seconds` and `bytes` beside an estimate of others.
private func row(
  seconds: Double?, bytes: Int, estimated: (seconds: Double, bytes: Int), verdict: Verdict = .fits,
  estimatedVerdict: Verdict = .fits
) -> MeasuredReport.Row {
  let configuration = Configuration(
    shape: Shape(width: 64, depth: 2, mlpWidth: 128, heads: 2, patch: 16), device: "cpu", precision: .float32)
  let measured = StepResult(
    configuration: configuration, evidence: .measured, verdict: verdict, parameterCount: 1,
    memory: MemoryBreakdown(total: Bytes(bytes), limit: Bytes(1 << 30)), flopsPerImage: FLOPs(1),
    stepSeconds: seconds.map { Seconds($0) }, provenance: Provenance(source: "a test", version: "1"))
  var estimate = Estimator(device: .testHost).estimate(configuration)
  estimate.stepSeconds = estimated.seconds
  estimate.total = estimated.bytes
  estimate.verdict = estimatedVerdict
  return MeasuredReport.Row(measured: measured, estimate: estimate)
}

extension Device {
  static let testHost = Device(
    name: "cpu", kind: .host(HostFigures(threads: 1, cache: Bytes(1 << 25), rates: [:])), summary: "a host for tests",
    memory: Bytes(1 << 34), usableMemory: Bytes(1 << 34), bandwidth: 1e10, peakFLOPs: 1e12, clock: 1e9,
    validation: .measured)
}

@Suite struct MeasuredReportTests {
  @Test func errorsAreRelativeToWhatWasMeasured() throws {
    let report = MeasuredReport([
      row(seconds: 2, bytes: 100, estimated: (2.2, 99)), row(seconds: 1, bytes: 50, estimated: (0.95, 50)),
    ])
    let errors = try report.rows.map { try #require($0.timeError) }
    #expect((errors[0] - 0.1).magnitude < 1e-12 && (errors[1] + 0.05).magnitude < 1e-12)
    #expect((report.rows[0].bytesError + 0.01).magnitude < 1e-12)
    #expect(report.summary.text.contains("| step time | 2 | 10.00 % |"))
  }

  @Test func rankCorrelationSeesOrderAlone() {
    let rising = [1.0, 2, 4, 8, 16]
    func report(_ estimates: [Double]) -> MeasuredReport {
      MeasuredReport(zip(rising, estimates).map { row(seconds: $0, bytes: 1, estimated: ($1, 1)) })
    }
    #expect(report([5, 6, 7, 8, 9]).rankCorrelation == 1)
    #expect(report([9, 8, 7, 6, 5]).rankCorrelation == -1)
    #expect(report([5, 7, 6, 8, 9]).rankCorrelation == 0.9)
  }

  @Test func aWrongVerdictStandsOutAndHasNoTime() {
    let report = MeasuredReport([
      row(seconds: nil, bytes: 200, estimated: (1, 150), verdict: .doesNotFit, estimatedVerdict: .fits)
    ])
    #expect(report.all.text.contains("does-not-fit | **no** |"))
    #expect(report.summary.text.contains("| verdicts right | 1 | 0 (1 of them do not fit) |"))
    #expect(report.summary.text.contains("| step time | 0 | – |"))
  }
}
