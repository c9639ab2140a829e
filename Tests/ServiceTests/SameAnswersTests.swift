import Foundation
import Testing

/// The service's answers match the command line's output byte for byte: each answer names its command, which is run.
@Suite struct SameAnswersTests {
  static let questions = [
    "/v1/check?shape=ViT-g/14", "/v1/check?shape=ViT-G/14&batch=64&optimizer=adam&changes=true",
    "/v1/check?shape=ViT-G/14&depth=56&device=tpu-v5e&classes=1000&head=token&memoryLimit=12GiB",
    "/v1/check?width=1000&depth=7&mlpWidth=3001&heads=10&patch=15&imageSize=250&precision=float32&layers=scanned",
    "/v1/check?shape=ViT-S/16&device=cpu&dataParallel=1&precision=float32",
    "/v1/timeline?shape=ViT-B/32&batch=2", "/v1/optimizers?shape=ViT-L/16&batch=16&gradientClipping=global-norm",
    "/v1/map?grid=figure8&mlpWidth=4x&heads=16&depth=1..100+by+9",
    "/v1/map?depth=2..12+by+2&width=256..1024+by+128&mlpWidth=4x&heads=width/64&patch=16&batch=8,32&classes=1000",
    "/v1/optimizers?grid=small", "/v1/optimizers?grid=small&batch=8,32&classes=1000&head=map",
    "/v1/select?grid=large&optimizer=adafactor&depth=8..64+by+8", "/v1/select?grid=small&front=true",
    "/v1/select?grid=large&depth=24,32&rule=fastest&minParameters=500M&examples=3e9&maxCoreDays=5000&limit=2",
    "/v1/shapes", "/v1/shapes?name=ViT-So400m/14", "/v1/devices", "/v1/grids",
  ]

  @Test(arguments: questions) func `an answer is what its command prints`(_ question: String) async throws {
    try await withService { port in
      for form in ["json", "ndjson", "csv", "text"] {
        let target = question + (question.contains("?") ? "&" : "?") + "format=" + form
        let reply = try ask(port, target)
        if reply.status == 422, !question.hasPrefix("/v1/map") {
          // Single answers are available only as JSON and as text.
          #expect(reply.text.contains("must be one of json, text"))
          continue
        }
        #expect(reply.status == 200)
        // The map's JSON consists of columns, which the command line does not have.
        if question.hasPrefix("/v1/map"), form == "json" { continue }
        let command = try #require(reply.headers["shapefinder-command"])
        let printed = try Shell.run(command + " --format \(form == "text" ? "table" : form) 2>/dev/null")
        // For a single shape the command prints one object, and facts instead of a table.
        if question.contains("?name="), form != "ndjson", form != "csv" { continue }
        #expect(reply.text == printed, "\(target): \(command)")
      }
    }
  }

  @Test func `drawings are what --svg writes`() async throws {
    try await withService { port in
      let map = try ask(port, "/v1/map?grid=figure8&mlpWidth=4x&heads=16&depth=1..100+by+9&format=svg")
      let command = try #require(map.headers["shapefinder-command"])
      #expect(map.headers["content-type"] == "image/svg+xml")
      #expect(map.text == (try Shell.run(command.replacing("map.svg", with: "-") + " 2>/dev/null")))
      let timeline = try ask(port, "/v1/timeline?shape=ViT-B/16", ["Accept": "image/svg+xml"])
      let words = try #require(timeline.headers["shapefinder-command"])
      #expect(timeline.text == (try Shell.run(words.replacing("timeline.svg", with: "-") + " 2>/dev/null")))
    }
  }

  @Test func `the columns of a map are its rows`() async throws {
    try await withService { port in
      let question = "/v1/map?grid=figure8&mlpWidth=4x&heads=16&depth=10..90+by+20"
      let map = try ask(port, question).object()
      let columns = try #require(map["columns"] as? [String: [Any]])
      let rows = try ask(port, question + "&format=ndjson").text.split(separator: "\n")
      #expect(rows.count == 5 * 33)
      #expect(Set(columns.values.map(\.count)) == [rows.count])
      let settings = try #require(map["settings"] as? [[String: Any]]).map { $0["title"] as? String }
      // Panels sort by width before MLP-width, rows by MLP-width before width.
      var seen: Set<[Int]> = []
      for row in rows {
        let row = try #require(try JSONSerialization.jsonObject(with: Data(row.utf8)) as? [String: Any])
        let width = try #require(row["width"] as? Int), depth = try #require(row["depth"] as? Int)
        let index = try #require(
          zip(columns["width"] as? [Int] ?? [], columns["depth"] as? [Int] ?? []).enumerated().first {
            $0.element == (width, depth)
          }?.offset)
        seen.insert([width, depth])
        let setting = (columns["fitsIn"]?[index] as? Int).flatMap { settings[$0] }
        #expect(setting == row["fitsIn"] as? String)
        #expect(columns["mlpWidth"]?[index] as? Int == row["mlpWidth"] as? Int)
        #expect(columns["imagesPerSecond"]?[index] as? Double == row["imagesPerSecond"] as? Double)
      }
      #expect(seen.count == rows.count)
    }
  }

  @Test func `what advice says to set is what fits`() async throws {
    try await withService { port in
      let question = "/v1/check?shape=ViT-G/14&batch=64"
      let reply = try ask(port, question.replacing("/check", with: "/advice") + "&optimizer=adam")
      let advice = try #require(try JSONSerialization.jsonObject(with: Data(reply.body)) as? [[String: Any]])
      #expect(advice.count > 3)
      for advice in advice {
        let changes = try #require(advice["set"] as? [String: Any])
        var settings: [String: String] = ["optimizer": "adam", "batch": "64"]
        for (key, value) in changes { settings[key] = "\(value)" }
        let query = settings.map { "&\($0.key)=\($0.value)" }.joined()
        let check = try ask(port, "/v1/check?shape=ViT-G/14" + query).object()
        #expect((check["memory"] as? [String: Any])?["total"] as? Int == advice["total"] as? Int)
        #expect(check["verdict"] as? String == advice["verdict"] as? String)
      }
    }
  }

  @Test func `questions of a stream are answered one by one`() async throws {
    try await withService { port in
      let wire = try Wire(port: port)
      try wire.send(
        "POST /v1/checks HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
      )
      let question = #"{"shape": "ViT-B/16", "batch": 4}"# + "\n"
      try wire.send(String(question.utf8.count, radix: 16) + "\r\n" + question + "\r\n")
      // The first answer arrives before the second question is sent.
      let head = try #require(try wire.head())
      #expect(head.status == 200)
      #expect(head.headers["content-type"] == "application/x-ndjson")
      let first = String(decoding: try wire.chunk(), as: UTF8.self)
      let wrong = #"{"shape": "ViT-B/16", "batch": 0}"# + "\n"
      try wire.send(String(wrong.utf8.count, radix: 16) + "\r\n" + wrong + "\r\n0\r\n\r\n")
      let second = String(decoding: try wire.chunk(), as: UTF8.self)
      #expect(try wire.chunk().isEmpty)
      let printed = try Shell.run(
        "shapefinder check --no-store --configurations - --format ndjson 2>/dev/null; true", input: question + wrong)
      #expect(first + second == printed)
    }
  }
}

/// Runs the program through a shell.
enum Shell {
  static func run(_ command: String, input: String = "") throws -> String {
    let process = Process(), output = Pipe(), given = Pipe()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-c", command]
    // With the same home folder, because some answers depend on what is installed there.
    process.environment = [
      "PATH": folder + ":/usr/bin:/bin", "HOME": ProcessInfo.processInfo.environment["HOME"] ?? "",
    ]
    process.standardOutput = output
    process.standardInput = given
    try process.run()
    try given.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try given.fileHandleForWriting.close()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  /// The program's folder: the build folder, where the tests are too.
  static let folder: String = {
    for place in [Bundle.main.bundleURL, Bundle.main.executableURL ?? Bundle.main.bundleURL]
      + Bundle.allBundles.map(\.bundleURL)
    {
      var folder = place
      for _ in 0..<4 {
        let file = folder.appending(path: "shapefinder").path(percentEncoded: false)
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), !isFolder.boolValue {
          return folder.path(percentEncoded: false)
        }
        folder = folder.deletingLastPathComponent()
      }
    }
    return "."
  }()
}
