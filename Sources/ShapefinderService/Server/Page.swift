import HTTPTypes
import Hummingbird
import NIOCore

/// The files of the page, including `/`.
struct Page: Sendable {
  private struct File: Sendable {
    var body: ByteBuffer
    var type: String
    var tag: String
  }

  private var files: [String: File] = [:]

  init() {
    for (name, text) in EmbeddedPage.files {
      let bytes = Array(text.utf8)
      let path = name == "index.html" ? "/" : "/assets/" + name
      files[path] = File(body: ByteBuffer(bytes: bytes), type: Self.type(of: name), tag: "\"\(hexadecimal(bytes))\"")
    }
  }

  /// Returns a file of the page.
  ///
  /// - Throws: `Problem` for an unknown address.
  func response(_ request: Request) throws(Problem) -> Response {
    let path = request.uri.path
    guard let file = files[path] else {
      throw Problem(.notFound, "there is nothing at this address; / is the page, /openapi.json says what else there is")
    }
    guard request.method == .get || request.method == .head else {
      var problem = Problem(.methodNotAllowed, "the page takes GET and HEAD")
      problem.allowed = "GET, HEAD"
      throw problem
    }
    // Browsers revalidate each time but seldom download again: the files change only with the program.
    var headers: HTTPFields = [.eTag: file.tag, .cacheControl: "no-cache"]
    if path == "/" { headers[.contentSecurityPolicy] = Self.policy }
    if request.headers[.ifNoneMatch]?.contains(file.tag) ?? false {
      return Response(status: .notModified, headers: headers)
    }
    headers[.contentType] = file.type
    headers[.contentLength] = "\(file.body.readableBytes)"
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: file.body))
  }

  /// Allows nothing from another host and nothing inline.
  private static let policy =
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

  private static func type(of name: String) -> String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "svg": "image/svg+xml"
    default: "text/plain; charset=utf-8"
    }
  }
}
