import VisionTransformer

/// Words of other programs, and what to tell users who try them.
package enum ForeignWords {
  /// Subcommands under other verbs.
  package static let verbs = [
    "fit": "check", "fits": "check", "estimate": "check", "memory": "check", "shape": "shapes", "device": "devices",
    "grid": "grids", "run": "runs", "search": "enumerate", "plot": "map", "draw": "map",
    "bench": "benchmark", "optimizer": "optimizers", "train": "measure", "time": "measure", "install": "plugin",
    "list": "shapes", "ls": "shapes", "diff": "compare", "vs": "compare", "choose": "select", "pick": "select",
    "pareto": "select", "enum": "enumerate", "version": "--version",
  ]

  /// Options under other names.
  package static let options = [
    "batch-size": "--batch", "bs": "--batch", "b": "--batch", "per-device-batch-size": "--batch",
    "per-device-train-batch-size": "--batch", "micro-batch-size": "--batch",
    "global-batch-size": "--batch, the images of one core or chip", "img-size": "--image-size",
    "input-size": "--image-size", "crop-size": "--image-size", "size": "--image-size", "res": "--image-size",
    "resolution": "--image-size", "num-classes": "--classes", "patch-size": "--patch", "num-heads": "--heads",
    "num-attention-heads": "--heads", "n-heads": "--heads", "nheads": "--heads",
    "head-dim": "--heads, by which --width is divided", "hidden-size": "--width", "embed-dim": "--width",
    "hidden-dim": "--width", "dim": "--width", "d-model": "--width",
    "num-layers": "--depth", "num-hidden-layers": "--depth", "n-layers": "--depth", "nlayers": "--depth",
    "blocks": "--depth", "mlp-dim": "--mlp-width", "mlp-ratio": "--mlp-width, in units and not as a ratio",
    "intermediate-size": "--mlp-width", "dtype": "--precision", "bf16": "--precision bfloat16",
    "bfloat16": "--precision bfloat16", "float32": "--precision float32",
    "amp": "--precision bfloat16", "mixed-precision": "--precision bfloat16", "fp32": "--precision float32",
    "opt": "--optimizer", "optim": "--optimizer", "adam": "--optimizer adam", "adamw": "--optimizer adam",
    "pool": "--head", "pooling": "--head", "global-pool": "--head", "tpu": "--device", "accelerator": "--device",
    "accelerator-type": "--device", "hardware": "--device", "tpu-type": "--device", "remat": "--rematerialization",
    "checkpointing": "--rematerialization full", "grad-checkpointing": "--rematerialization full",
    "gradient-checkpointing": "--rematerialization full", "grad-ckpt": "--rematerialization full",
    "activation-checkpointing": "--rematerialization full", "use-checkpoint": "--rematerialization full",
    "recompute": "--rematerialization full", "clip-grad": "--gradient-clipping global-norm",
    "grad-clip": "--gradient-clipping global-norm", "grad-clip-norm": "--gradient-clipping global-norm",
    "clip-grad-norm": "--gradient-clipping global-norm", "max-grad-norm": "--gradient-clipping global-norm",
    "scan": "--layers scanned", "scan-layers": "--layers scanned",
    "num-train-epochs": "--epochs, of check, compare and select",
    "memory": "--memory-limit", "hbm": "--memory-limit", "cores": "--data-parallel", "chips": "--data-parallel",
    "dp": "--data-parallel", "ddp": "--data-parallel", "world-size": "--data-parallel",
    "num-devices": "--data-parallel",
    "replicas": "--data-parallel", "num-cores": "--data-parallel", "n-devices": "--data-parallel",
    "mem": "--memory-limit", "json": "--format json", "csv": "--format csv", "image": "--image-size",
    "mlp": "--mlp-width", "limit-memory": "--memory-limit", "model": "a shape as an argument",
    "shape": "a shape as an argument", "arch": "a shape as an argument",
  ]

  /// Options of a training run that affect neither what a step keeps nor how long it takes.
  package static let ofTraining: Set<String> = [
    "lr", "learning-rate", "base-lr", "blr", "min-lr", "lr-scheduler", "sched", "scheduler", "layer-decay", "epochs",
    "start-epoch", "steps", "max-steps", "train-steps", "total-steps", "weight-decay", "wd",
    "momentum", "seed", "dropout", "drop", "drop-path", "drop-path-rate", "warmup", "warmup-steps", "warmup-epochs",
    "schedule",
    "dataset", "data", "data-path", "data-dir", "beta1", "beta2", "betas", "eps", "opt-eps", "label-smoothing",
    "smoothing", "mixup", "cutmix", "aa", "reprob", "augment", "workers", "num-workers", "prefetch", "resume",
    "pretrained", "log-interval", "eval-interval",
  ]

  /// Features that no step here has, by the options that request them.
  package static let notModelled: [(words: Set<String>, text: String)] = [
    (
      [
        "fsdp", "zero", "zero1", "zero2", "zero3", "zero-1", "zero-2", "zero-3", "zero-stage", "deepspeed", "shard",
        "sharding", "shard-params", "shard-optimizer",
      ],
      "not modelled: every core holds all parameters and all of the optimizer's state, and --data-parallel says how many "
        + "share the gradients' sum"
    ),
    (
      [
        "tensor-parallel", "tensor-parallelism", "tensor-parallel-size", "tp", "tp-size", "model-parallel",
        "model-parallelism", "mp", "pipeline-parallel", "pipeline-parallelism", "pp", "pp-size", "sequence-parallel",
        "sp", "context-parallel", "cp", "expert-parallel", "ep", "mesh", "mesh-shape",
      ],
      "not modelled: every core or chip runs the whole model on images of its own"
    ),
    (
      [
        "accum", "accum-steps", "accum-iter", "accum-freq", "grad-accum", "grad-accum-steps", "grad-accumulation",
        "gradient-accumulation", "gradient-accumulation-steps", "accumulation-steps", "microbatches",
      ],
      "not modelled: --batch is what a core holds at once"
    ),
    (
      ["ema", "model-ema", "ema-decay", "use-ema", "polyak"],
      "not modelled: a moving average takes as many bytes as the parameters, beside what is shown"
    ),
    (
      ["lora", "lora-rank", "freeze", "frozen", "freeze-backbone", "linear-probe"],
      "not modelled: all parameters are trained"
    ),
    (
      ["offload", "cpu-offload", "offload-optimizer", "activation-offload"],
      "not modelled: everything stays in the device's memory"
    ),
    (
      ["flash", "flash-attn", "flash-attention", "flash-attention-2", "sdpa", "xformers", "attn", "attention"],
      "not modelled: attention is what the compiler makes of plain products and a softmax"
    ),
    (["fp16", "float16", "half"], "not modelled: --precision bfloat16 keeps as many bytes"),
    (["fp8", "int8", "int4", "quantize", "quantization", "8bit"], "not modelled: --precision is bfloat16 or float32"),
    (
      ["gpu", "gpus", "num-gpus", "cuda", "nproc-per-node", "ngpu"],
      "there is no GPU model yet: --device is a TPU or cpu"
    ),
    (
      ["registers", "reg-tokens", "num-registers", "num-register-tokens"],
      "not modelled: tokens are the patches, and a class token with --head token"
    ),
    (
      ["swiglu", "glu", "rope", "moe", "num-experts", "window-size", "layerscale", "layer-scale"],
      "not modelled: blocks are plain, as in the paper"
    ),
  ]
}

// MARK: - What is said of them

extension ForeignWords {
  /// What to say of an option that no subcommand has; nil where nothing is known of it.
  package static func remark(onOption option: String) -> String? {
    guard option.utf8.count <= 64 else { return nil }
    let name = option.drop { $0 == "-" }.prefix { $0 != "=" }
    let word = String(name.map { $0 == "_" ? "-" : $0 }).lowercased()
    if let own = options[word] { return "here it is \(own)" }
    if let found = notModelled.first(where: { $0.words.contains(word) }) { return found.text }
    guard ofTraining.contains(word) else { return nil }
    return "it changes neither the memory of a step nor its time, so there is no such option"
      + (word == "momentum" ? "; whether there is momentum is --optimizer sgd-momentum" : "")
  }

  /// Whether an option that the parser has found near is written much like what was typed, or a longer form of it.
  package static func isNear(_ option: String, to typed: String) -> Bool {
    let name = String(option.drop { $0 == "-" }), word = String(typed.drop { $0 == "-" }.prefix { $0 != "=" })
    guard word.count >= 2, name.count >= 2 else { return false }
    return name.hasPrefix(word) || word.hasPrefix(name) || !closeNames(to: word, among: [name]).isEmpty
  }
}

extension ForeignWords {
  /// The argument parser's message, with what is known about an unknown option in place of the parser's guess, which may
  /// be far away.
  package static func remarked(_ message: String) -> String {
    let start = "Error: Unknown option '"
    guard message.hasPrefix(start), let end = message.dropFirst(start.count).firstIndex(of: "'") else {
      return message
    }
    let option = String(message[message.index(message.startIndex, offsetBy: start.count)..<end])
    let quoted = message.index(after: end)
    let line = message[quoted...].prefix { $0 != "\n" }
    let rest = message[line.endIndex...]
    if let known = remark(onOption: option) { return message[..<quoted] + ": " + known + rest }
    let guess = line.split(separator: "'").dropFirst().first.map(String.init)
    guard let guess, !isNear(guess, to: option) else { return message }
    return String(message[..<quoted]) + rest
  }
}
