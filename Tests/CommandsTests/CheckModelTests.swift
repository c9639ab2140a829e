import Foundation
import Testing

/// `check` with typical input: a model's file, an accelerator without a model, a memory limit of another device.
@Suite final class CheckModelTests {
  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  private static let clip = """
    {"embed_dim": 768, "vision_cfg": {"image_size": 336, "layers": 24, "width": 1024, "patch_size": 14},
     "text_cfg": {"width": 768}}
    """

  @Test func anOpenCLIPModelIsChecked() throws {
    try program.write("ViT-L-14-336.json", Self.clip.utf8)
    let answer = try program.run("check", "ViT-L-14-336.json", "--batch", "4", "--format", "json")
    #expect(answer.status == 0, "\(answer.errors)")
    let result = try #require(try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any])
    #expect(result["shape"] as? String == "ViT-L/14" && result["imageSize"] as? Int == 336)
    #expect(result["head"] as? String == "token" && result["classes"] as? Int == 29_593 && result["batch"] as? Int == 4)
    #expect(answer.errors.contains("ViT-L-14-336.json: not used: embed_dim, text_cfg\n"))
    #expect(answer.errors.contains("ViT-L-14-336.json: it has no classifier: 29593 classes unless you give a number\n"))
    // The same question by name.
    let named = try program.run(
      "check", "ViT-L/14", "--image-size", "336", "--head", "token", "--batch", "4", "--format", "json")
    #expect(named.output == answer.output && named.errors.isEmpty)
  }

  @Test func aHuggingFaceModelIsCheckedAndItsOptionsOverrideTheFile() throws {
    try program.write(
      "config.json",
      #"{"model_type": "vit", "architectures": ["ViTForImageClassification"], "num_labels": 1000, "image_size": 384}"#
        .utf8)
    let answer = try program.run("check", "./config.json", environment: ["COLUMNS": "200"])
    #expect(answer.status == 0, "\(answer.errors)")
    #expect(answer.output.hasPrefix("ViT-B/16 fits a tpu-v3 core"))
    #expect(answer.output.contains("classifier of 1,000 classes), 577 tokens of 384 px images"))
    let changed = try program.run(
      "check", "config.json", "--image-size", "224", "--head", "gap", "--classes", "10", "--depth", "6", "--format",
      "json")
    let result = try #require(try JSONSerialization.jsonObject(with: Data(changed.output.utf8)) as? [String: Any])
    #expect(result["imageSize"] as? Int == 224 && result["head"] as? String == "gap" && result["classes"] as? Int == 10)
    #expect((result["shape"] as? [String: Any])?["depth"] as? Int == 6)
    // Other commands take it too.
    #expect(try program.run("optimizers", "config.json").output.contains("ViT-B/16"))
    let measured = try program.run("measure", "config.json", "--device", "tpu-v3", "--no-store")
    #expect(measured.status == 64 && measured.errors.contains("--device"))
  }

  @Test(arguments: [
    ("nowhere.json", "nowhere.json: cannot be read: there is no such file"),
    (".json", ".json: is not a file that can be read"),
    ("broken.json", "broken.json:1:15: is not JSON"), ("swin.json", "swin.json: model_type: \"swin\""),
  ]) func filesThatAreNoModel(file: String, message: String) throws {
    try FileManager.default.createDirectory(
      at: program.folder.appending(path: ".json"), withIntermediateDirectories: true)
    try program.write("broken.json", "{\"vision_cfg\":".utf8)
    try program.write("swin.json", "{\"model_type\": \"swin\"}".utf8)
    let answer = try program.run("check", file)
    #expect(answer.status == 65)
    #expect(answer.errors.hasPrefix("error: " + message), "\(answer.errors)")
    #expect(answer.output.isEmpty)
  }

  @Test(arguments: ["gpu", "a100", "A100-80GB", "h100", "rtx3090", "mi300x", "cuda"]) func aGPUIsToldPlainly(
    name: String
  ) throws {
    for command in ["check", "optimizers", "enumerate", "map"] {
      let subject = command == "enumerate" || command == "map" ? "small" : "ViT-B/16"
      let answer = try program.run(command, subject, "--device", name)
      #expect(answer.status == 64)
      #expect(answer.errors.hasPrefix("error: --device: \"\(name)\" "), "\(answer.errors)")
      #expect(answer.errors.contains("there is no GPU model yet: must be one of cpu, tpu-v2"))
      #expect(!answer.errors.contains("did you mean"))
    }
    let line = try program.run(
      "check", "--configurations", "-", input: "{\"shape\": \"ViT-B/16\", \"device\": \"\(name)\"}")
    #expect(line.status == 65 && line.output.contains("there is no GPU model yet"))
  }

  @Test func aLimitAboveTheDevicesOwnSaysWhatItMeans() throws {
    let core = try program.run("check", "ViT-B/16", "--memory-limit", "24GiB")
    #expect(core.status == 0)
    #expect(
      core.output.split(separator: "\n").dropFirst().first?.hasPrefix(
        "limit: a tpu-v3 core with 24 GiB; says nothing of a GPU") == true, "\(core.output)")
    let host = try program.run("check", "ViT-B/16", "--device", "cpu", "--memory-limit", "80GiB")
    #expect(host.status == 0)
    #expect(host.output.contains("\nlimit: a host processor with 80 GiB, no GPU: there is no GPU model yet\n"))
    // Machines are told as well.
    let line = try program.run(
      "check", "--configurations", "-", input: "{\"shape\": \"ViT-B/16\", \"memoryLimit\": \"80GB\"}")
    #expect(line.output.contains("\"a tpu-v3 core with 74.51 GiB; says nothing of a GPU"))
    for arguments in [["map", "small"], ["enumerate", "small", "--no-store"], ["optimizers", "ViT-B/16"]] {
      let answer = try program.run(arguments + ["--memory-limit", "24GiB"])
      #expect(answer.errors.contains("limit: a tpu-v3 core with 24 GiB; says nothing of a GPU"), "\(arguments)")
    }
    let below = try program.run("check", "ViT-B/16", "--memory-limit", "8GiB")
    #expect(!below.output.contains("limit:"))
  }

  @Test func theParametersExplainThemselvesAndDefaultsAreTold() throws {
    let first = try program.run("check", "ViT-B/16", environment: ["COLUMNS": "200"])
    #expect(
      first.output.contains("116 M parameters (85.8 M body + 7.1 M MAP head + 22.8 M classifier of 29,593 classes), "))
    #expect(
      first.output.contains(
        "\nby default 8 images a core, MAP head, 29,593 classes, Adafactor: see `shapefinder check --help`\n"))
    let asked = try program.run(
      "check", "ViT-B/16", "--batch", "8", "--head", "token", "--classes", "1000", "--optimizer", "adam")
    #expect(asked.output.contains("(85.8 M body + 0.8 M classifier of 1,000 classes)"))
    #expect(!asked.output.contains("by default"))
    // A configuration's own file says what it wants said.
    try program.write("own.json", Data(#"{"shape": "ViT-B/16", "batch": 32, "optimizer": "adamw"}"#.utf8))
    #expect(!(try program.run("check", "own.json").output.contains("by default")))
    let help = try program.run("check", "--help")
    for part in [
      "Defaults are the paper's own training", "(default: 224)", "29,593 classes of JFT-3B",
      "--classes 1000 --head token --optimizer adam",
    ] {
      #expect(help.output.replacing("\n", with: " ").contains(part), "\(part)")
    }
  }
}
