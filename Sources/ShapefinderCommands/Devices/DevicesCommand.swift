import ArgumentParser

/// `shapefinder devices`.
struct DevicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices",
    abstract: "Lists the devices, shows one with the source of every value, or measures this machine.",
    discussion: """
      Examples:

        shapefinder devices
        shapefinder devices show tpu-v3
        shapefinder devices --format json
        shapefinder devices probe
      """,
    subcommands: [DevicesListCommand.self, DevicesShowCommand.self, DevicesProbeCommand.self],
    defaultSubcommand: DevicesListCommand.self)
}
