import ArgumentParser

/// `shapefinder runs cancel`.
struct RunsCancelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Cancels a sweep; a service that is running it stops within a second.",
    discussion: """
      What the sweep has stored is kept.

      Examples:

        shapefinder runs cancel 3
      """)

  @Argument(
    help: ArgumentHelp("Number of the sweep; see `shapefinder runs sweeps`.", valueName: "sweep"),
    transform: wholeNumber)
  var id: Int
  @OptionGroup var console: ConsoleOptions
  @OptionGroup var storage: StoreOptions

  func run() throws {
    let store = try storage.open(.readWrite)
    let sweep = try store.cancelSweep(id)
    try store.close()
    guard let sweep else { throw CommandError.usage("there is no sweep \(id); `shapefinder runs sweeps` lists them") }
    if sweep.status.isOver { throw CommandError.usage("sweep \(id) is over: it is \(sweep.status.rawValue)") }
    remark("cancelled sweep \(id), \(sweep.done) of \(sweep.total) were done")
  }
}
