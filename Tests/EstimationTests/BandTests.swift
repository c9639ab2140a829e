import Testing
import TrainingStep
import VisionTransformer

@testable import Estimation

/// Which range of the uncertain band applies, and its effect.
@Suite struct BandTests {
  private func traits(
    scheduled: Bool = false, narrow: Bool = false, odd: Bool = false, contested: Bool = false
  ) -> UncertainBand.Traits {
    UncertainBand.Traits(
      isScheduled: scheduled, hasNarrowMLP: narrow, hasOddHeads: odd, scansLayers: false,
      isContested: contested)
  }

  private func rule(limit: Int, startsAt: Int, _ step: UncertainBand.Traits, _ band: UncertainBand) -> FitRule {
    FitRule(
      limit: limit, startsAt: startsAt, inputs: 0, band: band, step: step,
      packing: Packing(
        AxisSizes(Configuration(shape: .init(width: 64, depth: 1, mlpWidth: 128, heads: 1, patch: 16), batch: 1)),
        query: 0, recomputed: 0,
        TPUFigures(matrixUnits: 1, matrixUnitSize: 128, lanes: 128, sublanes: 8, linkBandwidth: 1, coresPerChip: 1)))
  }

  @Test func everyRegimeAppliesSomewhereAndTheNarrowestTraitWins() {
    func peak(_ step: UncertainBand.Traits) -> UncertainBand.Regime { UncertainBand.regime(of: .livePeak, step) }
    func floor(_ step: UncertainBand.Traits, gradients: Bool = false, deep: Bool = false) -> UncertainBand.Regime {
      UncertainBand.regime(of: .floor(isGradients: gradients, isDeep: deep), step)
    }
    #expect(peak(traits()) == .livePeak)
    #expect(peak(traits(contested: true)) == .contested)
    #expect(peak(traits(odd: true)) == .livePeak)
    #expect(floor(traits()) == .activationFloor)
    #expect(floor(traits(), deep: true) == .deepFloor)
    #expect(floor(traits(), gradients: true, deep: true) == .gradientFloor)
    #expect(floor(traits(contested: true), gradients: true) == .contested)
    #expect(floor(traits(contested: true)) == .activationFloor)
    #expect(floor(traits(odd: true), gradients: true) == .oddHeadFloor)
    for quantity in [UncertainBand.Quantity.livePeak, .floor(isGradients: true, isDeep: false)] {
      #expect(UncertainBand.regime(of: quantity, traits(narrow: true, odd: true, contested: true)) == .narrowMLP)
      #expect(UncertainBand.regime(of: quantity, traits(scheduled: true, narrow: true)) == .recomputedBlocks)
    }
  }

  /// Each range by its own name, so that none stands for another.
  @Test(arguments: UncertainBand.Regime.allCases)
  func aRegimeReadsAndWritesItsOwnRange(regime: UncertainBand.Regime) {
    var band = UncertainBand.none
    band[regime] = 0.5...2
    #expect(band != .none)
    #expect(UncertainBand.Regime.allCases.filter { band[$0] == 0.5...2 } == [regime])
    #expect(!regime.evidence.isEmpty)
  }

  @Test func aVerdictWithinTheRangeIsUncertain() {
    var band = UncertainBand.none
    band[.livePeak] = 0.9...1.1
    let own = rule(limit: 1000, startsAt: 950, traits(), band)
    #expect(own.verdict(peak: 909) == .fits)
    #expect(own.verdict(peak: 1000) == .uncertain)
    #expect(own.verdict(peak: 1112) == .doesNotFit)
    #expect(rule(limit: 1000, startsAt: 950, traits(narrow: true), band).verdict(peak: 1000) == .fits)
  }

  @Test func whatIsShownNeverContradictsTheTotal() {
    let rule = rule(limit: 1000, startsAt: 950, traits(), .none)
    func shown(_ verdict: Verdict, _ total: Int, _ caveat: Caveat? = nil) -> Verdict {
      rule.shown(verdict, total: total, rematerializes: true, caveat: caveat).verdict
    }
    #expect(shown(.fits, 1000) == .fits && shown(.doesNotFit, 1001) == .doesNotFit)
    #expect(shown(.fits, 1001) == .uncertain && shown(.doesNotFit, 1000) == .uncertain)
    #expect(shown(.fits, 10, .longSequences) == .uncertain)
    #expect(rule.shown(.fits, total: 1001, rematerializes: true, caveat: nil).caveat == .withinModelError)
    #expect(rule.shown(.fits, total: 10, rematerializes: true, caveat: .longSequences).caveat == .longSequences)
  }

  /// If the limit leaves rematerialization no target, no evidence shows what the compiler does.
  @Test func whatFitsBeyondTheModelIsUncertain() {
    let rule = rule(limit: 1000, startsAt: 0, traits(), .none)
    #expect(rule.shown(.fits, total: 10, rematerializes: true, caveat: nil).verdict == .uncertain)
    #expect(rule.shown(.fits, total: 10, rematerializes: false, caveat: nil).verdict == .fits)
    #expect(rule.shown(.doesNotFit, total: 1001, rematerializes: true, caveat: nil).verdict == .doesNotFit)
  }
}
