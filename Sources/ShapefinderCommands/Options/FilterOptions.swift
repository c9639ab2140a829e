import Answers
import ArgumentParser
import Selection
import VisionTransformer

extension Verdict: ExpressibleByArgument {}

/// Which results to return, in which order and how many, for a grid that is enumerated or a stored run.
struct FilterOptions: ParsableArguments {
  @Flag(help: "Only what fits, or what --verdict names.")
  var fits = false
  @Option(help: ArgumentHelp("Only this verdict; may be repeated.", valueName: "verdict"))
  var verdict: [Verdict] = []
  @Option(
    name: [.customLong("min-parameter-count"), .customLong("min-parameters")], parsing: .unconditional,
    help: ArgumentHelp("Fewest parameters: 300M, 1e9.", valueName: "n"), transform: magnitude)
  var minParameterCount: Double?
  @Option(
    name: [.customLong("max-parameter-count"), .customLong("max-parameters")], parsing: .unconditional,
    help: ArgumentHelp("Most parameters.", valueName: "n"), transform: magnitude)
  var maxParameterCount: Double?
  @Option("Least depth.", "n", visibility: .hidden, transform: magnitude)
  var minDepth: Double?
  @Option("Most depth.", "n", visibility: .hidden, transform: magnitude)
  var maxDepth: Double?
  @Option("Least width.", "n", visibility: .hidden, transform: magnitude)
  var minWidth: Double?
  @Option("Most width.", "n", visibility: .hidden, transform: magnitude)
  var maxWidth: Double?
  @Option("Least total bytes, such as 12GiB.", "bytes", visibility: .hidden, transform: size)
  var minTotal: Bytes?
  @Option("Most total bytes, such as 12GiB.", "bytes", transform: size)
  var maxTotal: Bytes?
  @Option("Fewest images a second on one core.", "n", transform: magnitude)
  var minImagesPerSecond: Double?
  @Option("Most images a second on one core.", "n", visibility: .hidden, transform: magnitude)
  var maxImagesPerSecond: Double?
  @Option("Order, least first; with a minus, as in --sort=-depth, largest first.", "key")
  var sort: SortKey?
  @Flag(help: ArgumentHelp("Largest first.", visibility: .hidden))
  var descending = false
  @Option(
    name: [.customShort("n"), .long], parsing: .unconditional, help: ArgumentHelp("Most results.", valueName: "n"),
    transform: atLeastOne)
  var limit: Int?

  /// The filter as a plain value.
  var filter: ResultFilter {
    ResultFilter(
      ends: [
        (.parameterCount, minParameterCount, maxParameterCount), (.depth, minDepth, maxDepth),
        (.width, minWidth, maxWidth),
        (.total, minTotal.map { Double($0.count) }, maxTotal.map { Double($0.count) }),
        (.imagesPerSecond, minImagesPerSecond, maxImagesPerSecond),
      ], verdicts: Set(verdict + (fits ? [.fits] : [])),
      order: sort.map { ($0.quantity, descending != $0.isDescending) }, limit: limit)
  }

  func validate() throws {
    if descending, sort == nil { throw ValidationError("--descending needs --sort KEY") }
    if descending, sort?.isDescending == true {
      throw ValidationError("--descending and a minus before the key: give one")
    }
  }
}

/// A key to sort by; a minus before it puts the largest first.
struct SortKey: ExpressibleByArgument {
  var quantity: EstimateQuantity
  var isDescending: Bool

  init?(argument: String) {
    isDescending = argument.hasPrefix("-")
    guard let quantity = EstimateQuantity(named: isDescending ? String(argument.dropFirst()) : argument) else {
      return nil
    }
    self.quantity = quantity
  }

  static var allValueStrings: [String] { EstimateQuantity.allCases.map(\.rawValue) }
}

/// An option's number, which may be large: `1.5e9`, `300M`, `1,000`.
@Sendable func magnitude(_ text: String) throws -> Double {
  try valid { () throws(WrittenError) in try Double(magnitude: text) }
}

/// A whole number of at least 1.
@Sendable func atLeastOne(_ text: String) throws -> Int {
  let value = try wholeNumber(text)
  guard value >= 1 else { throw ValidationError("must be at least 1") }
  return value
}
