import Foundation
import Synchronization
import Testing

@testable import ShapefinderService

/// The service under load, while stopping, and with invalid requests.
@Suite(.serialized) struct StressTests {
  /// Runs `body` on the given number of threads and waits for all of them.
  private static func threads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
    let failure = Mutex<(any Error)?>(nil), group = DispatchGroup()
    for index in 0..<count {
      group.enter()
      Thread.detachNewThread {
        do { try body(index) } catch { failure.withLock { $0 = $0 ?? error } }
        group.leave()
      }
    }
    group.wait()
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  @Test func `a service that is stopped answers whole whatever it has accepted`() throws {
    let service = try ServiceProcess("--no-store"), count = 6
    let answers = Mutex<[Int: Wire.Reply]>([:]), done = DispatchSemaphore(value: 0)
    let port = service.port
    for index in 0..<count {
      Thread.detachNewThread {
        let reply = try? Wire(port: port, seconds: 60).ask("GET", "/v1/map?grid=figure8&batch=\(index + 1)")
        answers.withLock { $0[index] = reply }
        done.signal()
      }
    }
    // Meanwhile other clients connect and leave, and none of them gets a truncated answer.
    let stopped = Atomic(false), wholes = Atomic(0), torn = Atomic(0), others = DispatchGroup()
    func waiting() throws -> Int {
      let text = try ask(port, "/metrics").text
      return text.split(separator: "\n").first { $0.hasPrefix("shapefinder_waiting_questions ") }
        .flatMap { Double($0.split(separator: " ")[1]) }.map { Int($0) } ?? 0
    }
    let end = ContinuousClock.now + .seconds(20)
    while try waiting() + answers.withLock({ $0.count }) < count {
      guard ContinuousClock.now < end else { throw Wire.Failure(what: "not all were accepted") }
      usleep(2000)
    }
    withExtendedLifetime(stopped) {
      for index in 0..<8 {
        others.enter()
        Thread.detachNewThread {
          defer { others.leave() }
          guard let wire = try? Wire(port: port) else { return }
          for number in 0..<100_000 where !stopped.load(ordering: .relaxed) {
            do {
              try wire.send(
                "GET /v1/check?shape=ViT-B/16&batch=\(index * 1000 + number % 1000 + 1) HTTP/1.1\r\nHost: a\r\n\r\n")
              guard let head = try wire.head() else { return }
              let length = Int(head.headers["content-length"] ?? "") ?? -1
              let body = try wire.take(length)
              if body.count == length { wholes.add(1, ordering: .relaxed) } else { torn.add(1, ordering: .relaxed) }
            } catch { return }
          }
        }
      }
      usleep(100_000)
      #expect(service.end(SIGTERM) == 0)
      stopped.store(true, ordering: .relaxed)
      others.wait()
    }
    for _ in 0..<count { done.wait() }
    let all = answers.withLock { $0 }
    #expect(all.count == count)
    for (index, reply) in all {
      #expect(reply.status == 200 && reply.headers["content-length"] == "\(reply.body.count)", "\(index)")
      #expect(throws: Never.self) { try reply.object() }
    }
    #expect(wholes.load(ordering: .relaxed) > 0 && torn.load(ordering: .relaxed) == 0)
  }

  @Test func `who sends its head byte by byte is left, as is who sends half and no more`() async throws {
    try await withService({ $0.limits.idleSeconds = 2 }) { port in
      let wire = try Wire(port: port), start = ContinuousClock.now
      // Each pause is shorter than the limit on idle connections.
      for byte in "GET /health HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 1000))" {
        do { try wire.send(String(byte)) } catch { break }
        usleep(100_000)
        if ContinuousClock.now - start > .seconds(8) { break }
      }
      #expect(ContinuousClock.now - start < .seconds(6))
      let half = try Wire(port: port)
      try half.send("GET /health HTTP/1.1\r\nHo")
      half.finish()
      #expect(try half.head()?.status ?? 400 == 400)
      // A client that pauses between two requests for less than the limit is not closed.
      let patient = try Wire(port: port)
      #expect(try patient.ask("GET", "/health").status == 200)
      usleep(1_500_000)
      #expect(try patient.ask("GET", "/health").status == 200)
    }
  }

  @Test func `a body that comes too slowly is not waited for`() async throws {
    let place = try Place()
    try await withService(
      {
        $0.storePath = place.path
        $0.limits.seconds = 1
        $0.limits.imports = 1
      },
      { port in
        let slow = try Wire(port: port)
        try slow.send(
          "POST /v1/evidence HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000\r\n\r\n{"
        )
        usleep(200_000)
        let other = try ask(
          port, "/v1/evidence", method: "POST", ["Content-Type": "application/x-ndjson"], body: "{}")
        #expect(other.status == 503 && other.text.contains("too many imports"), "\(other.text)")
        let reply = try slow.reply()
        #expect(reply?.status == 408, "\(reply?.text ?? "closed")")
        let next = try ask(port, "/v1/evidence", method: "POST", ["Content-Type": "application/x-ndjson"], body: "{}")
        #expect(next.status == 200)
      })
  }

  @Test func `a reader that takes nothing costs no memory, and one that is slow gets all`() throws {
    let service = try ServiceProcess("--no-store")
    let wire = try Wire(port: service.port)
    try wire.send(
      "POST /v1/checks HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
    _ = try ask(service.port, "/v1/check?shape=ViT-B/16")
    let before = service.residentBytes
    // Fills the buffers between both sides without reading the answers.
    let line = #"{"shape": "ViT-B/16"}"# + "\n", piece = String(repeating: line, count: 1000)
    let chunk = Array((String(piece.utf8.count, radix: 16) + "\r\n" + piece + "\r\n").utf8)
    let sent = wire.sendWhatIsTaken(chunk, atMost: 200 << 20, seconds: 3)
    #expect(sent < 100 << 20)
    #expect(service.residentBytes - before < 64 << 20, "\(before) to \(service.residentBytes)")
    #expect(try ask(service.port, "/health").status == 200)
  }

  @Test func `connections beyond the limit wait for a place`() async throws {
    try await withService({ $0.limits.connections = 8 }) { port in
      var held = try (0..<8).map { _ in try Wire(port: port) }
      for wire in held { #expect(try wire.ask("GET", "/health").status == 200) }
      let next = try Wire(port: port, seconds: 1)
      #expect(throws: Wire.Failure.self) { try next.ask("GET", "/health") }
      held.removeFirst(4)
      let late = try Wire(port: port, seconds: 20)
      #expect(try late.ask("GET", "/health").status == 200)
    }
  }

  @Test func `requests that are to smuggle another are not two`() async throws {
    try await withService({ $0.limits.idleSeconds = 1 }) { port in
      let inner = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", head = "POST /v1/checks HTTP/1.1\r\nHost: a\r\n"
      for text in [
        head + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n" + inner,
        head + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + inner,
        head + "Content-Length: 0, 44\r\n\r\n" + inner, head + "Content-Length: +0\r\n\r\n" + inner,
        head + "Content-Length: 0x0\r\n\r\n" + inner, head + "Content-Length: -1\r\n\r\n" + inner,
        head + "Content-Length: 99999999999999999999\r\n\r\n" + inner,
        head + "Content-Length : 0\r\n\r\n" + inner, head + " Content-Length: 0\r\n\r\n" + inner,
        head + "Transfer-Encoding: xchunked\r\n\r\n" + inner,
        head + "Transfer-Encoding: chunked, identity\r\n\r\n" + inner,
        head + "Transfer-Encoding:\u{b}chunked\r\n\r\n" + inner,
        head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n" + inner,
        head + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" + inner,
        head + "Transfer-Encoding: chunked\r\n\r\n1ffffffffffffffff\r\n\r\n" + inner,
        head + "X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner + "\u{0}",
        head + "X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner + "\u{0}",
        "GET /health HTTP/1.1\r\nHost: a\r\nX\r\n\r\n" + inner, "GET /health HTTP/1.1\nHost: a\n\n" + inner,
        "GET /health\u{0} HTTP/1.1\r\nHost: a\r\n\r\n" + inner, "GET /health HTTP/1.1\r\n\u{0}: a\r\n\r\n" + inner,
      ] {
        let wire = try Wire(port: port)
        try wire.send(text)
        var bytes: [UInt8] = []
        while case let more = (try? wire.take(1)) ?? [], !more.isEmpty { bytes += more }
        // The inner request is never treated as a request of its own.
        #expect(
          !String(decoding: bytes, as: UTF8.self).contains("shapefinder_requests_total"), "\(text.debugDescription)")
      }
      #expect(try ask(port, "/health").status == 200)
      let fields = (0...100).map { "X\($0): y\r\n" }.joined()
      for text in [
        "GET /health HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 70_000) + "\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n",
        "GET /" + String(repeating: "x", count: 70_000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
      ] {
        let wire = try Wire(port: port)
        try? wire.send(text)
        #expect((try? wire.head())?.status ?? 400 == 400)
      }
      #expect(try ask(port, "/health").status == 200)
    }
  }

  // MARK: Invalid requests

  private static let templates: [String] = [
    "GET /v1/check?shape=ViT-B/16&batch=8&optimizer=adam&device=tpu-v3 HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n",
    "GET /v1/check?width=768&depth=12&mlpWidth=3072&heads=12&patch=16&imageSize=224&memoryLimit=15.48GiB HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /v1/advice?shape=ViT-G/14&batch=64&optimizer=adam HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /v1/timeline?shape=ViT-Ti/16&format=svg HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /v1/optimizers?shape=vit_large_patch16_384 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /v1/map?depth=1..3&width=64..256+by+64&mlpWidth=4x&heads=width/64&patch=16&batch=8,32 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /v1/results?device=tpu-v3&limit=3&sort=-total&minTotal=1GiB&after=AAAA HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD /assets/main.js HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\"\r\nX-Request-ID: abc\r\n\r\n",
    "POST /v1/checks HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nContent-Length: 35\r\n\r\n{\"shape\": \"ViT-B/16\", \"batch\": 4}\r\n",
    "POST /v1/checks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n16\r\n{\"shape\": \"ViT-B/16\"}\n\r\n0\r\n\r\n",
    "POST /v1/evidence HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: 19\r\n\r\nwidth,depth\n768,12\n",
    "POST /v1/sweeps HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n{\"kind\": \"enumerate\", \"grid\": \"figure9\"}",
    "DELETE /v1/sweeps?id=1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /v1/sweeps/events?id=1 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /metrics HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
  ]

  private static let morsels: [String] = [
    "\r\n", "\n", "\r", "\u{0}", "%00", "%zz", "%", "&", "=", "..", "/", "//", "-1", "0", "1e999",
    "99999999999999999999", "NaN",
    "\"", "{", "[", "]}", "\\u0000", "\u{FFFD}", "ViT-", "x", "4x", "1..", " by 0", ",,", "width/0",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n", "Host: b\r\n", "Expect: 100-continue\r\n",
    "Upgrade: h2c\r\nConnection: Upgrade\r\n", "HTTP/1.1",
    "format=csv&", "format=text&", "GiB", "inf",
  ]

  /// A valid request with a few random changes; occasionally random bytes.
  private static func request(_ random: inout some RandomNumberGenerator) -> [UInt8] {
    if Int.random(in: 0..<10, using: &random) == 0 {
      return (0..<Int.random(in: 1...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }
    var bytes = Array((templates.randomElement(using: &random) ?? "").utf8)
    for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...20, using: &random)))
      case 3: bytes.insert(contentsOf: Array((morsels.randomElement(using: &random) ?? "").utf8), at: place)
      case 4:
        let end = min(bytes.count, place + Int.random(in: 1...60, using: &random))
        bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
      default:
        let other = Array((templates.randomElement(using: &random) ?? "").utf8)
        bytes = Array(bytes[..<place] + other[min(place, other.count)...])
      }
    }
    return bytes
  }

  /// `SHAPEFINDER_FUZZ_REQUESTS` sets the number of requests.
  @Test(.timeLimit(.minutes(60))) func `neither bytes nor changed requests end in a trap or a 5xx`() async throws {
    let count =
      ProcessInfo.processInfo.environment["SHAPEFINDER_FUZZ_REQUESTS"].flatMap { Int($0) } ?? 10_000
    // Most of the time of a request that is none is spent in waiting for an answer.
    let place = try Place(), threadCount = count > 100_000 ? 256 : 16
    let statuses = Mutex<[Int: Int]>([:]), faults = Mutex<[String]>([])
    try await withService(
      {
        $0.storePath = place.path
        // Sweeps that are started by chance cannot run.
        $0.program = "/nowhere/shapefinder"
        $0.limits.idleSeconds = 1
      },
      { port in
        try Self.threads(threadCount) { thread in
          var random = SeededGenerator(seed: UInt64(thread) + 1)
          var own: [Int: Int] = [:]
          for _ in 0..<(count / threadCount + 1) {
            let bytes = Self.request(&random)
            let wire = try Wire(port: port, seconds: 20)
            wire.closesHard()
            try? wire.send(bytes)
            // If the service waits for more, this ends the request; complete requests are answered first.
            try? wire.send("\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let answer = String(decoding: wire.whatComes(milliseconds: 300), as: UTF8.self)
            for status in Self.statuses(answer) {
              own[status, default: 0] += 1
              // Bodies that never come take the places of imports and streams: a limit says when to try again.
              if status >= 500, !(status == 503 && answer.contains("Retry-After:")) {
                faults.withLock {
                  if $0.count < 5 { $0.append(String(decoding: bytes, as: UTF8.self) + "\n" + answer) }
                }
              }
            }
          }
          statuses.withLock { $0.merge(own) { $0 + $1 } }
        }
        #expect(try ask(port, "/health").status == 200)
        #expect(try ask(port, "/v1/check?shape=ViT-B/16").status == 200)
      })
    let all = statuses.withLock { $0 }
    print("fuzzed: \(count) requests, statuses \(all.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })")
    #expect(faults.withLock { $0 } == [])
    #expect(all[200] ?? 0 > count / 20 && all[400] ?? 0 > count / 20)
  }

  /// The statuses of the answers in the received text.
  private static func statuses(_ text: String) -> [Int] {
    text.split(whereSeparator: \.isNewline).compactMap { line in
      line.hasPrefix("HTTP/1.1 ") ? Int(line.dropFirst(9).prefix(3)) : nil
    }
  }
}

/// A random number generator with a fixed seed, so that every run is the same.
///
/// Source: splitmix64, Steele et al. 2014.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
