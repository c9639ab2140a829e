import Answers
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
      Facts(file).text(title: "\(file.name): \(file.device.summary)", terminal: terminal)
    }
  }
}
