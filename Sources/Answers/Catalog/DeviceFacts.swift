import Catalog
import Reporting
import VisionTransformer

extension DevicesReport.Row {
  package init(_ file: DeviceFile) {
    self.init(file.device, sources: file.figures.map { Source(key: $0.key.rawValue, source: $0.source) })
  }
}

extension Facts {
  /// The facts shown about a device of the catalog.
  package init(_ file: DeviceFile) { self.init(Self.facts(file)) }

  // The value is on its label's line, with its source below.
  private static func facts(_ file: DeviceFile) -> [(label: String, text: String)] {
    let names = file.aliases.isEmpty ? [] : [(label: "also", text: file.aliases.joined(separator: ", "))]
    return names
      + file.figures.flatMap { figure -> [(label: String, text: String)] in
        // A count of bytes is easier to read with a unit.
        let bytes = Int(figure.value).map { $0 >= 1 << 20 ? " = \(Bytes($0))" : "" } ?? ""
        let words = figure.key.words.map { " (\($0))" } ?? ""
        return [(figure.key.rawValue, figure.value + bytes + words), ("", figure.source)]
      }
  }
}

extension DeviceFile.Key {
  /// What a value refers to, if its name alone does not say so.
  fileprivate var words: String? {
    switch self {
    case .coresPerChip: "programs of one core or one chip each, on a chip whose links they share"
    case .programCores: "cores that run one program together"
    case .writtenSoftmax: "where the compiler keeps the softmax beside the logits, by bytes of logits to queries"
    case .writtenGradient: "where it writes the gradient of the logits, by the same"
    case .writtenProducts: "where it keeps queries, keys, values and logits before scaling as they come"
    case .copiedImages: "images from which it keeps a bfloat16 copy of them until the end"
    case .commonMemory: "beside the device's own, in which the compiler keeps whole arrays"
    case .alignment: "bytes that the compiler rounds every array up to; 512 without it"
    case .vectorMemory: "in which the compiler keeps whole arrays from one instruction to the next"
    case .unit: "what one program runs on; every figure is of it"
    case .slices: "what the number in the name of a slice counts"
    default: nil
    }
  }
}
