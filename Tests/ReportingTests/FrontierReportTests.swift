import Estimation
import Reporting
import Testing
import VisionTransformer

private let template = Configuration(
  shape: Shape(width: 64, depth: 1, mlpWidth: 128, heads: 2, patch: 16), device: "cpu", precision: .float32)

/// Two columns of four depths, every one of which is estimated to fit.
private func report(_ results: [StepResult]) throws -> FrontierReport {
  let grid = try Grid(
    axes: Grid.Axes(
      depth: Grid.Axis([1, 2, 3, 4]), width: Grid.Axis([64, 128]), heads: Grid.Axis([2]), mlpWidth: Grid.Axis([128]),
      patch: Grid.Axis([16])),
    settings: [Grid.Setting(name: "adafactor", label: "a setting", template: template.setting)])
  let estimator = Estimator(device: .testHost)
  return FrontierReport(results, grid: grid) { _ in estimator }
}

private func answer(
  _ depth: Int, _ verdict: Verdict, width: Int = 64, total: Int = 100, isFull: Bool = false
) -> StepResult {
  var configuration = template
  configuration.shape.width = width
  configuration.shape.depth = depth
  configuration.shapeName = "a name"
  return StepResult(
    configuration: configuration, evidence: .compiled, verdict: verdict, parameterCount: 1,
    memory: MemoryBreakdown(total: Bytes(total), limit: Bytes(1000), livePeak: Bytes(total)),
    flopsPerImage: FLOPs(1), stepSeconds: nil,
    provenance: Provenance(source: "a test", version: "1", isOfMemoryOnly: !isFull))
}

@Suite struct FrontierReportTests {
  @Test func anEdgeIsConfirmedWhereBothSidesTouch() throws {
    let rows = try report([answer(1, .fits), answer(3, .doesNotFit), answer(2, .fits)]).rows
    let row = try #require(rows.first)
    #expect(rows.count == 1 && row.problem == nil && row.estimated == 4)
    #expect(row.fits?.depth == 2 && row.doesNotFit?.depth == 3 && row.compiles == 3)
  }

  @Test func theGridsEndsNeedOneSide() throws {
    let rows = try report([answer(4, .fits), answer(1, .doesNotFit, width: 128)]).rows
    #expect(rows.count == 2 && rows.allSatisfy { $0.problem == nil })
    #expect(rows[0].doesNotFit == nil && rows[1].fits == nil)
  }

  @Test func aGapIsOpen() throws {
    let report = try report([answer(1, .fits), answer(3, .doesNotFit)])
    #expect(report.rows.first?.problem != nil && report.summary.hasPrefix("0 of 1 edges"))
  }

  @Test func aFullCompileCountsMore() throws {
    let full = answer(2, .doesNotFit, total: 2000, isFull: true), short = answer(2, .fits, total: 900)
    for results in [[short, full], [full, short]] {
      let row = try #require(try report(results + [answer(1, .fits)]).rows.first)
      #expect(row.doesNotFit?.depth == 2 && row.doesNotFit?.isFull == true && row.fits?.depth == 1)
    }
  }

  @Test func whatIsNotOfTheGridIsLeftOut() throws {
    #expect(try report([answer(5, .fits), answer(2, .fits, width: 96)]).rows.isEmpty)
  }
}
