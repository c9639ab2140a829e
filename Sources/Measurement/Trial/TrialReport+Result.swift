import Evidence
import TrainingStep
import VisionTransformer
import WorkerProcess

extension TrialOutcome {
  /// Version of what measures: a change that makes steps faster or smaller, or times them otherwise, is
  /// another one.
  public static let version = "4"
  /// What measures, in the provenance of its evidence.
  public static let source = "shapefinder measurement"

  /// The evidence of steps that ran.
  ///
  /// - Parameters:
  ///   - request: what was asked.
  ///   - provenance: where it comes from, with the time.
  public static func result(
    _ report: TrialReport, of request: TrialRequest, counts: StepCounts, provenance: Provenance
  ) -> StepResult {
    var provenance = provenance
    provenance.isDisturbed = report.isDisturbed
    provenance.notes += report.notes
    return result(.fits, report.parts, report.step.median, of: request, counts: counts, provenance: provenance)
  }

  /// The evidence of a step that needs more memory than it may have.
  public static func result(
    needed: Bytes, limit: Bytes, of request: TrialRequest, counts: StepCounts, provenance: Provenance
  ) -> StepResult {
    let memory = MemoryBreakdown(total: needed, limit: limit)
    return result(.doesNotFit, memory, nil, of: request, counts: counts, provenance: provenance)
  }

  private static func result(
    _ verdict: Verdict, _ memory: MemoryBreakdown, _ seconds: Seconds?, of request: TrialRequest, counts: StepCounts,
    provenance: Provenance
  ) -> StepResult {
    var provenance = provenance
    if let note = request.configuration.droppedPixelsNote { provenance.notes.append(note) }
    return StepResult(
      configuration: request.configuration, evidence: .measured, verdict: verdict, parameterCount: counts.parameters,
      memory: memory, flopsPerImage: counts.flopsPerImage, stepSeconds: seconds, provenance: provenance)
  }
}

extension WorkerDescription {
  /// What evidence of this worker speaks for: `AMD EPYC, 2 threads, AVX-512, oneDNN 2.6.3`.
  public func speaksFor(threads: Int) -> String {
    // OpenBLAS lists how it was built after its version.
    let library = library.split(separator: " ").prefix(2).joined(separator: " ")
    return "\(processor), \(counted(threads, "thread")), \(instructions), \(library)"
  }
}

extension TrialReport {
  /// What a reader of the evidence alone must know of how it was measured.
  var notes: [String] {
    var notes: [String] = []
    if let disturbance { notes.append("disturbed: " + disturbance) }
    if let repetitions {
      notes.append("measured \(counted(repetitions.count, "time")); the least disturbed trial is kept")
    }
    return notes
  }
}
