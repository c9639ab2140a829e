import Foundation
import Testing

/// Common names of shapes, devices, optimizers, options and verbs, given to the program.
@Suite final class NamesTests {
  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  /// Options, keys of the result, and what the remark says.
  @Test(arguments: [
    (["ViT-B/16", "--optimizer", "adamw"], ["optimizer": "adam"], "decoupled weight decay takes no memory"),
    (
      ["ViT-B/16", "--optimizer", "LAMB"], ["optimizer": "adam", "gradientClipping": "global-norm"],
      "its moments are Adam's"
    ),
    (["ViT-B/16", "--optimizer", "momentum"], ["optimizer": "sgd-momentum"], "is understood as sgd-momentum"),
    (["ViT-B/16", "--precision", "fp32"], ["precision": "float32"], "fp32 is understood as float32"),
    (["ViT-B/16", "--device", "v5litepod-8"], ["device": "tpu-v5e"], "data parallel over 8"),
    (["ViT-B/16", "--device", "TPU v3"], ["device": "tpu-v3"], ""),
    (["vit_large_patch16_384"], ["shape": "ViT-L/16"], "after timm"),
    (["ViT-L/14@336px"], ["shape": "ViT-L/14"], "at 336 px"),
    (["google/vit-base-patch16-224"], ["shape": "ViT-B/16"], "after Hugging Face"),
  ])
  func aNameIsTakenAndSaid(_ options: [String], _ keys: [String: String], _ remark: String) throws {
    let answer = try program.run(["check"] + options + ["--format", "ndjson"])
    #expect(answer.status == 0)
    #expect(remark.isEmpty ? answer.errors.isEmpty : answer.errors.contains(remark), "\(answer.errors)")
    let result = try answer.lines()[0]
    for (key, value) in keys { #expect(result[key] as? String == value) }
  }

  @Test func optionsWinOverWhatANameBrings() throws {
    let answer = try program.run(
      "check", "ViT-L/14@336px", "--image-size", "224", "--device", "v4-64", "--data-parallel", "4", "--optimizer",
      "lamb",
      "--gradient-clipping", "none", "--format", "ndjson")
    let result = try answer.lines()[0]
    #expect(result["imageSize"] as? Int == 224 && result["dataParallel"] as? Int == 4)
    #expect(result["gradientClipping"] as? String == "none" && result["device"] as? String == "tpu-v4")
  }

  /// A remark is made once, however many questions have the name.
  @Test func manyQuestionsHaveOneRemark() throws {
    let line = #"{"shape": "vit_base_patch16_224", "optimizer": "adamw", "device": "v3-8"}"#
    let answer = try program.run(
      "check", "--configurations", "-", "--format", "ndjson",
      input: String(repeating: line + "\n", count: 5))
    #expect(try answer.lines().count == 5)
    #expect(
      try answer.lines().allSatisfy { $0["shape"] as? String == "ViT-B/16" && $0["optimizer"] as? String == "adam" })
    #expect(answer.errors.components(separatedBy: "adamw is understood as adam").count == 2)
    #expect(answer.errors.components(separatedBy: "v3-8 is understood as").count == 2)
  }

  /// A command line, and what the error must say.
  @Test(arguments: [
    (["chekc", "ViT-B/16"], #"did you mean "check"?"#), (["help", "chekc"], #"did you mean "check"?"#),
    (["fit", "ViT-B/16"], #"did you mean "check"?"#),
    (["plot", "figure8"], #"did you mean "map"?"#), (["train", "ViT-B/16"], #"did you mean "measure"?"#),
    (["check", "ViT-B/16", "--lr", "1e-3"], "it changes neither the memory of a step nor its time"),
    (["check", "ViT-B/16", "--batch-size", "8"], "'--batch-size': here it is --batch"),
    (["check", "ViT-B/16", "--img_size=224"], "here it is --image-size"),
    (["check", "ViT-B/16", "--momentum", "0.9"], "--optimizer sgd-momentum"),
    (["check", "ViT-B/16", "--optimizer", "adafcator"], #"did you mean "adafactor"?"#),
    (["check", "ViT-B/16", "--optimizer", "lion"], "Lion keeps one moment a parameter"),
    (["check", "ViT-B/16", "--precision", "fp16"], "float16 has another range"),
    (["check", "ViT-B/16", "--device", "gpu"], "there is no GPU model yet"),
    (["check", "ViT-B/16", "--device", "v4-7"], #"did you mean "v4-8"?"#),
    (["check", "vit_giant_patch14_dinov2"], "gated MLP"), (["check", "R50+ViT-B_16"], "is a hybrid"),
    (["check", "ViT-B/16", "--fsdp"], "'--fsdp': not modelled: every core holds all parameters"),
    (["check", "ViT-B/16", "--zero=3"], "not modelled: every core holds all parameters"),
    (["check", "ViT-B/16", "--tensor-parallel", "2"], "not modelled: every core or chip runs the whole model"),
    (["check", "ViT-B/16", "--tp", "2"], "not modelled: every core or chip runs the whole model"),
    (["check", "ViT-B/16", "--bs", "8"], "here it is --batch"),
    (["check", "ViT-B/16", "-b", "8"], "here it is --batch"),
    (["check", "ViT-B/16", "--amp"], "here it is --precision bfloat16"),
    (["check", "ViT-B/16", "--grad-checkpointing"], "here it is --rematerialization full"),
    (["check", "ViT-B/16", "--remat", "full"], "here it is --rematerialization"),
    (["optimizers", "ViT-B/16", "--epochs", "3"], "it changes neither the memory of a step nor its time"),
    (["check", "ViT-B/16", "--accum_steps", "4"], "not modelled: --batch is what a core holds at once"),
    (["measure", "ViT-B/16", "--gpus", "4"], "there is no GPU model yet"),
    (["check", "ViT-B/16", "--optimiser", "adam"], "Did you mean '--optimizer'?"),
  ])
  func aStrangerIsToldWhatIsMeant(_ arguments: [String], _ part: String) throws {
    let answer = try program.run(arguments, environment: ["COLUMNS": "300"])
    #expect(answer.status == 64 && answer.output == "")
    #expect(answer.errors.hasPrefix("error: ") && answer.errors.contains(part), "\(answer.errors)")
  }

  /// The parser's own guess is any option within a few edits, which of a short word is most of them.
  @Test(arguments: ["--fsdq", "--zen", "--pq", "--frob"]) func aFarWordIsNotSuggested(_ option: String) throws {
    let answer = try program.run("check", "ViT-B/16", option)
    #expect(answer.status == 64 && answer.errors.hasPrefix("error: Unknown option '\(option)'\n"), "\(answer.errors)")
  }

  /// The line of defaults shows what the name determined, in place of an option.
  @Test(arguments: [
    (
      ["facebook/dinov2-large"],
      "by its name (DINOv2) 518 px, class token; by default 8 images a core, 29,593 classes"
    ),
    (
      ["facebook/dinov2-large", "--head", "gap"],
      "by its name (DINOv2) 518 px; by default 8 images a core, 29,593"
    ),
    (["vit_medium_patch16_gap_256"], "by its name (timm) 256 px, GAP head; by default 8 images a core, 29,593"),
    (
      ["facebook/dinov2-large", "--head", "map", "--image-size", "224"],
      "\nby default 8 images a core, 29,593 classes, Ada"
    ),
    (["ViT-G/14"], "\nby default 8 images a core, MAP head, 29,593 classes, Adafactor: see"),
    (["vitl16"], "\nby default 8 images a core, MAP head, 29,593 classes, Adafactor: see"),
  ])
  func theLineOfDefaultsShowsWhatTheNameDetermined(_ arguments: [String], _ part: String) throws {
    let answer = try program.run(["check"] + arguments, environment: ["COLUMNS": "200"])
    #expect(answer.output.contains(part), "\(answer.output)")
  }

  /// A core or a chip in the first line, and the same in what follows.
  @Test(arguments: [
    ("tpu-v3", "a tpu-v3 core", "a core"), ("tpu-v4", "a tpu-v4 chip (2 cores, megacore)", "a chip"),
    ("tpu-v4-core", "a tpu-v4-core", "a core"), ("tpu-v5p", "a tpu-v5p chip (2 cores, megacore)", "a chip"),
    ("v6e", "a tpu-v6e chip", "a chip"),
  ])
  func everyHeadlineSaysCoreOrChip(_ device: String, _ place: String, _ unit: String) throws {
    let wide = ["COLUMNS": "300"]
    let check = try program.run(["check", "ViT-B/16", "--device", device], environment: wide).output
    #expect(check.hasPrefix("ViT-B/16 fits \(place): "), "\(check)")
    #expect(check.contains("8 images \(unit)") && check.contains("images/s \(unit)"))
    let other = unit == "a chip" ? "a core" : "a chip"
    #expect(!check.contains("images \(other)") && !check.contains("images/s \(other)"))
    let map = try program.run(["map", "small", "--device", device], environment: wide).output
    #expect(map.hasPrefix("small on \(place): ") && map.contains("images/s \(unit)"), "\(map)")
    let optimizers = try program.run(["optimizers", "ViT-B/16", "--device", device], environment: wide).output
    #expect(optimizers.hasPrefix("ViT-B/16 on \(place), 8 images \(unit)"), "\(optimizers)")
  }

  @Test func aTPUv4IsTheChipThatIsBooked() throws {
    let chip = try program.run("check", "ViT-B/16", "--device", "tpu-v4").output
    let core = try program.run("check", "ViT-B/16", "--device", "tpu-v4-core").output
    #expect(chip.contains(" of 30.75 GiB") && core.contains(" of 15.25 GiB"))
  }

  @Test func descentSaysWhetherItHasMomentum() throws {
    let plain = try program.run("check", "ViT-B/16", "--optimizer", "sgd", "--format", "ndjson").lines()[0]
    let moving = try program.run("check", "ViT-B/16", "--optimizer", "sgd-momentum", "--format", "ndjson").lines()[0]
    func bytes(_ result: [String: Any], _ key: String) -> Int {
      (result["memory"] as? [String: Any])?[key] as? Int ?? -1
    }
    #expect(bytes(plain, "optimizerState") == 0 && bytes(moving, "optimizerState") == bytes(moving, "parameters"))
    #expect(moving["verdict"] as? String == "fits")
    let text = try program.run("check", "ViT-B/16", "--optimizer", "sgd").output.replacing("\n", with: " ")
    #expect(text.contains("SGD without momentum"))
  }

  @Test func listsKnowTheNamesToo() throws {
    #expect(try program.run("shapes", "show", "ViT-L-14").output.hasPrefix("ViT-L/14"))
    #expect(try program.run("devices", "show", "v5litepod").output.hasPrefix("tpu-v5e"))
    #expect(try program.run("grids", "show", "fig8").output.hasPrefix("figure8"))
  }

  /// Evidence of another catalog keeps the names that it came with, also those of other libraries.
  @Test func importedNamesStayAsTheyAre() throws {
    let own = try program.run("check", "ViT-L/16", "--format", "ndjson").output
    let line = own.replacing(#""shape":"ViT-L/16""#, with: #""shape":"vit_huge_patch14_224""#)
    #expect(line != own)
    try line.write(toFile: program.path("own.ndjson"), atomically: true, encoding: .utf8)
    let imported = try program.run("runs", "import", program.path("own.ndjson"), "--store", program.path("i.sqlite"))
    #expect(imported.status == 0, "\(imported.errors)")
    let exported = try program.run("runs", "export", "1", "--store", program.path("i.sqlite"), "--format", "ndjson")
    // What `check` adds to a result is not kept.
    #expect(line.hasPrefix(exported.output.dropLast("}\n".count)), "\(exported.errors)")
  }

  /// What is stored has the contract's own words, and is found by others.
  @Test func theStoreHasTheContractsWords() throws {
    let stored = try program.run(
      "check", "vit_base_patch16_224", "--optimizer", "momentum", "--device", "v4-8", "--store",
      program.path("s.sqlite"))
    #expect(stored.status == 0, "\(stored.errors)")
    let row = try program.sqlite("s.sqlite", "SELECT name, device, optimizer FROM results")
    #expect(row == "ViT-B/16|tpu-v4|sgd-momentum")
  }
}
