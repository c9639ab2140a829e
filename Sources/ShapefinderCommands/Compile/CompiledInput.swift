import Catalog
import Compilation
import Estimation
import Evidence
import Reporting
import VisionTransformer

extension CompiledReport.Input {
  /// What may be said of evidence, beside the estimate for the same configuration.
  init(_ evidence: CompiledEvidence, _ estimates: inout Estimators) {
    let report = evidence.report, schedule = report.compiled?.schedule
    self.init(
      title: evidence.question.title, result: evidence.result, device: evidence.question.device.name,
      verdict: evidence.verdict, memory: evidence.memory, stepSeconds: evidence.stepSeconds,
      provenance: evidence.provenance, compileSeconds: report.seconds, programHash: report.programHash)
    rematerialization.startsAt = report.log.rematerializationLimit
    rematerialization.peakAfter = report.log.peakAfter
    rematerialization.floorReached = report.log.peakAfter != nil && report.log.floorReached
    rematerialization.count = schedule?.rematerializedCount ?? report.log.rematerializedInstructions
    rematerialization.kinds = (schedule?.rematerialized ?? []).map {
      CompiledReport.Rematerialization.Kind(name: $0.primitive, count: $0.count)
    }
    rematerialization.cycles = schedule?.rematerializedCycles
    self.schedule = schedule.map { schedule in
      CompiledReport.Schedule(
        cycles: schedule.cycles, instructions: schedule.instructions, collectives: schedule.collectives,
        collectiveBytes: schedule.collectiveBytes,
        parts: schedule.parts.map {
          CompiledReport.Part(phase: $0.place.phase.rawValue, primitive: $0.place.primitive, cycles: $0.cycles)
        })
    }
    peak = schedule.map { schedule in
      CompiledReport.Peak(
        place: schedule.peak.place.text, temporaries: schedule.peak.temporaries, unpadded: schedule.peak.unpadded,
        buffers: schedule.peak.groups.map {
          CompiledReport.Buffers(
            count: $0.count, shape: $0.shape, place: $0.place.text, bytes: $0.bytes, padding: $0.padding)
        })
    }
    if peak == nil, let largest = report.outOfMemory?.largest, !largest.isEmpty {
      peak = CompiledReport.Peak(
        place: "the peak", temporaries: largest.reduce(.zero) { $0 + $1.bytes },
        unpadded: largest.reduce(.zero) { $0 + ($1.unpadded ?? $1.bytes) },
        buffers: largest.map {
          CompiledReport.Buffers(
            count: 1, shape: $0.shape,
            place: OperationPlace(operationName: $0.operationName, opcode: $0.instruction).text, bytes: $0.bytes,
            padding: $0.bytes - ($0.unpadded ?? $0.bytes))
        })
    }
    guard let configuration = evidence.result?.configuration,
      let estimator = try? estimates.estimator(for: configuration)
    else { return }
    let estimate = estimator.estimate(configuration)
    self.estimate = estimator.result(estimate, for: configuration)
    estimatedRematerialization =
      CheckReport.Input(estimate, result: estimator.result(estimate, for: configuration), device: estimator.device)
      .rematerialization
  }
}

extension OperationPlace {
  /// `forward contract`.
  var text: String { phase == .unknown ? primitive : "\(phase.rawValue) \(primitive)" }
}
