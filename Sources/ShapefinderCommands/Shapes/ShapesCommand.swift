import ArgumentParser

/// `shapefinder shapes`.
struct ShapesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shapes",
    abstract: "Lists the named shapes, or shows one.",
    discussion: """
      A name is a variant and a patch: ViT-G/14; ViT- may be left out, and any variant can be asked with any patch. Upper \
      and lower case differ. Parameters and GFLOPs are counted on the training step, the printed ones stand beside them.

      Examples:

        shapefinder shapes
        shapefinder shapes show ViT-So400m/14
        shapefinder shapes --format csv
      """,
    subcommands: [ShapesListCommand.self, ShapesShowCommand.self], defaultSubcommand: ShapesListCommand.self)
}
