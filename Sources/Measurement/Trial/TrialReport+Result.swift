import Evidence
import TrainingStep
import VisionTransformer
import WorkerProcess

extension TrialOutcome {
  /// Version of the measurement: any change that makes steps faster or smaller, or times them differently, needs a new
  /// one.
  public static let version = "4"
  /// Name of the measurement in the provenance of its evidence.
  public static let source = "shapefinder measurement"

  /// The evidence of steps that ran.
  ///
  /// - Parameters:
  ///   - request: the request to the worker.
  ///   - provenance: the origin, with the time.
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
  /// What evidence of this worker is valid for: `AMD EPYC, 2 threads, AVX-512, oneDNN 2.6.3`.
  public func speaksFor(threads: Int) -> String {
    // OpenBLAS lists its build options after its version.
    let library = library.split(separator: " ").prefix(2).joined(separator: " ")
    return "\(processor), \(counted(threads, "thread")), \(instructions), \(library)"
  }
}

extension TrialReport {
  /// Notes on the measurement for readers of the evidence.
  var notes: [String] {
    var notes: [String] = []
    if let disturbance { notes.append("disturbed: " + disturbance) }
    if let repetitions {
      notes.append("measured \(counted(repetitions.count, "time")); the least disturbed trial is kept")
    }
    return notes
  }
}
