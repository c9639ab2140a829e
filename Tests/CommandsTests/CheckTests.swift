import Answers
import Foundation
import Testing

@testable import ShapefinderCommands

@Suite final class CheckTests {
  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  // MARK: - One shape

  @Test func verdictComesFirstAndTheExitCodeSaysIt() throws {
    let fits = try program.run("check", "ViT-B/16", "--batch", "8")
    #expect(fits.status == 0)
    #expect(fits.firstLine.hasPrefix("ViT-B/16 fits a tpu-v3 core: "))
    #expect(fits.output.contains("largest batch") && fits.output.contains("headroom"))
    #expect(!fits.output.contains("What would make it fit"))
    let adam = try program.run("check", "ViT-G/14", "--optimizer", "adam")
    #expect(adam.status == 3)
    #expect(adam.firstLine.hasPrefix("ViT-G/14 does not fit a tpu-v3 core: "))
    #expect(adam.output.contains("What would make it fit"))
    #expect(adam.output.contains("optimizer adam → adafactor"))
    #expect(adam.errors.isEmpty)
  }

  @Test func suggestionsAreCheapestFirst() throws {
    let answer = try program.run("check", "ViT-g/14", "--optimizer", "adam", "--suggest", "--format", "ndjson")
    let changes = try #require(try answer.lines().first?["changes"] as? [[String: Any]])
    let costs = changes.compactMap { $0["timeCost"] as? Double }
    #expect(costs.count >= 4)
    #expect(costs == costs.sorted())
    let saved = changes.compactMap { $0["bytesSaved"] as? Int }
    #expect(saved.allSatisfy { $0 > 0 })
  }

  @Test func oneImageIsNotImages() throws {
    let answer = try program.run("check", "ViT-B/16", "--batch", "1")
    #expect(answer.output.contains("1 image a core"))
    #expect(try program.run("map", "small", "--batch", "1").output.contains(" core: 1 image, 224 px"))
  }

  @Test func scannedLayersAreToldToBeUnrolled() throws {
    let answer = try program.run("check", "ViT-B/16", "--layers", "scanned", "--suggest", "--format", "ndjson")
    let rows = try #require(try answer.lines().first?["changes"] as? [[String: Any]])
    let change = try #require(rows.first { $0["change"] as? String == "layers scanned → unrolled" })
    #expect(change["verdict"] as? String == "fits")
    #expect(try #require(change["bytesSaved"] as? Int) > 0 && change["timeCost"] is NSNull)
  }

  @Test func uncertainIsNoFailure() throws {
    let deep = try program.run(
      "check", "ViT-B/16", "--depth", "129", "--optimizer", "sgd", "--rematerialization", "full")
    #expect(deep.status == 0)
    #expect(deep.firstLine.hasPrefix("Uncertain whether 768x129x3072 h12 /16 fits"))
  }

  @Test func numbersMakeTheSameShapeAsItsName() throws {
    let named = try program.run("check", "ViT-B/16", "--format", "json")
    let numbers = try program.run(
      "check", "--width", "768", "--depth", "12", "--mlp-width", "3072", "--heads", "12", "--patch", "16", "--format",
      "json")
    let a = try named.lines()[0], b = try numbers.lines()[0]
    #expect(a["parameterCount"] as? Int == 115_641_241)
    #expect(b["parameterCount"] as? Int == a["parameterCount"] as? Int)
    #expect(a["shape"] as? String == "ViT-B/16")
    #expect((b["shape"] as? [String: Int])?["mlpWidth"] == 3072)
  }

  @Test func aNumberChangesANamedShapeWhichThenHasNoName() throws {
    let changed = try program.run("check", "B/16", "--depth", "13", "--format", "ndjson")
    #expect((try changed.lines()[0]["shape"] as? [String: Int])?["depth"] == 13)
    let same = try program.run("check", "B/16", "--depth", "12", "--format", "ndjson")
    #expect(try same.lines()[0]["shape"] as? String == "ViT-B/16")
  }

  @Test func droppedPixelsAreSaidOnce() throws {
    let answer = try program.run("check", "ViT-S/14", "--image-size", "384")
    #expect(answer.output.components(separatedBy: "27 x 27").count == 2)
  }

  @Test func everySettingReachesTheConfiguration() throws {
    let answer = try program.run(
      "check", "ViT-S/16", "--device", "tpu-v4", "--batch", "3", "--image-size", "160", "--head", "gap", "--classes",
      "10", "--optimizer", "sgd", "--precision", "float32", "--gradient-clipping", "global-norm",
      "--rematerialization", "full", "--layers", "unrolled", "--data-parallel", "2", "--memory-limit", "1GiB",
      "--format", "json")
    let object = try answer.lines()[0]
    let texts = [
      "device": "tpu-v4", "head": "gap", "optimizer": "sgd", "precision": "float32", "gradientClipping": "global-norm",
      "rematerialization": "full", "layers": "unrolled",
    ]
    for (key, value) in texts { #expect(object[key] as? String == value) }
    let numbers = ["batch": 3, "imageSize": 160, "classes": 10, "dataParallel": 2, "memoryLimit": 1 << 30]
    for (key, value) in numbers { #expect(object[key] as? Int == value) }
  }

  /// What is over the limit before rematerialization and under it afterwards is drawn as both.
  @Test func theTimelineAgreesWithTheVerdict() throws {
    let question = ["check", "ViT-G/14", "--device", "tpu-v5e", "--batch", "16", "--timeline"]
    let answer = try program.run(question, environment: ["COLUMNS": "200"])
    let result = try #require(try program.run(Array(question.dropLast()) + ["--format", "ndjson"]).lines().first)
    let memory = try #require(result["memory"] as? [String: Any])
    let total = try #require(memory["total"] as? Int), limit = try #require(memory["limit"] as? Int)
    let livePeak = try #require(memory["livePeak"] as? Int)
    #expect(result["verdict"] as? String == "fits" && livePeak > limit && total < limit)
    #expect(answer.output.contains("fits: 14.14 of 15.75 GiB with inputs and fragmentation; 19.22 GiB live before"))
    #expect(answer.output.contains("░") && answer.output.contains("peak before"))
    let rows = try program.run(question + ["--format", "ndjson"]).lines()
    let before = rows.compactMap { $0["bytes"] as? Int }, after = rows.compactMap { $0["rematerializedBytes"] as? Int }
    #expect(before.max() == livePeak && after.count == before.count)
    #expect(try #require(after.max()) < limit)
    let small = try program.run("check", "ViT-B/16", "--timeline", "--format", "ndjson").lines()
    #expect(small.allSatisfy { $0["rematerializedBytes"] is NSNull || $0["rematerializedBytes"] == nil })
  }

  @Test func timelineNamesThePeak() throws {
    let drawing = try program.run("check", "ViT-B/16", "--timeline", "--svg", "timeline.svg")
    #expect(drawing.status == 0)
    #expect(drawing.output.contains("▲ peak") && drawing.output.contains("live peak "))
    #expect(drawing.errors.contains("wrote timeline.svg"))
    #expect(try program.text("timeline.svg").hasPrefix("<svg"))
    let rows = try program.run("check", "ViT-B/16", "--timeline", "--format", "json").list()
    #expect(rows.filter { $0["isPeak"] as? Bool == true }.count == 1)
    #expect(Set(rows.compactMap { $0["phase"] as? String }) == ["forward", "backward", "update"])
    #expect(drawing.output.contains(" update"))
  }

  @Test(arguments: [
    (["--device", "cpu"], "--device: \"cpu\" has no compiler to ask"),
    (["--data-parallel", "3"], "8, 16, 32, 128 cores"),
    (["--memory-limit", "16GiB"], "can only be lowered"),
    (["--device", "tpu-v4", "--memory-limit", "8GiB"], "can only be lowered"),
  ])
  func configurationsThatTheOracleLacksAreReported(_ options: [String], _ reason: String) throws {
    let answer = try program.run(["check", "ViT-B/16", "--reproduce"] + options)
    #expect(answer.status == 64)
    #expect(answer.errors.contains(reason), "\(answer.errors)")
  }

  @Test func theOraclesCoresAreThoseOfItsContract() throws {
    let file = URL(filePath: #filePath).appending(path: "../../../Validation/contract.py").standardized
    let text = try String(contentsOf: file, encoding: .utf8)
    let start = try #require(text.range(of: "TOPOLOGIES = {")?.upperBound)
    let table = text[start...].prefix { $0 != "\n" || text[start...].contains("\n}") }.components(separatedBy: "\n}")[0]
    var cores: [String: [Int]] = [:]
    for line in table.split(separator: "\n") where line.contains(": {") {
      let device = String(line.split(separator: "\"")[0 + 1])
      cores[device] = line.matches(of: /(\d+): "/).compactMap { Int($0.1) }
    }
    #expect(cores == OracleQuestion.cores)
  }

  @Test func reproducePrintsWhatAShellCanRun() throws {
    let answer = try program.run("check", "ViT-G/14", "--batch", "4", "--reproduce")
    #expect(answer.status == 0)
    let commands = answer.output.split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(commands.count == 2)
    #expect(commands[0].hasPrefix("Validation/venv/bin/python Validation/oracle.py --memory '{"))
    // The question is a configuration of the contract: it can be asked of this program too.
    let json = try #require(commands[1].split(separator: "'").dropFirst().first)
    let again = try program.run("check", "--configurations", "-", input: String(json))
    #expect(again.status == 0)
    #expect(try again.lines()[0]["batch"] as? Int == 4)
  }

  @Test func answersAreStoredOnce() throws {
    let first = try program.run("check", "ViT-B/16", "--store", "a.sqlite")
    #expect(first.errors.contains("as run 1: 1 new"))
    let second = try program.run("check", "ViT-B/16", "--store", "a.sqlite")
    #expect(second.errors.contains("as run 2: 0 new, 1 known already"))
    let home = try program.run("check", "ViT-B/16", "--save")
    #expect(home.status == 0)
    #expect(home.errors.contains(".local/share/shapefinder/shapefinder.sqlite as run 1"))
  }

  @Test func colourOnlyWhereItIsWanted() throws {
    let plain = try program.run("check", "ViT-B/16")
    #expect(!plain.output.contains("\u{1B}["))
    let forced = try program.run("check", "ViT-B/16", environment: ["CLICOLOR_FORCE": "1"])
    #expect(forced.output.contains("\u{1B}["))
    let refused = try program.run("check", "ViT-B/16", environment: ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"])
    #expect(refused.output == plain.output)
  }

  // MARK: - Wrong options

  /// Arguments after `check`, and what the message must say.
  static let wrong: [([String], String)] = [
    ([], "no shape"),
    (["ViT-X/14"], "\"ViT-X/14\" is not a known shape"),
    (["vit-g/14"], "did you mean \"ViT-G/14\" or \"ViT-g/14\"?"),
    (["--width", "768"], "missing: --depth, --mlp-width, --heads, --patch"),
    (["ViT-B/16", "--batch", "-8"], "--batch: -8 is not valid: must be between 1 and"),
    (["ViT-B/16", "--batch", "0"], "--batch: 0 is not valid"),
    (["ViT-B/16", "--batch", "nan"], "must be a whole number"),
    (["ViT-B/16", "--batch", "1.5"], "must be a whole number"),
    (["ViT-B/16", "--batch", "99999999999999999999"], "is too large"),
    (["ViT-B/16", "--width", "1000000000000"], "--width: 1000000000000 is not valid: must be between 1 and"),
    (["ViT-B/16", "--heads", "7"], "--heads: 7 is not valid: must divide the width 768"),
    (["ViT-B/16", "--image-size", "8"], "--image-size: 8 is not valid: must be at least the patch size 16"),
    (["ViT-B/16", "--device", "tpu-v9"], "--device: \"tpu-v9\" is not valid: must be one of cpu, tpu-v2, tpu-v3"),
    (["ViT-B/16", "--optimizer", "adamm"], #"did you mean "adam"?"#),
    (["ViT-B/16", "--memory-limit", "much"], "must be a whole number of bytes"),
    (["ViT-B/16", "--memory-limit", "0"], "must be a positive number of bytes"),
    (["ViT-B/16", "--memory-limit", "24"], "24 bytes? write 24GiB"),
    (["ViT-B/16", "--memory-limit", "15.48"], "15.48 bytes? write 15.48GiB"),
    (["ViT-B/16", "--memory-limit", "288230376151711745"], "must be a positive number of bytes, to 2^58"),
    (["ViT-B/16", "--memory-limit", "8EiB"], "is too large: must be below 4EiB"),
    (["ViT-B/16", "--batch", "1,024"], "is it one number? write 1024"),
    (["ViT-B/16", "--batch", "1_024"], "is it one number? write 1024"),
    (["ViT-B/16", "--batch", "8,128"], "one shape has one batch; several are for a grid; as one number write 8128"),
    (["ViT-B/16", "--image-size", "224x256"], "must be square"),
    (["ViT-B/16", "--image-size", "px"], "must be a whole number"),
    (["ViT-B/16", "--image-size", "224x"], "must be a whole number"),
    (["--help-hiden"], #"unknown option --help-hiden; did you mean "--help-hidden"?"#),
    (["--hlep"], #"did you mean "--help"?"#),
    (["--frobnicate"], "Unknown option '--frobnicate'"),
    (["ViT-B/16", "--format", "xml"], "'ndjson'"),
    (["ViT-B/16", "--bach", "8"], "'--batch'"),
    (["ViT-B/16", "--configurations", "-"], "--configurations brings its own"),
    (["ViT-B/16", "--timeline", "--reproduce"], "give one of them"),
  ]

  @Test(arguments: wrong) func wrongOptionsAreUsageErrors(_ arguments: [String], _ message: String) throws {
    let outcome = try program.run(["check"] + arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasPrefix("error: ") && outcome.errors.contains(message), "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
  }

  /// Sides of squares in pixels, as people and libraries write them.
  @Test(arguments: ["384", "384px", "384 PX", "384x384", "384×384", "384x384px"]) func sidesOfSquares(_ text: String)
    throws
  {
    let answer = try program.run("check", "ViT-B/16", "--image-size", text, "--format", "ndjson")
    #expect(try answer.lines().first?["imageSize"] as? Int == 384, "\(answer.errors)")
  }

  @Test func aPatchIsASquareToo() throws {
    let answer = try program.run("check", "ViT-B/16", "--patch", "32x32", "--format", "ndjson")
    #expect(
      try (answer.lines().first?["shape"] as? [String: Any])?["patch"] as? Int == 32 || answer.output.contains("/32"))
  }

  /// A host runs float32, and so the line of the settings says.
  @Test func onAHostTheHeadlineShowsThePrecisionThatRuns() throws {
    let answer = try program.run("check", "ViT-Ti/16", "--device", "cpu", "--batch", "1")
    #expect(answer.output.contains("float32") && !answer.output.contains("bfloat16"))
    #expect(answer.output.contains("cpu runs float32 activations"))
  }

  @Test func aMisspeltSubcommandIsNamed() throws {
    let outcome = try program.run("chek", "ViT-B/16")
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("did you mean \"check\"?"))
  }

  @Test func placesThatCannotBeWritten() throws {
    let svg = try program.run("check", "ViT-B/16", "--svg", "nowhere/a.svg")
    #expect(svg.status == 1)
    #expect(svg.errors.contains("nowhere/a.svg cannot be written"))
    let folder = try program.run("check", "ViT-B/16", "--store", program.path(""))
    #expect(folder.status == 64)
    try program.write("text.sqlite", "no database, only some text that is long enough\n".utf8)
    let foreign = try program.run("check", "ViT-B/16", "--store", "text.sqlite")
    #expect(foreign.status == 65)
    #expect(foreign.errors.contains("is not an SQLite database"))
  }

  @Test func aDeviceFileThatWasProbedBesideSomethingElseSaysSo() throws {
    let folder = program.folder.appending(path: "busy/devices")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../shapes/devices/cpu.yaml")
    let text = try String(contentsOf: source, encoding: .utf8) + "\ndisturbed:\n  value: 8\n  source: a test\n"
    try program.write("busy/devices/cpu.yaml", text.utf8)
    let words = "cpu was probed beside something else, which held up 8 of its steps"
    for format in ["table", "json", "csv"] {
      let answer = try program.run("check", "ViT-Ti/16", "--device", "cpu", "--catalog", "busy", "--format", format)
      #expect(answer.output.replacing(/\s+/, with: " ").contains(words), "\(format)")
    }
    let quiet = try program.run("check", "ViT-Ti/16", "--device", "cpu", "--format", "json")
    #expect(!quiet.output.contains("probed"))
  }

  @Test func catalogsThatAreNone() throws {
    let missing = try program.run("check", "ViT-B/16", "--catalog", "nowhere")
    #expect(missing.status == 65)
    #expect(missing.errors.contains("nowhere: is not a folder"))
    let folder = program.folder.appending(path: "mine")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try program.write("mine/vit.yaml", "variants:\n  B:\n    width: wide\n".utf8)
    let broken = try program.run("check", "ViT-B/16", "--catalog", "mine")
    #expect(broken.status == 65)
    #expect(broken.errors.contains("mine/vit.yaml:"))
  }
}
