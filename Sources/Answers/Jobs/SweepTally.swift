import VisionTransformer

/// Counts of a sweep's outcomes.
package struct SweepTally: Sendable, Hashable {
  /// The work on a configuration.
  package enum Work: Sendable, Hashable {
    case compile, trial
  }

  /// The work.
  package let work: Work
  /// Counts of each outcome, including answers from the store.
  package internal(set) var fits = 0, doesNotFit = 0, uncertain = 0, failed = 0, refused = 0
  /// How many failures were the machine's, so that the same again may succeed.
  package internal(set) var mayPass = 0
  /// Counts of answers from the store, of disturbed trials, and of repeated ones.
  package internal(set) var known = 0, disturbed = 0, repeated = 0

  /// Whether it is a part of a grid, in which nothing needs to fit.
  package internal(set) var isPart = false

  /// Zero counts.
  package init(_ work: Work) { self.work = work }

  /// The number of all of them.
  package var count: Int { fits + doesNotFit + uncertain + failed + refused }

  mutating func count(_ verdict: Verdict) {
    switch verdict {
    case .fits: fits += 1
    case .doesNotFit: doesNotFit += 1
    case .uncertain: uncertain += 1
    }
  }

  /// `12 configurations: 9 fit, 3 do not fit; 2 known already`.
  package var summary: String {
    var text = "\(counted(count, "configuration")): \(counted(fits, "fits", many: "fit"))"
    if doesNotFit > 0 { text += ", \(counted(doesNotFit, "does not fit", many: "do not fit"))" }
    if uncertain > 0 { text += ", \(counted(uncertain, "is uncertain", many: "are uncertain"))" }
    if failed > 0 { text += ", \(grouped(failed)) failed" }
    if known > 0 { text += "; \(grouped(known)) known already" }
    if repeated > 0 { text += "; \(grouped(repeated)) measured more than once" }
    if disturbed > 0 {
      text += "; \(grouped(disturbed)) disturbed (slow reference loop, or most steps held up)"
    }
    return text
  }

  /// Throws the outcome of a sweep after everything has been reported: bad data if a configuration cannot be compiled
  /// or measured; a failure if a compile or a trial failed, to be tried again if that was the machine's; `nothingFits` if
  /// nothing may fit.
  package func check() throws(AnswerError) {
    let (one, again, done) = work == .compile ? ("compile", "compiles", "compiled") : ("trial", "measures", "measured")
    if refused > 0 {
      throw AnswerError(.badData, "\(grouped(refused)) of \(counted(count, "configuration")) cannot be \(done)")
    }
    if mayPass > 0 {
      throw AnswerError(
        .tryAgain,
        "\(grouped(mayPass)) of \(counted(count, one)) failed for want of memory or by a signal; the same command \(again) "
          + "them again"
          + (failed > mayPass ? ", and \(grouped(failed - mayPass)) others only with --retry-failed" : ""))
    }
    if failed > 0 {
      throw AnswerError(
        .failure, "\(grouped(failed)) of \(counted(count, one)) failed; --retry-failed \(again) them again")
    }
    if fits == 0, uncertain == 0, !isPart { throw .nothingFits }
  }
}
