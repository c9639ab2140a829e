import Answers
import ArgumentParser
import Compilation

/// `shapefinder plugin list`.
struct PluginListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the plugins that can be installed, and where the installed ones are.",
    discussion: """
      Examples:

        shapefinder plugin list
        shapefinder plugin list --format json
      """)

  @OptionGroup var output: OutputOptions

  func run() throws {
    let rows = PluginRow.all(PluginDirectory.standard)
    try output.write(rows, PluginRow.listing)
    if rows.allSatisfy({ $0.path == nil }) {
      remark("none is installed; `shapefinder plugin install tpu` installs the first")
    }
  }
}
