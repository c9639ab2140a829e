import Foundation
import HTTPTypes

/// A secret that allows its bearer to change the store. It is never shown.
package struct AccessToken: Sendable, CustomStringConvertible, CustomReflectable {
  private let bytes: [UInt8]

  /// Least number of characters of a token.
  package static let shortest = 16

  /// A token; nil if the text is too short, or has characters other than visible ASCII.
  package init?(_ text: String) {
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard text.utf8.count >= Self.shortest, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    bytes = Array(text.utf8)
  }

  /// Whether `text` is the token; the time taken does not reveal where they differ.
  func matches(_ text: some StringProtocol) -> Bool {
    let given = Array(text.utf8)
    var difference = given.count ^ bytes.count
    for index in bytes.indices {
      difference |= Int(bytes[index] ^ (index < given.count ? given[index] : 0))
    }
    return difference == 0
  }

  /// The text with the token masked.
  func hidden(in text: String) -> String {
    let own = String(decoding: bytes, as: UTF8.self)
    return text.contains(own) ? text.replacing(own, with: "[token]") : text
  }

  package var description: String { "a token" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Decides who may change the store: start and cancel sweeps, import evidence.
struct Access: Sendable {
  private let isLoopback: Bool
  private let token: AccessToken?

  /// The access rules of a service that listens at `host`.
  init(host: String, token: AccessToken?) {
    isLoopback = Self.isLoopback(host)
    self.token = token
  }

  /// Checks that a request may make changes.
  ///
  /// - Throws: `Problem`: 401 without the token; 403 if there is no token and the address can be reached by others, and
  ///   for a page of another origin.
  func check(_ head: HTTPRequest) throws(Problem) {
    if let token {
      let words = (head.headerFields[.authorization] ?? "").split(separator: " ", maxSplits: 1)
      guard words.count == 2, words[0].lowercased() == "bearer", token.matches(words[1]) else {
        throw Problem(
          .unauthorized, "what changes the store needs the service's token, as `Authorization: Bearer TOKEN`")
      }
      return
    }
    guard isLoopback else {
      throw Problem(
        .forbidden,
        "at an address that others reach, what changes the store needs a token: start the service with a file of one, `--token-file PATH`, or with "
          + "SHAPEFINDER_TOKEN in its environment")
    }
    // A name that resolves to this machine only for a while is not local: another site's script could be using it.
    guard let authority = head.authority, Self.isLoopback(Self.host(of: authority)) else {
      throw Problem(
        .forbidden, "what changes the store is for requests to this machine by its own name, such as localhost")
    }
    if let origin = head.headerFields[.origin], origin.lowercased() != "http://" + authority.lowercased() {
      throw Problem(.forbidden, "what changes the store is not for pages of another origin")
    }
  }

  /// The host of an authority such as `localhost:8642` or `[::1]:8642`.
  private static func host(of authority: String) -> String {
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      return String(authority[authority.index(after: authority.startIndex)..<end])
    }
    return String(authority.prefix { $0 != ":" })
  }

  /// Whether a name or an address is a standard one of the local machine.
  ///
  /// Source: RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3; RFC 6761, section 6.3.
  static func isLoopback(_ host: String) -> Bool {
    let host = host.lowercased()
    if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
