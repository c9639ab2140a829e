import Evidence
import VisionTransformer

extension AllocationTable {
  /// Reads a line without its log prefix.
  mutating func take(_ line: some StringProtocol) {
    let text = line.drop { $0 == " " }
    if text.hasPrefix("Total hbm usage") { return section = .total }
    if text.hasPrefix("Program hbm requirement") { return section = .program }
    if text.hasPrefix("Total ") || text.hasPrefix("Program ") { return section = .other }
    func size(_ name: String) -> Bytes? {
      text.hasPrefix(name) ? LogSize.read(text.dropFirst(name.count).drop { $0 == " " }) : nil
    }
    switch section {
    case .other: return
    case .total:
      reserved = size("reserved") ?? reserved
      program = size("program") ?? program
      arguments = size("arguments") ?? arguments
    case .program:
      scoped = size("scoped") ?? scoped
      overlays = size("overlays") ?? overlays
      guard let bytes = size("HLO temp") else { return }
      temporaries = bytes
      unpadded = LogSize.read(after: "Unpadded (", in: text)
      padded = LogSize.read(after: " Padded (", in: text)
      fragmentation = LogSize.read(after: "fragmentation (", in: text)
    }
  }
}
