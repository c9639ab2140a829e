import ArgumentParser
import Catalog
import Reporting
import VisionTransformer

/// `shapefinder devices show`.
struct DevicesShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows one device with the source of every value.",
    discussion: """
      Examples:

        shapefinder devices show tpu-v3
        shapefinder devices show tpu-v5e --format json
      """)

  @Argument(help: ArgumentHelp("Name, such as tpu-v3.", valueName: "name"), completion: .deviceNames)
  var name: String
  @OptionGroup var catalog: CatalogOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let catalog = try catalog.load()
    let file: DeviceFile
    do {
      if let note = try catalog.reading(ofDevice: name).note { remark(note) }
      file = try catalog.deviceFile(named: name)
    } catch {
      throw CommandError.usage("\(error)")
    }
    try output.write([DevicesReport.Row(file)], DevicesReport.listing, answer: .single) { terminal in
      Facts(Self.facts(file)).text(title: "\(file.name): \(file.device.summary)", terminal: terminal)
    }
  }

  // The value on its label's line, its source below.
  private static func facts(_ file: DeviceFile) -> [(label: String, text: String)] {
    let names = file.aliases.isEmpty ? [] : [(label: "also", text: file.aliases.joined(separator: ", "))]
    return names
      + file.figures.flatMap { figure -> [(label: String, text: String)] in
        // A count of bytes reads better with its unit.
        let bytes = Int(figure.value).map { $0 >= 1 << 20 ? " = \(Bytes($0))" : "" } ?? ""
        let words = figure.key.words.map { " (\($0))" } ?? ""
        return [(figure.key.rawValue, figure.value + bytes + words), ("", figure.source)]
      }
  }
}

extension DeviceFile.Key {
  /// What a value is of, where its name alone leaves that open.
  fileprivate var words: String? {
    switch self {
    case .coresPerChip: "programs of one core or one chip each, on a chip whose links they share"
    case .programCores: "cores that run one program together"
    case .unit: "what one program runs on; every figure is of it"
    case .slices: "what the number in the name of a slice counts"
    default: nil
    }
  }
}
