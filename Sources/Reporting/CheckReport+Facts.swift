import Selection
import VisionTransformer

extension CheckReport {
  /// The facts below the table: batch, time, peak, rematerialization, code, notes.
  static func facts(_ input: Input, terminal: Terminal) -> [Styled] {
    let result = input.result
    var facts: [(label: String, text: String)] = []
    if let compiled = input.compiled { facts.append(("compiled", text(compiled, input.device))) }
    if let caveat = input.caveat, input.verdict == .uncertain { facts.append(("caveat", caveat)) }
    if let room = input.room {
      facts.append(("largest batch", text(room, input.device) + (against(room, input) ?? "")))
    }
    facts.append(("time", time(input)))
    if let training = input.training { facts += self.facts(training, of: input) }
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
    var notes: [String] = []
    for note in [result.configuration.droppedPixelsNote].compactMap(\.self) + result.provenance.notes + input.notes
    where note != input.caveat && note != limitNote(input) && !notes.contains(note) { notes.append(note) }
    for (index, note) in notes.enumerated() {
      facts.append((index > 0 ? "" : notes.count == 1 ? "note" : "notes", note))
    }
    return Facts(facts).lines(for: terminal)
  }

  /// The note on a limit above the device's own. It is separate from other notes, because the verdict depends on it.
  static func limitNote(_ input: Input) -> String? {
    input.device?.limitNote(input.result.configuration.memoryLimit)
  }

  /// What the shape's name implied, and the assumed defaults that matter most; nil if all of them were given.
  static func assumed(_ input: Input) -> String? {
    let configuration = input.result.configuration
    let words: [(key: Configuration.Key, text: String)] = [
      (.batch, "\(images(configuration.batch)) \(input.device.perUnit)"), (.head, configuration.head.title),
      (.classes, "\(grouped(configuration.classes)) classes"), (.optimizer, configuration.optimizer.title),
    ]
    let taken = words.filter { input.assumed.contains($0.key) }.map(\.text)
    let defaults = taken.isEmpty ? nil : "by default \(taken.joined(separator: ", ")): see `shapefinder check --help`"
    var brought: [String] = []
    if input.named?.keys.contains(.imageSize) == true { brought.append("\(configuration.imageSize) px") }
    if input.named?.keys.contains(.head) == true { brought.append(configuration.head.title) }
    guard let named = input.named, !brought.isEmpty else { return defaults }
    let name = "by its name (\(named.family)) " + brought.joined(separator: ", ")
    return name + (defaults.map { "; " + $0 } ?? "")
  }

  private static func time(_ input: Input) -> String {
    let flops = "\(fixed(input.result.flopsPerImage.giga, digits: 1)) GFLOPs an image forward"
    return speed(input.result, input.device).map { $0 + ", " + flops } ?? flops
  }

  /// `345 ms a step, 23.2 images/s a core`; nil if the time is unknown.
  private static func speed(_ result: StepResult, _ device: Device?) -> String? {
    result.stepSeconds.map { step in
      "\(step) a step" + (result.imagesPerSecond.map { ", \(fixed($0, digits: 1)) \(device.speedUnit)" } ?? "")
    }
  }

  /// A compiler's answer, apart from the headline.
  private static func text(_ compiled: StepResult, _ device: Device?) -> String {
    var parts: [String] = []
    if let peak = compiled.memory.livePeak { parts.append("live peak \(peak)") }
    if let speed = speed(compiled, device) { parts.append(speed) }
    if let time = compiled.provenance.time { parts.append("asked \(time)") }
    return ([parts.joined(separator: ", ")] + compiled.provenance.notes).filter { !$0.isEmpty }.joined(separator: "; ")
  }

  /// The command that settles it, on its own line so that it can be copied whole.
  static func text(_ settling: Settling, terminal: Terminal) -> [Styled] {
    var title = "To settle it"
    if let seconds = settling.seconds {
      title += ", \(settling.isTypical ? "typically" : "on this machine") about \(rounded(seconds))"
    }
    let before = settling.preparation.map { [Styled("  " + $0)] } ?? []
    return wrap(title + ":", width: terminal.columns).map { Styled($0, .bold) } + before + [
      Styled("  " + settling.command)
    ]
  }

  /// `25 s`, `4 min`, without more digits than an estimate deserves.
  private static func rounded(_ seconds: Seconds) -> String {
    let value = max(1, seconds.value)
    guard value < 99.5 else { return "\(fixed((value / 60).rounded(), digits: 0)) min" }
    return "\(fixed(value < 20 ? value.rounded() : (value / 5).rounded() * 5, digits: 0)) s"
  }

  private static func recomputation(_ remat: Rematerialization, step: Seconds?) -> String {
    let reached = max(remat.startsAt, remat.floor)
    var text = "the compiler recomputes \(remat.recomputed) to bring the live peak down to \(reached)"
    if let cost = remat.cost, cost.value > 0 {
      text += ", \(cost) a step"
      if let step, step.value > 0 { text += " (\(percent(cost.value / step.value)))" }
    }
    return text
      + (remat.floor > remat.startsAt
        ? ", the least it can reach" + (remat.startsAt > .zero ? "; it aims at \(remat.startsAt)" : "")
        : "; the least it could reach is \(remat.floor)")
  }

  /// The largest batch, smaller batches that do not fit, and larger ones that may.
  static func text(_ room: Room, _ device: Device? = nil) -> String {
    var text: String
    switch room.largest {
    case nil: text = "no batch surely fits"
    case 0?: text = room.mayFit == nil ? "none: not even one image \(device.perUnit) fits" : "none surely fits"
    case let batch?:
      text = "\(grouped(batch)) image\(batch == 1 ? "" : "s") \(device.perUnit)"
      if batch == Configuration.Limits.batch { text += " or more: no more can be asked for" }
      if !room.gaps.isEmpty {
        let listed = room.gaps.suffix(3).map(range).joined(separator: ", ")
        text += "; below it, \(room.gaps.count > 3 ? "among others " : "")\(listed) may not fit"
      }
    }
    if let window = room.mayFit, room.largest ?? 0 == 0, window.upperBound == Room.lanes {
      text += "; \(range(window)) and perhaps more are uncertain"
    } else if let window = room.mayFit {
      text += "; \(range(window)) \(window.count == 1 ? "is" : "are") uncertain"
      if room.othersMayFit { text += ", and others above" }
    }
    if let most = room.sampledAbove {
      text += "; above \(grouped(most)) only multiples of \(Room.lanes) were tried, and no gap below was looked for"
    }
    return text
  }

  /// A remark if a compiler contradicts the estimated line above for this very batch.
  private static func against(_ room: Room, _ input: Input) -> String? {
    guard let compiled = input.compiled, let largest = room.largest else { return nil }
    let batch = compiled.configuration.batch
    let isEstimatedToFit = batch <= largest && !room.gaps.contains { $0.contains(batch) }
    let images = "\(grouped(batch)) image\(batch == 1 ? "" : "s") \(input.device.perUnit)"
    switch compiled.verdict {
    case .fits where !isEstimatedToFit: return "; this is estimated: the compiler fits \(images)"
    case .doesNotFit where isEstimatedToFit: return "; this is estimated: the compiler does not fit \(images)"
    default: return nil
    }
  }

  private static func range(_ numbers: ClosedRange<Int>) -> String {
    numbers.count == 1
      ? grouped(numbers.lowerBound) : "\(grouped(numbers.lowerBound)) to \(grouped(numbers.upperBound))"
  }

  /// The table of changes: all if the shape fits, otherwise those that make it fit.
  static func changes(_ input: Input, terminal: Terminal) -> [Styled] {
    let listing = Listing<FitChange>.changes
    var table = listing.table()
    if input.result.verdict == .fits {
      table.rows = input.changes.map(listing.cells)
      return [Styled("What would save memory", .bold)] + table.lines(for: terminal)
    }
    var shown = input.changes.filter { $0.verdict == .fits }
    let title =
      shown.isEmpty
      ? "No change, and no three of them together, makes it fit; of single changes this comes closest"
      : "What would make it fit"
    if shown.isEmpty { shown = input.changes.min { $0.total < $1.total }.map { [$0] } ?? [] }
    table.rows = shown.map(listing.cells)
    var lines = wrap(title, width: terminal.columns).map { Styled($0, .bold) } + table.lines(for: terminal)
    let rest = input.changes.filter { change in !shown.contains(change) }.map { change in
      "\(change.description) (\(Bytes.zero - change.bytesSaved))"
    }
    if !rest.isEmpty {
      lines += wrap("Alone these do not surely suffice: " + rest.joined(separator: "; ") + ".", width: terminal.columns)
        .map {
          Styled($0)
        }
    }
    return lines
  }
}
