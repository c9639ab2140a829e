import VisionTransformer

extension Head {
  /// The head's name in a sentence.
  public var title: String {
    switch self {
    case .token: "class token"
    case .gap: "GAP head"
    case .map: "MAP head"
    }
  }
}

extension Optimizer {
  /// The optimizer's name in a sentence.
  public var title: String {
    switch self {
    case .sgd: "SGD without momentum"
    case .sgdMomentum: "SGD with momentum"
    case .adam: "Adam"
    case .adamHalf: "half-precision Adam"
    case .adafactor: "Adafactor"
    }
  }
}

extension Configuration {
  /// Name of the shape, or its numbers.
  public var title: String { shapeName ?? shape.description }

  /// Every value except the classes that differs from the field's default, on one line; images are those of one core or
  /// chip, and a measurement is a step on a host.
  func summary(on device: Device?, isMeasured: Bool = false) -> String {
    var parts = [
      "\(counted(tokens, "token")) of \(imageSize) px images",
      "\(images(batch)) \(isMeasured ? "a step" : device.perUnit)", head.title, optimizer.title,
      // A host always runs float32.
      (device?.isHost == true ? Precision.float32 : precision).rawValue,
    ]
    if gradientClipping == .globalNorm { parts.append("global-norm clipping") }
    switch rematerialization {
    case .automatic: break
    case .none: parts.append("no rematerialization")
    case .full: parts.append("every block rematerialized")
    }
    if layers == .scanned, device?.isHost != true { parts.append("scanned layers") }
    return parts.joined(separator: ", ")
  }
}

extension Device? {
  /// `a core`, `a chip`: what a batch and a rate refer to; a core if the device is unknown.
  var perUnit: String { self.map(\.perUnit) ?? "a core" }

  /// `images/s a core`, `images/s`: the unit of a rate.
  var speedUnit: String { self.map(\.speedUnit) ?? "images/s a core" }
}

extension Provenance {
  /// The basis of a verdict: `libtpu 0.0.17.1`, the host, or the source.
  func basis(_ evidence: EvidenceKind) -> String {
    switch evidence {
    case .estimated: evidence.rawValue + (speaksFor.map { "; " + $0 } ?? "")
    case .compiled: evidence.rawValue + "; " + (speaksFor ?? "\(source) \(version)")
    case .measured: evidence.rawValue + (host.map { " on " + $0 } ?? "; \(source) \(version)")
    }
  }
}

/// `14.10 of 15.48 GiB`, or both units if they differ.
func ratio(_ part: Bytes, of whole: Bytes) -> String {
  let a = part.description.split(separator: " "), b = whole.description.split(separator: " ")
  return a.last == b.last ? "\(a.first ?? "") of \(whole)" : "\(part) of \(whole)"
}

/// `46.4 %`; empty if the whole is zero.
func percent(_ part: Bytes, of whole: Bytes) -> String {
  guard whole.count > 0 else { return "" }
  return percent(Double(part.count) / Double(whole.count))
}

/// `46.4 %`; with a sign, `+46.4 %`.
package func percent(_ fraction: Double, digits: Int = 1, signed: Bool = false) -> String {
  (signed && fraction >= 0 ? "+" : "") + fixed(fraction * 100, digits: digits) + " %"
}

/// `+1.4 %`: a relative difference; from ten times on, the factor.
func relative(_ fraction: Double) -> String {
  guard fraction < 9 else { return fraction < 1e15 ? "\(grouped(Int((fraction + 1).rounded()))) times" : "–" }
  return (fraction < 0 ? "" : "+") + percent(fraction)
}

/// `text` in lines of at most `width` columns, broken at blanks; a longer word is not broken.
package func wrap(_ text: String, width: Int) -> [String] {
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ", omittingEmptySubsequences: true) {
    if !line.isEmpty, line.count + 1 + word.count > width {
      lines.append(line)
      line = ""
    }
    line += (line.isEmpty ? "" : " ") + word
  }
  return lines + (line.isEmpty ? [] : [line])
}
