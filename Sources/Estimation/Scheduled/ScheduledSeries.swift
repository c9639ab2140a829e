import Dispatch
import Synchronization
import TrainingStep
import VisionTransformer

/// Steps of one block shape at any depth that are scheduled as XLA:TPU does it, where no closed form is known: blocks that
/// are recomputed, unrolled, of one image or few tokens, or under descent.
///
/// Each depth is scheduled on its own, because the order is not periodic in it: gradients are combined in the order of
/// their blocks' names, in which block 10 follows block 1. It takes about a tenth of a millisecond a block.
final class ScheduledSeries: Sendable {
  private let template: @Sendable (Int) -> StepTemplate
  private let sizes: AxisSizes
  private let alignment: Int
  private let key: UInt64

  /// The most blocks that are scheduled; deeper steps are *uncertain*.
  static let mostBlocks = 128

  /// Whether a step is of this class.
  static func covers(_ structure: StepStructure, _ sizes: AxisSizes) -> Bool {
    structure.layers == .unrolled && structure.recomputesBlocks
      && (structure.optimizer.isDescent || sizes[.batch] == 1 || 2 * sizes[.batch] * sizes[.tokens] < sizes[.width])
  }

  /// The series of a model; nil for steps that have a closed form.
  init?(_ model: borrowing StepModel, _ sizes: AxisSizes, _ tpu: borrowing TPUFigures) {
    let structure = model.structure, regime = model.regime
    guard Self.covers(structure, sizes) else { return nil }
    self.sizes = sizes
    alignment = tpu.alignment
    key = StepModel.key(structure, regime)
    // A copy of a single image for the gradient of the convolution is kept from the forward pass where that has up to eight
    // patches in a row; otherwise the forward pass reads another layout. Source: graphs of libtpu 0.0.17.1, of 7 to 32 patches.
    let keepsImages = sizes[.imageRows] <= 8 * sizes[.patchRows]
    template = { depth in
      StepTemplate.of(structure, regime, depth: min(depth, StepTemplate.mostBlocks), keepsImages: keepsImages)
    }
  }

  /// The peak of a step of `depth` blocks.
  func peak(_ depth: Int) -> ScheduledPeak {
    let key = PeakKey(model: key, sizes: sizes, depth: depth, alignment: alignment)
    if let peak = Self.known.withLock({ $0[key] }) { return peak }
    let peak = step(depth).peak()
    Self.known.withLock { peaks in
      if peaks.count >= Self.mostKnown { peaks.removeAll() }
      peaks[key] = peak
    }
    return peak
  }

  /// Computes the peaks at some depths on all cores, for `peak` to find.
  func prepare(_ depths: [Int]) {
    let covered = depths.filter { $0 <= Self.mostBlocks }
    // The deepest first, which take longest.
    DispatchQueue.concurrentPerform(iterations: covered.count) { _ = peak(covered[covered.count - 1 - $0]) }
  }

  private struct PeakKey: Hashable {
    var model: UInt64
    var sizes: AxisSizes
    var depth: Int
    var alignment: Int
  }

  // No fitted constant is part of a peak, so that whoever tries constants asks for the same ones again and again.
  private static let known = Mutex<[PeakKey: ScheduledPeak]>([:])
  private static let mostKnown = 1 << 14

  /// The step of `depth` blocks.
  func step(_ depth: Int) -> ScheduledStep {
    ScheduledStep(template(depth), depth: depth, sizes: sizes, alignment: alignment)
  }
}

extension StepTemplate {
  /// Blocks of the largest template: the first, the last, and one between them.
  static let mostBlocks = 3

  private struct Key: Hashable {
    var structure: StepStructure
    var regime: XLARegime
    var depth: Int
    var keepsImages: Bool
  }

  private static let kept = Mutex<[Key: StepTemplate]>([:])
  private static let mostKept = 64

  /// The template of a structure in a regime; those asked for are kept.
  static func of(_ structure: StepStructure, _ regime: XLARegime, depth: Int, keepsImages: Bool) -> StepTemplate {
    let key = Key(structure: structure, regime: regime, depth: depth, keepsImages: keepsImages)
    if let known = kept.withLock({ $0[key] }) { return known }
    let program: Program
    // The tests build every structure.
    do { program = try TrainingStep(structure, depth: depth).program } catch { preconditionFailure("\(error)") }
    let made = StepTemplate(
      program, depth: depth, policy: XLASavePolicy(structure: structure, regime: regime), keepsImages: keepsImages)
    kept.withLock { templates in
      if templates.count >= mostKept { templates.removeAll() }
      templates[key] = made
    }
    return made
  }
}

/// The peak of a scheduled step as the one instant where the peak can be.
struct ScheduledCandidate: PeakCandidates {
  let peak: ScheduledPeak

  var includesReductions: Bool { true }

  func candidate(_ index: Int) -> PeakCandidate {
    var candidate = PeakCandidate(
      instant: peak.instant, live: LinearBytes(constant: peak.live), headGradients: 0, applied: 0,
      inPlace: max(0, peak.live - peak.allocated))
    candidate.activations.constant = peak.activations
    candidate.gradients.constant = peak.gradients
    candidate.padding.constant = peak.padding
    return candidate
  }

  func unshared(_ depth: Int) -> Int { peak.allocated }

  /// No less than gradients and what the forward pass left. Where there is no room even for that, how much is recomputed
  /// does not matter: it was 0 to 3 % of the live peak in five compiled steps.
  func floor(_ depth: Int, room: Int) -> Int {
    let least = peak.gradients + peak.kept
    return least <= room ? least : peak.live
  }
}
