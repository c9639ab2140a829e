/// Accelerators that people ask about but that no model covers, by their usual names.
///
/// The closest spelling to "gpu" would be "cpu"; a known name gets an answer that says there is no model for it.
enum UnmodelledDevice: CaseIterable {
  case gpu, neural

  /// Whole words that name such a device.
  private var words: Set<String> {
    switch self {
    case .gpu:
      [
        "gpu", "gpus", "cuda", "nvidia", "geforce", "tesla", "quadro", "titan", "dgx", "hgx", "amd", "radeon",
        "instinct",
        "rocm", "hip", "mps", "metal", "xpu", "arc", "ampere", "hopper", "blackwell", "ada", "volta", "turing",
        "pascal",
        "rtx", "gtx",
      ]
    case .neural:
      [
        "npu", "hpu", "ipu", "trainium", "inferentia", "gaudi", "graphcore", "cerebras", "ascend", "groq", "ironwood",
        "tpu7x", "v7x",
      ]
    }
  }

  /// Chips: letters with the ranges of numbers that follow them.
  private var chips: [String: [ClosedRange<Int>]] {
    switch self {
    case .gpu:
      [
        "a": [2...2, 10...10, 16...16, 30...30, 40...40, 100...100, 800...800, 2000...6000],
        "h": [20...20, 100...200, 800...800],
        "b": [100...300], "gb": [200...300], "gh": [200...200], "v": [100...100], "p": [4...4, 40...40, 100...100],
        "t": [4...4], "k": [40...40, 80...80], "m": [1...5, 40...60], "l": [2...4, 20...20, 40...40],
        "mi": [8...500], "rtx": [1000...9999], "gtx": [600...1999], "rx": [400...9999],
        "": [1030...1080, 1600...1660, 2050...2080, 3050...3090, 4050...4090, 5050...5090],
      ]
    case .neural: ["trn": [1...9], "inf": [1...9], "gaudi": [1...9], "": [910...910]]
    }
  }

  /// Endings that a number may have: variants of a chip, and its form factors.
  private static let endings: Set<String> = [
    "", "s", "g", "x", "a", "b", "ti", "super", "d", "gb", "xt", "xtx", "m", "e", "n",
  ]

  /// `there is no GPU model yet: must be one of cpu, tpu-v2, ...`.
  func rule(known: [String]) -> String {
    "there is no \(self == .gpu ? "GPU model" : "model of such an accelerator") yet: must be one of "
      + known.joined(separator: ", ")
  }

  /// What a name asks for; nil if it is not a known accelerator.
  static func kind(of name: String) -> UnmodelledDevice? {
    guard name.utf8.count <= 64 else { return nil }
    let parts = name.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    return allCases.first { kind in parts.contains { kind.isNamed(String($0)) } }
  }

  private func isNamed(_ part: String) -> Bool {
    if words.contains(part) { return true }
    // `8xa100` and `a100x8` mean eight of them.
    var body = part[...]
    let count = body.prefix { $0.isNumber }
    if !count.isEmpty, body.dropFirst(count.count).first == "x", body.count > count.count + 1 {
      body = body.dropFirst(count.count + 1)
    }
    let letters = body.prefix { !$0.isNumber }
    let digits = body.dropFirst(letters.count).prefix { $0.isNumber }
    let ending = body.dropFirst(letters.count + digits.count)
    guard let number = Int(digits), let ranges = chips[String(letters)], ranges.contains(where: { $0.contains(number) })
    else { return false }
    return Self.endings.contains(String(ending))
      || (ending.first == "x" && ending.dropFirst().allSatisfy { $0.isNumber })
  }
}
