import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// The log line of a request, written once its answer is sent or its client has gone.
final class RequestLine: Sendable {
  /// Identifies the request in the log and in the answer.
  let id: String
  private let method: String
  private let logger: Logger
  private let start = ContinuousClock.now
  private let bytes = Atomic<Int>(0)
  private let answer = Mutex<(route: String, status: Int)>(("none", 0))

  /// - Parameter token: a secret that no log shows, even if a client uses it as its request's identifier.
  init(_ request: Request, logger: Logger, token: AccessToken?) {
    id = Self.id(request.headers[.requestID], token)
    method = request.method.rawValue
    self.logger = logger
  }

  /// The client's identifier if it is a plain one of at most 128 characters; otherwise a generated one.
  static func id(_ given: String?, _ token: AccessToken?) -> String {
    if let given, (1...128).contains(given.utf8.count), token?.matches(given) != true,
      given.utf8.allSatisfy({ byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || [0x2D, 0x2E, 0x5F].contains(byte)
      })
    {
      return given
    }
    let digits = String(process ^ number.wrappingAdd(1, ordering: .relaxed).newValue, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Differs from process to process; with the request's number in it, identifiers differ without a random number each.
  private static let process = UInt64.random(in: 0...(.max))
  private static let number = Atomic<UInt64>(0)

  /// Stores the answer, and returns it with its bytes counted.
  func response(_ response: Response, route: String) -> Response {
    answer.withLock { $0 = (route, response.status.code) }
    // Bytes are not counted if the line is not logged.
    guard logger.logLevel <= .info else { return response }
    guard response.body.contentLength == nil else {
      bytes.store(response.body.contentLength ?? 0, ordering: .relaxed)
      return response
    }
    var response = response
    let body = response.body
    response.body = ResponseBody { writer in try await body.write(CountedWriter(inner: writer, line: self)) }
    return response
  }

  fileprivate func count(_ sent: Int) { bytes.add(sent, ordering: .relaxed) }

  /// The last owner has either sent the end of the answer or will never send it.
  deinit {
    guard logger.logLevel <= .info else { return }
    let (route, status) = answer.withLock { $0 }
    var logger = logger
    // The library's own name for the same identifier.
    logger[metadataKey: "hb.request.id"] = nil
    let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
    logger.info(
      "answered",
      metadata: [
        "request": "\(id)", "method": "\(method)", "route": "\(route)", "status": .stringConvertible(status),
        "milliseconds": .stringConvertible((milliseconds * 1000).rounded() / 1000),
        "bytes": .stringConvertible(bytes.load(ordering: .relaxed)),
      ])
  }
}

/// Counts the bytes that are written of an answer.
private struct CountedWriter: ResponseBodyWriter {
  var inner: any ResponseBodyWriter
  let line: RequestLine

  mutating func write(_ buffer: ByteBuffer) async throws {
    try await inner.write(buffer)
    line.count(buffer.readableBytes)
  }

  consuming func finish(_ trailingHeaders: HTTPFields?) async throws { try await inner.finish(trailingHeaders) }
}
