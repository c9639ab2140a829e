import VisionTransformer

/// `text` made safe for a terminal: line breaks and this program's styles are kept, and everything else goes through
/// `visible(_:)`.
///
/// The last filter for all text for people: tables, remarks, errors and progress pass it, so that even text that was
/// built without `Styled` is harmless.
func shown(_ text: String) -> String {
  guard !text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) || $0 == 0x0A }) else { return text }
  var result = "", rest = text.unicodeScalars[...]
  result.unicodeScalars.reserveCapacity(rest.count)
  while let scalar = rest.first {
    let length = scalar == "\u{1B}" ? styleLength(rest) : scalar == "\n" ? 1 : 0
    if length > 0 {
      result.unicodeScalars.append(contentsOf: rest.prefix(length))
      rest = rest.dropFirst(length)
    } else {
      result.append(contentsOf: visible(String(scalar)))
      rest = rest.dropFirst()
    }
  }
  return result
}

/// Number of scalars in a style's control sequence (ECMA-48, SGR) at the start of `text`; 0 if there is none.
private func styleLength(_ text: Substring.UnicodeScalarView) -> Int {
  guard text.dropFirst().first == "[" else { return 0 }
  var length = 2
  for scalar in text.dropFirst(2).prefix(40) {
    length += 1
    if scalar == "m" { return length }
    guard scalar == ";" || ("0"..."9").contains(scalar) else { return 0 }
  }
  return 0
}

extension FileDescriptorSink {
  /// Writes text for people, with its line breaks.
  ///
  /// - Throws: `OutputError`.
  public func show(_ text: String) throws(OutputError) { try write(text: shown(text)) }

  /// Writes a document unchanged, such as a drawing or a program, for a file or another program.
  ///
  /// - Throws: `OutputError`.
  public func write(text: String) throws(OutputError) {
    var text = text, failure: OutputError?
    text.withUTF8 { buffer in
      do throws(OutputError) { try write(UnsafeRawBufferPointer(buffer)) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
