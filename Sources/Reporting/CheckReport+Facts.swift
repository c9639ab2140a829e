import VisionTransformer

extension CheckReport {
  /// What is to be said beside the table: batch, time, peak, rematerialization, code, notes.
  static func facts(_ input: Input, terminal: Terminal) -> [Styled] {
    let result = input.result
    var facts: [(label: String, text: String)] = []
    if let caveat = input.caveat { facts.append(("caveat", caveat)) }
    switch input.largestBatch {
    case nil: break
    case 0?: facts.append(("largest batch", "none: not even one image a core fits"))
    case let batch?: facts.append(("largest batch", "\(grouped(batch)) image\(batch == 1 ? "" : "s") a core"))
    }
    facts.append(("time", time(input)))
    if let peak = input.peak { facts.append(("peak", "at " + peak)) }
    if let remat = input.rematerialization {
      facts.append(("recomputation", recomputation(remat, step: result.stepSeconds)))
    }
    if let code = result.memory.code, code > .zero {
      facts.append(("code", "\(code) of program, beside the total"))
    }
    if let padding = result.memory.paddingWaste, padding > .zero {
      let whole = result.memory.total
      facts.append(("padding", "\(padding) of the parts are tile padding (\(percent(padding, of: whole)))"))
    }
    if result.evidence == .estimated, result.verdict == .fits, result.memory.total > result.memory.limit {
      facts.append(
        ("verdict", "of the live peak and the inputs alone; the total has what the allocation packs around them"))
    }
    var notes: [String] = []
    for note in [result.configuration.droppedPixelsNote].compactMap(\.self) + result.provenance.notes + input.notes
    where note != input.caveat && !notes.contains(note) { notes.append(note) }
    for (index, note) in notes.enumerated() {
      facts.append((index > 0 ? "" : notes.count == 1 ? "note" : "notes", note))
    }
    return Facts(facts).lines(for: terminal)
  }

  private static func time(_ input: Input) -> String {
    let flops = "\(fixed(input.result.flopsPerImage.giga, digits: 1)) GFLOPs an image forward"
    guard let step = input.result.stepSeconds else { return flops }
    let rate = input.result.imagesPerSecond.map { ", \(fixed($0, digits: 1)) images/s a core" } ?? ""
    return "\(step) a step\(rate), \(flops)" + (input.bound.map { "; bound by \($0)" } ?? "")
  }

  private static func recomputation(_ remat: Rematerialization, step: Seconds?) -> String {
    let reached = max(remat.startsAt, remat.floor)
    var text = "the compiler recomputes \(remat.recomputed) to bring the live peak down to \(reached)"
    if let cost = remat.cost {
      text += ", \(cost) a step"
      if let step, step.value > 0 { text += " (\(percent(cost.value / step.value)))" }
    }
    return text
      + (remat.floor > remat.startsAt
        ? ", the least it can reach" + (remat.startsAt > .zero ? "; it aims at \(remat.startsAt)" : "")
        : "; the least it could reach is \(remat.floor)")
  }

  /// The table of single changes.
  static func changes(_ input: Input, terminal: Terminal) -> [Styled] {
    let listing = Listing<FitChange>.changes
    var table = listing.table()
    table.rows = input.changes.map(listing.cells)
    let fits = input.result.verdict == .fits
    var lines = [Styled(fits ? "What would save memory" : "What would make it fit", .bold)]
    lines += table.lines(for: terminal)
    if !fits, !input.changes.contains(where: { $0.verdict == .fits }) {
      lines.append("No single change makes it fit.")
    }
    return lines
  }
}
