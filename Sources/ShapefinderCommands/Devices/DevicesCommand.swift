import ArgumentParser

/// `shapefinder devices`.
struct DevicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices",
    abstract: "Lists the devices, or shows one with the source of every value.",
    discussion: """
      Examples:

        shapefinder devices
        shapefinder devices show tpu-v3
        shapefinder devices --format json
      """,
    subcommands: [DevicesListCommand.self, DevicesShowCommand.self], defaultSubcommand: DevicesListCommand.self)
}
