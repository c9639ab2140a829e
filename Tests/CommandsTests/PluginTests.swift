import Foundation
import Testing

final class PluginTests {
  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  @Test func theListSaysWhatIsThereAndWhatIsNot() throws {
    let cache = ["XDG_CACHE_HOME": program.path("cache")]
    let folder = program.folder.appending(path: "cache/shapefinder/plugins/tpu-0.0.32")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data("library".utf8).write(to: folder.appending(path: "libtpu.so"))
    let rows = try program.run(["plugin", "list", "--format", "ndjson"], environment: cache).lines()
    #expect(rows.map { $0["version"] as? String } == ["0.0.17.1", "0.0.32", "0.0.52", "0.0.1"])
    #expect(rows.map { $0["installed"] as? Bool } == [false, true, false, false])
    #expect((rows[1]["path"] as? String)?.hasSuffix("/tpu-0.0.32/libtpu.so") == true)
    let answer = try program.run(["plugin", "install", "tpu", "--version", "0.0.32"], environment: cache)
    #expect(answer.status == 0 && answer.errors.contains("is installed"))
  }

  @Test func withoutPythonTheExitCodeIs69() throws {
    let answer = try program.run(
      ["plugin", "install", "tpu"], environment: ["XDG_CACHE_HOME": program.path("cache"), "PATH": "/nowhere"])
    #expect(answer.status == 69)
    #expect(answer.errors.contains("Licence: Apache License 2.0"))
    #expect(answer.errors.contains("apt-get install python3-pip"))
  }

  @Test func aVersionThatIsNotPinnedIsAWrongUse() throws {
    let answer = try program.run(["plugin", "install", "tpu", "--version", "9"])
    #expect(answer.status == 64)
    #expect(answer.errors.contains("there are 0.0.17.1, 0.0.32, 0.0.52"))
  }
}
