import Answers
import ArgumentParser

/// `shapefinder runs hosts`.
struct RunsHostsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hosts",
    abstract: "Compares the machines on which a store's measurements were made.",
    discussion: """
      A machine is its name with processor, threads, instructions and library. Each is held against the one with the most \
      configurations: the median ratio of speeds over those that both measured undisturbed, with the least and the most.

      Examples:

        shapefinder runs hosts --store shapes.sqlite
        shapefinder runs hosts --format csv
      """)

  @OptionGroup var output: OutputOptions
  @OptionGroup var storage: StoreOptions

  func run() throws {
    let store = try storage.open(.readOnly), rows = try HostComparison(store).rows
    try store.close()
    try output.write(rows, HostComparison.listing)
    if rows.isEmpty { remark("\(storage.path) has no measurements yet") }
  }
}
