import ArgumentParser
import VisionTransformer

/// The words of a command line up to the verb. The argument parser takes a word that is no subcommand for a stray argument and does
/// not say what there is.
enum CommandWords {
  /// The arguments as the parser reads them: `shapes ViT-B/16` is `shapes show ViT-B/16`.
  ///
  /// - Throws: `CommandError` for a word that is no subcommand, with the nearest.
  static func complete(_ arguments: [String]) throws -> [String] {
    if arguments == ["-V"] { return ["--version"] }
    var known = Self.subcommands(of: ShapefinderCommand.self)
    var path = ["shapefinder"]
    for (place, word) in arguments.enumerated() {
      guard !known.isEmpty, !word.hasPrefix("-"), word != "help" || place > 0 else { return arguments }
      if let next = known.first(where: { $0.name == word }) {
        known = Self.subcommands(of: next.type)
        path.append(word)
        continue
      }
      var names = known.map { $0.name }
      if place == 0 { names.append("help") }
      let close = near(word, among: names, isFirst: place == 0)
      if close.isEmpty, names.contains("show") {
        var completed = arguments
        completed.insert("show", at: place)
        return completed
      }
      let hint = close.isEmpty ? "; there are " + names.joined(separator: ", ") : didYouMean(close)
      let command = path.joined(separator: " ")
      throw CommandError.usage("\(LooseValue.string(word)) is not a subcommand of `\(command)`" + hint)
    }
    return arguments
  }

  /// What is known of the word elsewhere, else what is written much like it.
  private static func near(_ word: String, among names: [String], isFirst: Bool) -> [String] {
    if isFirst, word.utf8.count <= 16, let verb = verbs[word.lowercased()] { return [verb] }
    return closeNames(to: word, among: names)
  }

  /// A subcommand by its name.
  private struct Subcommand {
    var name: String
    var type: any ParsableCommand.Type
  }

  private static func subcommands(of type: any ParsableCommand.Type) -> [Subcommand] {
    var found: [Subcommand] = []
    for subcommand in type.configuration.subcommands {
      if let name = subcommand.configuration.commandName { found.append(Subcommand(name: name, type: subcommand)) }
    }
    return found
  }
}

// MARK: - Words of other programs

extension CommandWords {
  /// Subcommands by other verbs.
  private static let verbs = [
    "fit": "check", "fits": "check", "estimate": "check", "memory": "check", "shape": "shapes", "device": "devices",
    "grid": "grids", "run": "runs", "search": "enumerate", "sweep": "enumerate", "plot": "map", "draw": "map",
    "bench": "benchmark", "optimizer": "optimizers", "train": "measure", "time": "measure", "install": "plugin",
    "list": "shapes", "ls": "shapes", "compare": "optimizers", "enum": "enumerate", "version": "--version",
  ]

  /// Options by other names.
  private static let options = [
    "batch-size": "--batch", "bs": "--batch", "img-size": "--image-size", "input-size": "--image-size",
    "resolution": "--image-size", "num-classes": "--classes", "patch-size": "--patch", "num-heads": "--heads",
    "hidden-size": "--width", "embed-dim": "--width", "hidden-dim": "--width", "dim": "--width",
    "num-layers": "--depth", "num-hidden-layers": "--depth", "mlp-dim": "--mlp-width",
    "intermediate-size": "--mlp-width", "dtype": "--precision", "bf16": "--precision bfloat16",
    "amp": "--precision bfloat16", "mixed-precision": "--precision bfloat16", "fp32": "--precision float32",
    "opt": "--optimizer", "optim": "--optimizer", "pool": "--head", "pooling": "--head", "tpu": "--device",
    "accelerator": "--device", "remat": "--rematerialization", "checkpointing": "--rematerialization full",
    "grad-checkpointing": "--rematerialization full", "gradient-checkpointing": "--rematerialization full",
    "clip-grad": "--gradient-clipping", "grad-clip": "--gradient-clipping", "scan": "--layers scanned",
    "memory": "--memory-limit", "cores": "--data-parallel", "chips": "--data-parallel",
    "mem": "--memory-limit", "json": "--format json", "csv": "--format csv", "image": "--image-size",
    "mlp": "--mlp-width", "limit-memory": "--memory-limit", "model": "a shape as an argument",
    "shape": "a shape as an argument", "arch": "a shape as an argument",
  ]

  /// Options of a training run that change neither what a step keeps nor how long it takes.
  private static let ofTraining: Set<String> = [
    "lr", "learning-rate", "epochs", "steps", "weight-decay", "wd", "momentum", "seed", "dropout", "drop-path",
    "warmup",
    "warmup-steps", "schedule", "dataset", "data", "beta1", "beta2", "label-smoothing", "mixup",
  ]

  /// What to say of an option that no subcommand has; nil where nothing is known of it.
  static func remark(onOption option: String) -> String? {
    guard option.utf8.count <= 64 else { return nil }
    let name = option.drop { $0 == "-" }.prefix { $0 != "=" }
    let word = String(name.map { $0 == "_" ? "-" : $0 }).lowercased()
    if let own = options[word] { return "here it is \(own)" }
    guard ofTraining.contains(word) else { return nil }
    return "it changes neither the memory of a step nor its time, and so is not asked for"
      + (word == "momentum" ? "; whether there is momentum is --optimizer sgd-momentum" : "")
  }
}
