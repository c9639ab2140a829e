import ArgumentParser

/// `shapefinder shapes`.
struct ShapesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shapes",
    abstract: "Lists the named shapes, or shows one.",
    discussion: """
      A name is a variant and a patch: ViT-G/14. ViT- may be left out, and any variant takes any patch. Names are \
      case-sensitive. Parameters and GFLOPs are counted from the training step; the published ones stand beside them.

      Examples:

        shapefinder shapes
        shapefinder shapes show ViT-So400m/14
        shapefinder shapes --format csv
      """,
    subcommands: [ShapesListCommand.self, ShapesShowCommand.self], defaultSubcommand: ShapesListCommand.self)
}
