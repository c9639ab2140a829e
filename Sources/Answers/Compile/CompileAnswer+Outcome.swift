import Evidence

extension CompileAnswer {
  /// The evidence.
  ///
  /// - Throws: `AnswerError` if the compiler rejects the question or the compile failed.
  package func found() throws(AnswerError) -> CompiledEvidence {
    switch outcome {
    case .evidence(let evidence): return evidence
    case .refused(let error): throw AnswerError(error)
    case .failed(let reason):
      let known = isNew ? "" : " (the store knows that from before; --retry-failed compiles it again)"
      throw AnswerError(mayPass ? .tryAgain : .failure, "\(title): \(reason)\(known)")
    }
  }

  /// What is to be said of where the answer comes from.
  ///
  /// - Parameter memoryOnly: whether the compile was to stop once the memory is known.
  package func remark(memoryOnly: Bool) -> String? {
    guard let evidence else { return nil }
    if !isNew { return "known from \(evidence.provenance.time ?? "before"); --again compiles it once more" }
    return memoryOnly && evidence.report.isComplete
      ? "the compiler's log did not tell the memory before the compile's end: this is a full compile" : nil
  }
}
