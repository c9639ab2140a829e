import Evidence
import EvidenceStore
import Foundation
import HTTPTypes
import Testing
import VisionTransformer

@testable import ShapefinderService

/// Sweeps are started over HTTP, run by the program, and survive a restart.
@Suite struct SweepTests {
  private struct Event {
    var id: Int?
    var name: String
    var data: [String: Any]
  }

  private static let json = ["Content-Type": "application/json"]
  private static let figure = #"{"kind": "enumerate", "grid": "figure8", "mlpWidth": "4x", "heads": 16}"#
  /// A sweep that runs longer than a test needs to observe it.
  private static let long = #"{"kind": "enumerate", "grid": "figure8", "batch": "1..5"}"#

  /// Runs `body` with a service that runs the sweeps of a store.
  private func withSweeps<Value: Sendable>(
    _ place: Place, _ body: @escaping @Sendable (Int) throws -> Value
  ) async throws -> Value {
    try await withService(
      {
        $0.storePath = place.path
        $0.storeWords = ["--store", place.path]
        $0.program = URL(filePath: Shell.folder).appending(path: "shapefinder").path(percentEncoded: false)
      }, body)
  }

  /// The events of a sweep until its stream ends.
  private static func events(_ port: Int, _ id: Int, after last: Int? = nil) throws -> [Event] {
    let wire = try Wire(port: port, seconds: 60)
    let header = last.map { "Last-Event-ID: \($0)\r\n" } ?? ""
    try wire.send("GET /v1/sweeps/events?id=\(id) HTTP/1.1\r\nHost: localhost\r\n\(header)\r\n")
    let head = try #require(try wire.head())
    #expect(head.status == 200 && head.headers["content-type"] == "text/event-stream")
    var text = ""
    while case let piece = try wire.chunk(), !piece.isEmpty { text += String(decoding: piece, as: UTF8.self) }
    var events: [Event] = []
    for block in text.split(separator: "\n\n") {
      var event = Event(name: "", data: [:])
      for line in block.split(separator: "\n") {
        let halves = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        switch halves[0] {
        case "id": event.id = Int(halves[1])
        case "event": event.name = halves[1]
        case "data": event.data = try JSONSerialization.jsonObject(with: Data(halves[1].utf8)) as? [String: Any] ?? [:]
        default: break
        }
      }
      if !event.name.isEmpty { events.append(event) }
    }
    return events
  }

  private static func start(_ port: Int, _ body: String) throws -> Int {
    let reply = try ask(port, "/v1/sweeps", method: "POST", json, body: body)
    #expect(reply.status == 202, "\(reply.text)")
    let id = try #require(try reply.object()["id"] as? Int)
    #expect(reply.headers["location"] == "/v1/sweeps?id=\(id)")
    return id
  }

  private static func row(_ port: Int, _ id: Int) throws -> [String: Any] {
    let reply = try ask(port, "/v1/sweeps?id=\(id)")
    return try #require((try JSONSerialization.jsonObject(with: Data(reply.body)) as? [[String: Any]])?.first)
  }

  private static func wait(seconds: Double = 60, _ condition: () throws -> Bool) throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while try !condition() {
      guard ContinuousClock.now < end else { throw Wire.Failure(what: "waited in vain") }
      usleep(20_000)
    }
  }

  @Test func `a sweep goes from its start over events to its end, and is listed as the command line lists it`()
    async throws
  {
    let place = try Place()
    try await withSweeps(place) { port in
      let id = try Self.start(port, Self.figure)
      let events = try Self.events(port, id)
      #expect(events.last?.name == "end" && events.last?.id == nil)
      let progress = events.dropLast()
      #expect(progress.allSatisfy { $0.name == "progress" && $0.data["id"] as? Int == id })
      let counts = progress.compactMap { $0.id }
      #expect(counts == counts.sorted() && counts.last == 9900, "\(counts)")
      #expect(events.last?.data["status"] as? String == "finished")
      #expect(events.last?.data["done"] as? Int == 9900 && events.last?.data["total"] as? Int == 9900)
      // A client that reconnects receives only new events.
      #expect(try Self.events(port, id, after: 9899).map(\.name) == ["progress", "end"])
      #expect(try Self.events(port, id, after: 9900).map(\.name) == ["end"])
      let row = try Self.row(port, id)
      #expect(row["run"] as? Int == 1 && row["status"] as? String == "finished" && row["finished"] is String)
      #expect(row["command"] as? String == "shapefinder enumerate figure8 --mlp-width 4x --heads 16")
      let listed = try ask(port, "/v1/sweeps")
      let printed = try Shell.run("shapefinder runs sweeps --format json --store '\(place.path)'")
      #expect(listed.text == printed)
      #expect(listed.headers["shapefinder-command"] == "shapefinder runs sweeps --store \(place.path)")
      // A finished sweep cannot be cancelled.
      let late = try ask(port, "/v1/sweeps?id=\(id)", method: "DELETE")
      #expect(late.status == 409 && late.text.contains("is over"))
      #expect(try Shell.run("shapefinder runs cancel \(id) --store '\(place.path)' 2>&1").contains("is over"))
    }
    #expect(try place.read { try $0.count() } == 9900)
    // The service leaves no file beside the store.
    #expect(!FileManager.default.fileExists(atPath: place.path + "-sweeps"))
  }

  @Test func `sweeps wait for their turn, and are cancelled over HTTP and by the command line`() async throws {
    let place = try Place()
    try await withSweeps(place) { port in
      let first = try Self.start(port, Self.long), second = try Self.start(port, Self.figure)
      let third = try Self.start(port, Self.figure)
      try Self.wait { try Self.row(port, first)["done"] as? Int ?? 0 > 0 }
      #expect(try Self.row(port, second)["status"] as? String == "queued")
      let order = try JSONSerialization.jsonObject(with: Data(ask(port, "/v1/sweeps").body)) as? [[String: Any]]
      #expect(order?.compactMap { $0["id"] as? Int } == [third, second, first])
      // A cancelled sweep that was still waiting never starts.
      #expect(
        try Shell.run("shapefinder runs cancel \(second) --store '\(place.path)' 2>&1").contains("cancelled sweep 2"))
      let reply = try ask(port, "/v1/sweeps?id=\(first)", method: "DELETE")
      #expect(reply.status == 200)
      #expect(try reply.object()["status"] as? String == "cancelled")
      #expect(try Self.events(port, first).last?.data["status"] as? String == "cancelled")
      // The next sweep takes its place.
      #expect(try Self.events(port, third).last?.data["status"] as? String == "finished")
      let row = try Self.row(port, first), done = try #require(row["done"] as? Int),
        total = try #require(row["total"] as? Int)
      #expect(row["status"] as? String == "cancelled" && done > 0 && done < total)
      #expect(try Self.row(port, second)["run"] is NSNull)
      #expect(try ask(port, "/v1/sweeps?id=99", method: "DELETE").status == 404)
      #expect(try ask(port, "/v1/sweeps?id=99").status == 404)
      #expect(try ask(port, "/v1/sweeps/events?id=99").status == 404)
      #expect(try ask(port, "/v1/sweeps", method: "DELETE").status == 422)
      #expect(try Shell.run("shapefinder runs cancel 99 --store '\(place.path)' 2>&1; echo $?").hasSuffix("64\n"))
    }
    #expect(try place.read { try $0.run(1).status } == .interrupted)
  }

  @Test func `a service that is killed goes on where it was, and nothing is stored twice`() throws {
    let place = try Place()
    let first = try ServiceProcess("--store", place.path)
    let id = try Self.start(first.port, #"{"kind": "enumerate", "grid": "figure8"}"#)
    try Self.wait { try Self.row(first.port, id)["done"] as? Int ?? 0 > 0 }
    first.end(SIGKILL)
    let before = try place.read { (try $0.count(), try #require(try $0.sweep(id))) }
    #expect(before.1.status == .running && before.0 < before.1.total)
    // The child process ended with the service, so no more rows are added.
    usleep(300_000)
    let settled = try place.read { try $0.count() }
    usleep(700_000)
    #expect(try place.read { try $0.count() } == settled)
    let second = try ServiceProcess("--store", place.path)
    let events = try Self.events(second.port, id, after: before.1.done)
    // Nothing that was sent is sent again; a change of status has the number of the last row.
    #expect(events.allSatisfy { $0.name == "end" || $0.id ?? 0 >= before.1.done })
    #expect(events.last?.data["status"] as? String == "finished")
    #expect(second.end() == 0)
    let store = try EvidenceStore.open(path: place.path, mode: .readOnly)
    let summary = try store.summary(), runs = try store.runs(), sweep = try #require(try store.sweep(id))
    #expect(sweep.status == .finished && sweep.done == sweep.total && sweep.run == 2)
    #expect(summary.configurations == sweep.total && summary.evidence == [.estimated: sweep.total])
    #expect(runs.map(\.status) == [.interrupted, .finished])
    #expect(runs.map(\.counts.new).reduce(0, +) == sweep.total)
    #expect(try store.integrityProblems() == [])
  }

  @Test func `a service that is stopped leaves its sweep to the next`() throws {
    let place = try Place()
    let first = try ServiceProcess("--store", place.path)
    let id = try Self.start(first.port, Self.long)
    try Self.wait { try Self.row(first.port, id)["done"] as? Int ?? 0 > 0 }
    #expect(first.end() == 0)
    #expect(try place.read { try $0.sweep(id)?.status } == .queued)
    #expect(try place.read { try $0.run(1).status } == .interrupted)
    let second = try ServiceProcess("--store", place.path)
    try Self.wait { try Self.row(second.port, id)["run"] as? Int == 2 }
    #expect(try ask(second.port, "/v1/sweeps?id=\(id)", method: "DELETE").status == 200)
  }

  @Test(.enabled(if: Shell.canMeasure)) func `a measuring sweep is alone, and its trials are stored`() async throws {
    let place = try Place()
    try await withSweeps(place) { port in
      let body = #"""
        {"kind": "measure", "depth": 1, "width": 32, "mlpWidth": "64, 72", "heads": 1, "patch": 16, "imageSize": 32, "batch": 2,
        "classes": 10}
        """#
      let first = try Self.start(port, body), beside = try Self.start(port, Self.figure)
      let again = try Self.start(port, body)
      for id in [first, beside, again] {
        #expect(try Self.events(port, id).last?.data["status"] as? String == "finished")
      }
      let rows = try [first, beside, again].map { try Self.row(port, $0) }
      #expect(rows.map { $0["done"] as? Int } == [2, 9900, 2])
      #expect(
        rows[0]["command"] as? String
          == "shapefinder measure --depth 1..1 --width 32 --mlp-width '64, 72' --heads 1 --patch 16 --batch 2 --image-size 32 --classes 10"
      )
      // The sweeps ran one after another.
      let times = try rows.flatMap { try [#require($0["started"] as? String), #require($0["finished"] as? String)] }
      #expect(times == times.sorted())
    }
    #expect(try place.read { try $0.summary().evidence } == [.measured: 2, .estimated: 9900])
    #expect(try place.read { try $0.run(3).counts.confirmed } == 2)
  }

  @Test
  func `a compiling sweep goes to its end, also where the service is killed meanwhile, and compiles nothing twice`()
    throws
  {
    let place = try Place(), fake = try FakePlugin()
    defer { fake.remove() }
    // A compiler that answers in a fifth of a second, in the place where the first release would be installed.
    let folder = fake.path("cache/shapefinder/plugins/tpu-0.0.17.1")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: fake.plugin("SLEEPS=200000"), toPath: folder + "/libtpu.so")
    let environment = ["XDG_CACHE_HOME": fake.path("cache")]
    let body = #"""
      {"kind": "compile", "depth": "1..8", "width": 64, "mlpWidth": 64, "heads": 1, "patch": 16, "imageSize": 32, "batch": 1,
      "classes": 10}
      """#
    let first = try ServiceProcess("--store", place.path, environment: environment)
    let id = try Self.start(first.port, body)
    try Self.wait { try Self.row(first.port, id)["done"] as? Int ?? 0 > 1 }
    first.end(SIGKILL)
    let before = try place.read { try #require(try $0.sweep(id)) }
    #expect(before.status == .running && before.done < 8)
    let second = try ServiceProcess("--store", place.path, environment: environment)
    let events = try Self.events(second.port, id)
    #expect(events.last?.data["status"] as? String == "finished", "\(events)")
    let row = try Self.row(second.port, id)
    #expect(row["kind"] as? String == "compile" && row["done"] as? Int == 8 && row["total"] as? Int == 8)
    let results = try ask(second.port, "/v1/results?evidence=compiled").object()["results"] as? [[String: Any]]
    #expect(results?.compactMap { ($0["shape"] as? [String: Any])?["depth"] as? Int } == Array(1...8))
    #expect(second.end() == 0)
    let counts = try Shell.run(
      "sqlite3 '\(place.path)' 'SELECT count(*), count(DISTINCT program_hash), count(verdict) FROM compile'")
    #expect(counts == "8|8|8\n")
  }

  @Test func `a full disk stops a sweep, which says so, loses nothing and goes on once there is room`() async throws {
    let place = try Place()
    let program = URL(filePath: Shell.folder).appending(path: "shapefinder").path(percentEncoded: false)
    let full = place.folder.appending(path: "full").path(percentEncoded: false)
    let script = place.folder.appending(path: "program").path(percentEncoded: false)
    // While the disk counts as full, the program cannot write files larger than 3 MiB.
    try Data(
      """
      #!/bin/bash
      if [ -e '\(full)' ]; then trap '' XFSZ; ulimit -f 3072; fi
      exec '\(program)' "$@"

      """.utf8
    ).write(to: URL(filePath: script))
    chmod(script, 0o755)
    _ = FileManager.default.createFile(atPath: full, contents: nil)
    let isFull: @Sendable () -> Bool = { FileManager.default.fileExists(atPath: full) }
    // There is room until the program has filled the disk: told by the store's files, which are there before the program ends.
    let files = [place.path, place.path + "-wal"]
    let isFilled: @Sendable () -> Bool = {
      let sizes = files.map { (try? FileManager.default.attributesOfItem(atPath: $0))?[.size] as? Int ?? 0 }
      return sizes.reduce(0, +) > 1 << 20
    }
    try await withService(
      {
        $0.storePath = place.path
        $0.storeWords = ["--store", place.path]
        $0.program = script
        $0.freeSpace = { _ in isFull() && isFilled() ? .zero : Bytes(1 << 40) }
      },
      { port in
        let id = try Self.start(port, #"{"kind": "enumerate", "grid": "figure8"}"#)
        try Self.wait { try Self.row(port, id)["error"] is String }
        let reason = try Self.row(port, id)["error"] as? String ?? ""
        #expect(reason.contains(place.path), "\(reason)")
        #expect(try ask(port, "/ready").status == 503)
        try Self.wait { try place.read { try $0.sweep(id)?.status } == .queued }
        let kept = try place.read { try $0.count() }
        #expect(kept > 0 && kept < 356_400)
        #expect(try place.read { try $0.integrityProblems() } == [])
        #expect(try place.read { try $0.run(1).status } == .failed)
        try FileManager.default.removeItem(atPath: full)
        #expect(try Self.events(port, id).last?.data["status"] as? String == "finished")
        let row = try Self.row(port, id)
        #expect(row["error"] is NSNull && row["done"] as? Int == 356_400)
        #expect(try ask(port, "/ready").status == 200)
        let summary = try place.read { try $0.summary() }
        #expect(summary.configurations == 356_400 && summary.evidence == [.estimated: 356_400])
      })
  }

  @Test func `what cannot be done fails, and says why`() async throws {
    let place = try Place()
    try await withService(
      {
        $0.storePath = place.path
        $0.program = "/nowhere/shapefinder"
      },
      { port in
        let id = try Self.start(port, Self.figure)
        let end = try #require(try Self.events(port, id).last)
        #expect(end.data["status"] as? String == "failed")
        #expect((end.data["error"] as? String)?.contains("/nowhere/shapefinder is missing") == true)
      })
  }

  @Test func `without a store there are no sweeps`() async throws {
    try await withService { port in
      for (method, path) in [
        ("GET", ""), ("GET", "?id=1"), ("POST", ""), ("DELETE", "?id=1"), ("GET", "/events?id=1"),
      ] {
        let reply = try ask(port, "/v1/sweeps" + path, method: method, Self.json, body: method == "POST" ? "{}" : nil)
        #expect(reply.status == 409 && reply.text.contains("--store"), "\(method) \(path): \(reply.text)")
      }
    }
  }

  @Test func `a body that breaks a rule makes no sweep`() async throws {
    let place = try Place()
    let cases: [(body: String, status: Int, words: String)] = [
      ("", 400, "no JSON"), ("[]", 400, "must be an object"), ("{", 400, "no JSON"),
      (#"{"grid": "figure8"}"#, 422, "kind"), (#"{"kind": "delete", "grid": "figure8"}"#, 422, "must be one of"),
      (#"{"kind": "enumerate"}"#, 422, "no grid"), (#"{"kind": "enumerate", "grid": "figure9"}"#, 422, "figure8"),
      (#"{"kind": "enumerate", "grid": "figure8", "store": "/tmp/x"}"#, 400, "is not a parameter"),
      (#"{"kind": "compile", "grid": "small", "program": "/etc/passwd"}"#, 400, "is not a parameter"),
      (#"{"kind": "compile", "grid": "small", "plugin": "/tmp/x.so"}"#, 400, "is not a parameter"),
      (#"{"kind": "enumerate", "grid": "/etc/passwd"}"#, 422, "grid"),
      (#"{"kind": "enumerate", "grid": "figure8", "head": "--no-store"}"#, 422, "head"),
      (#"{"kind": "enumerate", "grid": "figure8", "device": "--catalog"}"#, 422, "device"),
      (#"{"kind": "enumerate", "grid": "figure8", "depth": "--help"}"#, 422, "depth"),
      (#"{"kind": "enumerate", "grid": "figure8", "depth": [1]}"#, 422, "text or a whole number"),
      (#"{"kind": "enumerate", "grid": "figure8", "batch": "1..100000"}"#, 422, "too many for one sweep"),
      (#"{"kind": "measure", "grid": "figure8"}"#, 422, "float32"),
      (#"{"kind": "enumerate", "grid": "figure8", "memory": true}"#, 422, "compile"),
      (#"{"kind": "compile", "grid": "figure8"}"#, 422, "too many for one sweep"),
      (#"{"kind": "enumerate", "grid": "figure8", "kind": "measure"}"#, 400, "JSON"),
      (String(repeating: "[", count: 60_000), 400, "nested"), (String(repeating: " ", count: 70_000), 413, "at most"),
    ]
    try await withSweeps(place) { port in
      for (body, status, words) in cases {
        let reply = try ask(port, "/v1/sweeps", method: "POST", Self.json, body: body)
        #expect(reply.status == status && reply.text.contains(words), "\(body.prefix(80)): \(reply.text)")
      }
      let type = try ask(port, "/v1/sweeps", method: "POST", ["Content-Type": "text/plain"], body: Self.figure)
      #expect(type.status == 415)
      #expect(try ask(port, "/v1/sweeps").text == "[]\n")
    }
    #expect(!FileManager.default.fileExists(atPath: place.path))
  }

  @Test func `pages of other origins and names that only lead here start nothing`() async throws {
    let place = try Place()
    try await withSweeps(place) { port in
      func start(_ headers: [String: String]) throws -> Int {
        try ask(port, "/v1/sweeps", method: "POST", Self.json.merging(headers) { $1 }, body: "{}").status
      }
      #expect(try start(["Origin": "http://localhost"]) == 422)
      for origin in ["http://evil.example", "null", "http://localhost:1", "https://localhost"] {
        #expect(try start(["Origin": origin]) == 403, "\(origin)")
      }
      for host in ["evil.example", "127.evil.example", "127.0.0.1.evil.example", "localhost.evil.example"] {
        let wire = try Wire(port: port)
        try wire.send("DELETE /v1/sweeps?id=1 HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        #expect(try wire.reply()?.status == 403, "\(host)")
      }
    }
  }

  @Test func `a token is asked for where one is set, and at addresses that others reach`() throws {
    let token = try #require(AccessToken(" 0123456789abcdef\n"))
    #expect(AccessToken("short") == nil && AccessToken("0123456789 abcdef") == nil)
    #expect("\(token)" == "a token" && !String(reflecting: token).contains("0123"))
    var dumped = ""
    dump(token, to: &dumped)
    #expect(!dumped.contains("0123") && !dumped.contains("48"))
    func status(_ access: Access, _ authorization: String?) -> Int {
      var request = HTTPRequest(method: .post, scheme: "http", authority: "localhost:80", path: "/v1/sweeps")
      request.headerFields[.authorization] = authorization
      do throws(Problem) { try access.check(request) } catch { return error.status.code }
      return 200
    }
    for host in ["127.0.0.1", "localhost", "0.0.0.0", "::"] {
      let access = Access(host: host, token: token)
      #expect(status(access, "Bearer 0123456789abcdef") == 200 && status(access, "bearer 0123456789abcdef") == 200)
      for wrong in [nil, "", "Bearer", "Bearer 0123456789abcdeF", "Bearer 0123456789abcde", "Basic 0123456789abcdef"] {
        #expect(status(access, wrong) == 401, "\(wrong ?? "")")
      }
    }
    #expect(status(Access(host: "::1", token: nil), nil) == 200)
    #expect(status(Access(host: "0.0.0.0", token: nil), nil) == 403)
    #expect(status(Access(host: "::", token: nil), "Bearer 0123456789abcdef") == 403)
  }

  @Test func `the real service takes its token from a file or the environment`() throws {
    let place = try Place()
    let file = place.folder.appending(path: "token").path(percentEncoded: false)
    try Data("0123456789abcdef\n".utf8).write(to: URL(filePath: file))
    func statuses(_ service: ServiceProcess) throws -> [Int] {
      try ["Bearer 0123456789abcdef", "Bearer fedcba9876543210"].map { authorization in
        let reply = try ask(
          service.port, "/v1/sweeps", method: "POST", Self.json.merging(["Authorization": authorization]) { $1 },
          body: "{}")
        if reply.status == 401 { #expect(reply.headers["www-authenticate"] == "Bearer") }
        return reply.status
      }
    }
    #expect(
      try statuses(ServiceProcess("--host", "0.0.0.0", "--store", place.path, "--token-file", file)) == [422, 401])
    let variable = ["SHAPEFINDER_TOKEN": "0123456789abcdef"]
    #expect(try statuses(ServiceProcess("--store", place.path, environment: variable)) == [422, 401])
    let open = try ServiceProcess("--host", "0.0.0.0", "--store", place.path)
    let reply = try ask(open.port, "/v1/sweeps", method: "POST", Self.json, body: "{}")
    #expect(reply.status == 403 && reply.text.contains("--token-file"))
  }
}

extension Shell {
  /// Whether the worker exists and has a library that multiplies matrices.
  static let canMeasure =
    (try? run("\"$(dirname \"$(command -v shapefinder)\")/shapefinder-worker\" describe"))
    .map { !$0.isEmpty } ?? false
}
