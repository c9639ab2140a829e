import Answers
import ArgumentParser
import Evidence
import Foundation

/// `--shard` and `--output`, for every command that works through a grid.
struct ShardOptions: ParsableArguments {
  @Option("Part of the grid: 3/8, auto, auto/8.", "i/n", transform: part)
  var shard: Shard?
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("NDJSON to write instead of a store.", valueName: "path"),
    completion: .file())
  var output: String?

  /// Whether nothing was given.
  var isEmpty: Bool { shard == nil && output == nil }

  /// The file for the results; nil if they go to the store, or nowhere.
  func path(_ kind: SweepKind, grid: String?, _ storage: StoreOptions, noStore: Bool = false) -> String? {
    guard output != nil || (shard != nil && storage.given == nil && !noStore) else { return nil }
    return ShardFolder.path(kind, grid: grid, shard, output: output)
  }

  /// Checks that one thing is asked for.
  func check(isGrid: Bool, isFrontier: Bool = false, _ storage: StoreOptions, noStore: Bool) throws {
    if !isEmpty { try Self.check(isGrid: isGrid, isFrontier: isFrontier) }
    if output != nil, noStore || storage.given != nil {
      throw ValidationError("--output takes the place of a store: leave out --store and --no-store")
    }
  }

  /// Checks that what is asked can be dealt out.
  static func check(isGrid: Bool, isFrontier: Bool = false) throws {
    if isFrontier {
      throw ValidationError(
        "--frontier asks next what the answers before leave open, which tasks do not know of each other: compile the grid "
          + "without --frontier, or without --shard and --output")
    }
    if !isGrid {
      throw ValidationError(
        "--shard and --output are for a grid: name one, or give axes; a file of --configurations is dealt out by its lines, "
          + "as `split --number=l/3/8` does")
    }
  }
}

@Sendable private func part(_ text: String) throws -> Shard {
  do { return try Shard(parsing: text, variable: { name in getenv(name).map { String(cString: $0) } }) } catch {
    throw ValidationError(error.message ?? "")
  }
}
