import Testing

/// Byte strings that no reader expects: each has broken some parser somewhere.
struct HostileBytes: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]

  var testDescription: String { name }

  private init(_ name: String, _ bytes: some Sequence<UInt8>) {
    self.name = name
    self.bytes = Array(bytes)
  }

  private init(_ name: String, _ text: String) { self.init(name, text.utf8) }

  private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

  private static let line = #"{"shape": "ViT-S/16", "batch": 4}"#
  private static let yaml = "name: x\nkind: tpu\n"

  static let all = encodings + json + numbers + tables + catalogs + binaries

  /// What is not UTF-8, or is more than its letters.
  private static let encodings = [
    HostileBytes("nothing", ""),
    HostileBytes("one NUL", [0]),
    HostileBytes("a thousand NULs", [UInt8](repeating: 0, count: 1000)),
    HostileBytes("byte order mark alone", [0xEF, 0xBB, 0xBF]),
    HostileBytes("byte order mark before an object", [0xEF, 0xBB, 0xBF] + Array(line.utf8)),
    HostileBytes("UTF-16, little endian", [0xFF, 0xFE] + line.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }),
    HostileBytes("UTF-16, big endian", [0xFE, 0xFF] + line.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }),
    HostileBytes("every byte", 0...255),
    HostileBytes("only 0xFF", [UInt8](repeating: 0xFF, count: 64)),
    HostileBytes("an overlong slash", [0x22, 0xC0, 0xAF, 0x22]),
    HostileBytes("an encoded surrogate", [0x22, 0xED, 0xA0, 0x80, 0x22]),
    HostileBytes("a letter cut in the middle", Array(#"{"shape": "ViT-é"#.utf8).dropLast()),
    HostileBytes("text turned round", "\u{202E}" + line),
    HostileBytes("ten thousand accents on a letter", #"{"shape": "e"# + repeated("\u{301}", 10_000) + "\"}"),
    HostileBytes("terminal commands", "\u{1B}]0;title\u{7}\u{1B}[2J\u{9B}31m" + line),
    HostileBytes("line separators of Unicode", "\u{2028}\(line)\u{2029}\(line)\u{85}"),
    HostileBytes("carriage returns alone", line + "\r" + line + "\r"),
    HostileBytes("nothing but blank lines", repeated("\n \t\r\n", 10_000)),
  ]

  /// JSON that is too deep, too long, or means two things.
  private static let json = [
    HostileBytes("a hundred thousand lists", repeated("[", 100_000)),
    HostileBytes("a hundred thousand objects", repeated(#"{"a":"#, 100_000)),
    HostileBytes("lists that are closed", repeated("[", 5000) + repeated("]", 5000)),
    HostileBytes(
      "a deep object as a shape", #"{"shape": "# + repeated(#"{"shape":"#, 5000) + "1" + repeated("}", 5001)),
    HostileBytes("an object that does not end", #"{"shape": "ViT-S/16", "batch": "#),
    HostileBytes("a text that does not end", #"{"shape": "ViT-S/16"#),
    HostileBytes("a key twice", #"{"shape": "ViT-S/16", "batch": 4, "batch": 8}"#),
    HostileBytes("a key in two spellings", #"{"shape": "ViT-S/16", "b\u0061tch": 4, "batch": 8}"#),
    HostileBytes("an empty key", #"{"": 1, "shape": "ViT-S/16"}"#),
    HostileBytes("a key of NUL", #"{"\u0000": 1, "shape": "ViT-S/16"}"#),
    HostileBytes("half a surrogate", #"{"shape": "\ud800", "batch": 4}"#),
    HostileBytes("half an escape", #"{"shape": "\u12"#),
    HostileBytes("a hundred thousand keys", "{" + (0..<100_000).map { "\"k\($0)\":0" }.joined(separator: ",") + "}"),
    HostileBytes("a name of a million letters", #"{"shape": ""# + repeated("x", 1_000_000) + "\"}"),
    HostileBytes("null", "null"),
    HostileBytes("true", "true"),
    HostileBytes("a text", #""ViT-S/16""#),
    HostileBytes("a list of nulls", "[null, null]"),
    HostileBytes("an object of nulls", #"{"shape": null, "batch": null, "memory": null, "provenance": null}"#),
    HostileBytes("comments", "// no\n/* no */ " + line),
    HostileBytes("Python", "{'shape': 'ViT-S/16', 'batch': None}"),
    HostileBytes("two objects on a line", line + line),
    HostileBytes("a comma too many", #"{"shape": "ViT-S/16",}"#),
    HostileBytes(
      "a result of nothing",
      #"{"shape": {}, "evidence": "compiled", "verdict": "fits", "memory": {}, "provenance": {"notes": [[]]}}"#),
  ]

  /// Numbers that are none, or more than a machine holds.
  private static let numbers =
    [
      "1e400", "-1e400", "1e-400", "NaN", "Infinity", "-Infinity", "-0", "0x10", "08", "1.", ".5", "+1", "1e", "1_000",
      "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616", "0.1e1", "8.0",
      "8.5",
      repeated("9", 100_000), "1" + repeated("0", 400), "0." + repeated("0", 100_000) + "1",
    ].map { number in
      HostileBytes(
        "the number " + number.prefix(24),
        #"{"shape": {"width": \#(number), "depth": 1, "mlpWidth": 1, "heads": 1, "patch": 1}, "batch": \#(number)}"#)
    }

  /// Tables that are not what their first line says.
  private static let tables = [
    HostileBytes("a heading alone", "shape,batch\n"),
    HostileBytes("a heading of nothing", ",,,,,\n,,,,,\n"),
    HostileBytes("a column twice", "shape,shape,batch\na,b,c\n"),
    HostileBytes("a quote that does not end", "shape,batch\n\"ViT-S/16,4\n" + repeated("x,y\n", 1000)),
    HostileBytes("quotes of quotes", "shape\n" + repeated("\"\"\"\",", 1000) + "\n"),
    HostileBytes("a formula", "shape,batch\n=cmd|' /C calc'!A0,4\n"),
    HostileBytes("ten thousand columns", repeated("shape,", 10_000) + "\n" + repeated("1,", 10_000) + "\n"),
    HostileBytes("more cells than columns", "shape,batch\n1,2,3,4,5\n"),
    HostileBytes("semicolons", "shape;batch\nViT-S/16;4\n"),
    HostileBytes("tabs", "shape\tbatch\nViT-S/16\t4\n"),
  ]

  /// YAML that grows, refers to itself, or makes objects.
  private static let catalogs = [
    HostileBytes(
      "a billion laughs",
      "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + zip("abcdefgh", "bcdefghi").map {
          "\($1): &\($1) [*\($0),*\($0),*\($0),*\($0),*\($0),*\($0),*\($0),*\($0)]\n"
        }
        .joined()),
    HostileBytes("an anchor in itself", "a: &a [*a]\n"),
    HostileBytes("an alias of nothing", yaml + "x: *nobody\n"),
    HostileBytes("an object of Python", "!!python/object/apply:os.system ['true']\n"),
    HostileBytes("a merge of everything", yaml + "<<: [*a, *b]\n<<: 1\n"),
    HostileBytes("tabs as indent", "grid:\n\tdepth: 1\n"),
    HostileBytes("two documents", yaml + "---\n" + yaml),
    HostileBytes("a directive", "%YAML 9.9\n---\n" + yaml),
    HostileBytes("deep flow", repeated("{a: ", 5000) + repeated("}", 5000)),
    HostileBytes("deep indent", (0..<2000).map { repeated(" ", $0) + "a:\n" }.joined()),
    HostileBytes("keys that are lists", "? [1, 2]\n: 3\n? {a: b}\n: c\n"),
    HostileBytes("times and booleans", "name: no\nkind: 2001-01-01\ndepth: 0o17\nwidth: 1:30\n"),
  ]

  /// Files of other programs.
  private static let binaries = [
    HostileBytes("gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFF]),
    HostileBytes("zip", Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 64)),
    HostileBytes("ELF", [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 57)),
    HostileBytes("the head of a SQLite file", Array("SQLite format 3\0".utf8)),
    HostileBytes(
      "a SQLite file of nonsense",
      Array("SQLite format 3\0".utf8) + (0..<4080).map { UInt8(truncatingIfNeeded: $0 &* 37) }),
    HostileBytes("MLIR bytecode", [0x4D, 0x4C, 0xEF, 0x52, 0x0D] + [UInt8](repeating: 0xFF, count: 32)),
    HostileBytes("a varint that does not end", [0x08] + [UInt8](repeating: 0xFF, count: 40)),
    HostileBytes("a field longer than its message", [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0]),
    HostileBytes("a field of 2^63 bytes", [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
    HostileBytes("messages in messages", (1...120).reversed().flatMap { [0x1A, UInt8($0)] }),
    HostileBytes("groups", [0x0B, 0x0B, 0x0B, 0x0C, 0x0D]),
    HostileBytes("StableHLO cut short", "module @jit_step attributes {mhlo.num_partitions = 8 : i32} {\n  func.func"),
    HostileBytes("StableHLO without end", "module {" + repeated(" func.func @main() {", 2000)),
    HostileBytes("SVG", #"<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><svg>&a;</svg>"#),
  ]
}
