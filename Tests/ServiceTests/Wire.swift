import Foundation

/// A connection to a service on this machine, byte by byte, so that tests can send what no ordinary client would.
final class Wire {
  /// The reply to a request.
  struct Reply {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    /// The body as a JSON object.
    func object() throws -> [String: Any] {
      try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] ?? [:]
    }
  }

  struct Failure: Error { var what: String }

  private let descriptor: Int32
  private var buffer: [UInt8] = []

  init(port: Int, seconds: Int = 60) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var time = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else {
      close(descriptor)
      throw Failure(what: "cannot connect: \(errno)")
    }
  }

  deinit { close(descriptor) }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure(what: "cannot send: \(errno)") }
      sent += count
    }
  }

  /// Sends the same bytes repeatedly, as long as the other side accepts them within a second.
  ///
  /// - Returns: the number of bytes that were accepted.
  func sendWhatIsTaken(_ bytes: [UInt8], atMost most: Int, seconds: Double) -> Int {
    var time = timeval(tv_sec: 1, tv_usec: 0), sent = 0
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    let end = ContinuousClock.now + .seconds(seconds)
    while sent < most, ContinuousClock.now < end {
      let count = bytes[(sent % bytes.count)...].withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { break }
      sent += count
    }
    return sent
  }

  /// Makes closing abort the connection immediately, so that its port is not kept in use.
  func closesHard() {
    var value = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
  }

  /// Everything received until the end of the connection, or until nothing arrives for a while.
  func whatComes(milliseconds: Int) -> [UInt8] {
    var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    while (try? fill()) ?? false {}
    defer { buffer = [] }
    return buffer
  }

  /// Closes the sending direction.
  func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Reads more bytes into the buffer; false at the end.
  private func fill() throws -> Bool {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    guard count >= 0 else { throw Failure(what: "nothing came: \(errno)") }
    buffer += bytes.prefix(count)
    return count > 0
  }

  /// The next line without its line break; nil at the end.
  func line() throws -> String? {
    while true {
      if let end = buffer.firstIndex(of: 0x0A) {
        let line = buffer[..<end]
        buffer.removeFirst(end + 1)
        return String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
      }
      guard try fill() else { return nil }
    }
  }

  func take(_ count: Int) throws -> [UInt8] {
    while buffer.count < count { guard try fill() else { break } }
    let taken = Array(buffer.prefix(count))
    buffer.removeFirst(taken.count)
    return taken
  }

  /// Status and headers of the next answer; nil if the connection was closed instead.
  func head() throws -> Reply? {
    guard let first = try line() else { return nil }
    let parts = first.split(separator: " ")
    guard parts.count > 1, let status = Int(parts[1]) else { throw Failure(what: "no status: \(first)") }
    var reply = Reply(status: status, headers: [:], body: [])
    while let line = try line(), !line.isEmpty {
      let halves = line.split(separator: ":", maxSplits: 1)
      reply.headers[halves[0].lowercased()] = halves.count == 2 ? halves[1].trimmingCharacters(in: .whitespaces) : ""
    }
    return reply
  }

  /// The next chunk of a chunked body; empty at its end.
  func chunk() throws -> [UInt8] {
    guard let line = try line(), let size = Int(line, radix: 16) else { throw Failure(what: "no chunk") }
    let bytes = try take(size)
    _ = try self.line()
    return bytes
  }

  /// The next answer; nil if the connection was closed instead.
  func reply(to method: String = "GET") throws -> Reply? {
    guard var reply = try head() else { return nil }
    if method == "HEAD" || reply.status == 304 { return reply }
    if let length = reply.headers["content-length"].flatMap({ Int($0) }) {
      reply.body = try take(length)
    } else if reply.headers["transfer-encoding"] == "chunked" {
      while true {
        let piece = try chunk()
        if piece.isEmpty { break }
        reply.body += piece
      }
    }
    return reply
  }

  /// Sends a request and waits for the answer.
  func ask(_ method: String, _ target: String, _ headers: [String: String] = [:], body: String? = nil) throws -> Reply {
    var text = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
    try send(text + "\r\n" + (body ?? ""))
    guard let reply = try reply(to: method) else { throw Failure(what: "the connection was closed") }
    return reply
  }
}
